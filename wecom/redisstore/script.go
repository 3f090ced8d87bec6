package redisstore

import "github.com/redis/rueidis"

// Both scripts are one round trip and read the clock of Redis, so that the clocks of the processes
// need not agree. Times are milliseconds; a fence is microseconds of that clock, or one more than
// the last, whichever is larger: a plain counter would start at 1 again when Redis loses its data,
// and a survivor with an old fence would win over everybody.
//
// KEYS of both: token, lock, fence, failure. They share a hash tag.

// A record of a token is FENCE|EXPIRES|FETCHED|DIGEST|TOKEN. The digest lets a script compare tokens
// it cannot read because they are encrypted.
//
// acquire answers {"token", record, now}, {"failure", record, now}, {"wait", fence, lease left, now}
// or {"granted", fence, now}.
//
// ARGV: digest that will not do, fence up to which it will not, fence that is too old for any, fence
// waited for, lease.
var acquire = rueidis.NewLuaScript(`
local t = redis.call('TIME')
local us = t[1] * 1000000 + t[2]
local now = math.floor(us / 1000)
local record = redis.call('GET', KEYS[1])
if record then
  local fence, expires, digest = string.match(record, '^(%d+)|(%d+)|%d+|(%x+)|.')
  local f = tonumber(fence)
  if f and (digest ~= ARGV[1] or f > tonumber(ARGV[2])) and f > tonumber(ARGV[3]) and tonumber(expires) > now then
    return {'token', record, now}
  end
end
local failure = redis.call('GET', KEYS[4])
if failure then
  local fence, ends = string.match(failure, '^(%d+)|(%d+)|')
  if fence and (tonumber(ends) > now or fence == ARGV[4]) then
    return {'failure', failure, now}
  end
end
local left = redis.call('PTTL', KEYS[2])
if left > 0 then
  return {'wait', redis.call('GET', KEYS[2]), left, now}
end
local last = tonumber(redis.call('GET', KEYS[3]) or 0) or 0
local fence = string.format('%.0f', math.max(us, last + 1))
redis.call('SET', KEYS[3], fence, 'PX', 86400000)
redis.call('SET', KEYS[2], fence, 'PX', ARGV[5])
return {'granted', fence, now}
`)

// save stores a token, or a failure if the token is empty, and ends the lease; unless a newer fence
// was handed out. It answers 1, or 0 if it was too late. After a loss of data there is no last fence,
// and whoever comes first is the newest.
//
// ARGV: fence, life left, age, digest, token, failure's life as everybody's answer, failure.
var save = rueidis.NewLuaScript(`
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local last = tonumber(redis.call('GET', KEYS[3]) or 0) or 0
if last > tonumber(ARGV[1]) then
  return 0
end
redis.call('SET', KEYS[3], ARGV[1], 'PX', 86400000)
if ARGV[5] ~= '' then
  local record = string.format('%s|%.0f|%.0f|%s|%s', ARGV[1], now + ARGV[2], now - ARGV[3], ARGV[4], ARGV[5])
  redis.call('SET', KEYS[1], record, 'PX', ARGV[2])
  redis.call('DEL', KEYS[4])
else
  local record = string.format('%s|%.0f|%s', ARGV[1], now + ARGV[6], ARGV[7])
  redis.call('SET', KEYS[4], record, 'PX', math.max(ARGV[6], 10000))
end
if redis.call('GET', KEYS[2]) == ARGV[1] then
  redis.call('DEL', KEYS[2])
end
redis.call('PUBLISH', ARGV[8], KEYS[1])
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
  redis.call('DEL', KEYS[1])
  redis.call('PUBLISH', ARGV[3], KEYS[1])
  return 1
end
return 0
`)
