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
// A lease ends with its time, or when a token or a failure of its fence is stored: its end is 0 then,
// so that it stays over when those are gone. Older releases left its end as it was, and only the token
// or the failure told; a token that was dropped leaves its fence behind for their sake.

// acquire answers {"token", record, now}, {"failure", record, now}, {"wait", fence, lease left, now}
// or {"granted", fence, now}.
//
// After a failover the token may be older than the one that was refused, and then it is no better. A
// new fence is later than that of the refused token in any case, or the others would not take it.
//
// ARGV: digest that will not do, fence up to which it will not, fence before which no other will
// either, fence that is too old for any, fence waited for, lease, record that the caller cannot read.
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
  local good = f and token ~= '' and tonumber(expires) > now and have[1] ~= ARGV[7] and f > tonumber(ARGV[4])
  if good and digest == ARGV[1] then
    good = f > tonumber(ARGV[2])
  elseif good then
    good = f >= tonumber(ARGV[3])
  end
  if good then
    return {'token', have[1], now}
  end
end
if have[3] then
  local fence, ends = string.match(have[3], '^(%d+)|(%d+)|')
  failed = fence
  if fence and have[3] ~= ARGV[7] and (tonumber(ends) > now or fence == ARGV[5]) then
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
local fence = string.format('%.0f', math.max(us, last + 1, tonumber(ARGV[3]) + 1))
redis.call('SET', KEYS[2], fence .. string.format('|%.0f', now + ARGV[6]), 'PX', 86400000)
return {'granted', fence, now}
`)

// save stores a token or a failure, which ends the lease; unless a newer fence was handed out. It
// answers 1, or 0 if it was too late. After a loss of data there is no last fence, and whoever comes
// first is the newest. The lease is stored as over, for as long as it takes that nobody is given an
// older fence.
//
// ARGV: fence, "token", "failure" or "nothing", record, its life, channel.
var save = rueidis.NewLuaScript(`
local have = redis.call('MGET', KEYS[2], KEYS[3])
if have[1] and tonumber(string.match(have[1], '^%d+') or 0) > tonumber(ARGV[1]) then
  return 0
end
redis.call('SET', KEYS[2], ARGV[1] .. '|0', 'PX', 86400000)
if ARGV[2] == 'token' then
  redis.call('SET', KEYS[1], ARGV[3], 'PX', ARGV[4])
  if have[2] then
    redis.call('DEL', KEYS[3])
  end
elseif ARGV[2] == 'failure' then
  redis.call('SET', KEYS[3], ARGV[3], 'PX', ARGV[4])
else
  redis.call('DEL', KEYS[3])
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
