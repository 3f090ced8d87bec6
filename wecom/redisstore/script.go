package redisstore

import "github.com/redis/rueidis"

// The scripts are one round trip each. Times are milliseconds of Redis's clock, so that the clocks of
// the processes need not agree. A fence is microseconds of that clock, or one more than the last,
// whichever is larger: a plain counter would start at 1 again when Redis loses its data, and a
// survivor with an old fence would win over everybody.
//
// KEYS of all: token, lease, failure. They share a hash tag. Their values are
//
//	token    FENCE|EXPIRES|FETCHED|DIGEST|TOKEN   the digest lets a script compare what is encrypted
//	lease    FENCE|ENDS                           the newest lease; it outlives its end by a day
//	failure  FENCE|ENDS|CODE|HINT|CALLER|TEXT
//
// A lease ends with its time, or when a token or a failure of its fence is stored. A token that was
// dropped leaves its fence behind, with nothing after it, so that its lease stays over.

// acquire answers {"token", record, now}, {"failure", record, now}, {"wait", fence, lease left, now}
// or {"granted", fence, now}.
//
// ARGV: digest that will not do, fence up to which it will not, fence that is too old for any, fence
// waited for, lease.
var acquire = rueidis.NewLuaScript(`
local t = redis.call('TIME')
local us = t[1] * 1000000 + t[2]
local now = math.floor(us / 1000)
local have = redis.call('MGET', KEYS[1], KEYS[2], KEYS[3])
local saved, failed
if have[1] then
  local fence, expires, digest, token = string.match(have[1], '^(%d+)|(%d+)|%d+|(%x*)|(.?)')
  saved = fence
  local f = tonumber(fence)
  if f and token ~= '' and (digest ~= ARGV[1] or f > tonumber(ARGV[2])) and f > tonumber(ARGV[3]) and tonumber(expires) > now then
    return {'token', have[1], now}
  end
end
if have[3] then
  local fence, ends = string.match(have[3], '^(%d+)|(%d+)|')
  failed = fence
  if fence and (tonumber(ends) > now or fence == ARGV[4]) then
    return {'failure', have[3], now}
  end
end
local last = 0
if have[2] then
  local fence, ends = string.match(have[2], '^(%d+)|(%d+)$')
  last = tonumber(fence) or 0
  if fence and tonumber(ends) > now and fence ~= saved and fence ~= failed then
    return {'wait', fence, tonumber(ends) - now, now}
  end
end
local fence = string.format('%.0f', math.max(us, last + 1))
redis.call('SET', KEYS[2], fence .. string.format('|%.0f', now + ARGV[5]), 'PX', 86400000)
return {'granted', fence, now}
`)

// save stores a token or a failure, which ends the lease; unless a newer fence was handed out. It
// answers 1, or 0 if it was too late. After a loss of data there is no last fence, and whoever comes
// first is the newest. The lease is stored again then, so that nobody is given an older fence.
//
// ARGV: fence, "token" or "failure", record, its life, channel.
var save = rueidis.NewLuaScript(`
local have = redis.call('MGET', KEYS[2], KEYS[3])
if have[1] then
  if tonumber(string.match(have[1], '^%d+') or 0) > tonumber(ARGV[1]) then
    return 0
  end
else
  redis.call('SET', KEYS[2], ARGV[1] .. '|0', 'PX', 86400000)
end
if ARGV[2] == 'token' then
  redis.call('SET', KEYS[1], ARGV[3], 'PX', ARGV[4])
  if have[2] then
    redis.call('DEL', KEYS[3])
  end
else
  redis.call('SET', KEYS[3], ARGV[3], 'PX', ARGV[4])
end
redis.call('PUBLISH', ARGV[5], KEYS[1])
return 1
`)

// drop removes the token if it is still the one that was refused, under no later fence.
//
// ARGV: digest, fence, channel.
var drop = rueidis.NewLuaScript(`
local record = redis.call('GET', KEYS[1])
if not record then
  return 0
end
local fence, digest = string.match(record, '^(%d+)|%d+|%d+|(%x+)|')
if digest == ARGV[1] and tonumber(fence) <= tonumber(ARGV[2]) then
  redis.call('SET', KEYS[1], fence .. '|0|0||', 'PX', 3600000)
  redis.call('PUBLISH', ARGV[3], KEYS[1])
  return 1
end
return 0
`)
