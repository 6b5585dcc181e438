-- One commit: every check first, then every write, so that nothing can crash in between.
-- KEYS: decisions, feed, feed sequence, due, open, incidents, work, stops, breakers, controls
-- ARGV: a JSON object, see redis_ledger.py
local c = cjson.decode(ARGV[1])
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)

local last = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)
local version = 0
if #last > 0 then version = tonumber(string.match(last[1][1], '^(%d+)')) end
if version ~= c.after then return {'conflict', 'version is ' .. version} end
if #last > 0 then
  local fields = last[1][2]
  for i = 1, #fields, 2 do
    if fields[i] == 'hash' and fields[i + 1] ~= c.head then
      return {'conflict', 'the head is ' .. fields[i + 1]}
    end
  end
end

for _, claim in ipairs(c.claims) do
  local held = redis.call('HMGET', claim.key, 'incident', 'open')
  if not claim.release and held[1] and held[1] ~= c.incident and held[2] == '1' then
    return {'conflict', claim.key .. ' is held by ' .. held[1]}
  end
end

if c.reservation then
  local r = c.reservation
  if redis.call('GET', r.lease) ~= r.token then return {'refused', 'lease lost'} end
  for _, scope in ipairs(r.switches) do
    local stop = redis.pcall('HGET', KEYS[8], scope)
    if type(stop) == 'table' then
      return {'refused', "the stop switch can't be read: " .. stop.err}
    end
    if stop then return {'stopped', stop} end
  end
  for _, service in ipairs(r.breakers) do
    local open = redis.pcall('HEXISTS', KEYS[9], service)
    if open ~= 0 then return {'tripped', service} end
  end
  for index, limit in ipairs(r.limits) do
    local since = '(' .. (now - limit.milliseconds)
    local taken = redis.pcall('ZCOUNT', limit.key, since, '+inf')
    if type(taken) == 'table' then return {'limit', tostring(index), taken.err} end
    if taken >= limit.count then
      local last = taken - limit.count
      local oldest = redis.call(
        'ZRANGEBYSCORE', limit.key, since, '+inf', 'WITHSCORES', 'LIMIT', last, 1)
      return {'limit', tostring(index), '', string.format('%.0f', oldest[2] + limit.milliseconds)}
    end
  end
end

-- The first write, and one that a full memory denies: once a script has written it may go on.
redis.call('XADD', KEYS[1], (c.after + 1) .. '-0', unpack(c.entry))
if c.reservation then
  for index, limit in ipairs(c.reservation.limits) do
    redis.call('ZREMRANGEBYSCORE', limit.key, '-inf', now - limit.milliseconds)
    redis.call('ZADD', limit.key, now, c.incident .. '-' .. (c.after + 1) .. '-' .. index)
    redis.call('PEXPIRE', limit.key, limit.milliseconds)
  end
end

for _, control in ipairs(c.controls) do
  if control.stops then
    redis.call('HSET', KEYS[8], control.scope, control.event)
  else
    redis.call('HDEL', KEYS[8], control.scope)
  end
  redis.call('XADD', KEYS[10], '*', 'event', control.event)
end
redis.call('ZADD', KEYS[2], redis.call('INCR', KEYS[3]), c.incident)
for _, member in ipairs(c.no_longer_due) do redis.call('ZREM', KEYS[4], member) end
for _, entry in ipairs(c.due) do redis.call('ZADD', KEYS[4], 'NX', entry[2], entry[1]) end
redis.call('ZADD', KEYS[6], 'NX', now, c.incident)
if c.open then
  redis.call('ZADD', KEYS[5], 'NX', now, c.incident)
else
  redis.call('ZREM', KEYS[5], c.incident)
end
for _, claim in ipairs(c.claims) do
  if claim.release then
    redis.call('HSET', claim.key, 'open', '0', 'starts_at', claim.starts_at)
    redis.call('PEXPIRE', claim.key, c.remember_ms)
  else
    redis.call('HSET', claim.key, 'incident', c.incident, 'starts_at', claim.starts_at, 'open', '1')
    redis.call('PERSIST', claim.key)
  end
end
for _, failure in ipairs(c.failures) do
  -- A count that can't be kept trips it, for the rest of this commit is written already.
  redis.pcall('ZREMRANGEBYSCORE', failure.key, '-inf', now - failure.milliseconds)
  redis.pcall('ZADD', failure.key, 'NX', now, failure.action)
  redis.pcall('PEXPIRE', failure.key, failure.milliseconds)
  local counted = redis.pcall('ZCARD', failure.key)
  if type(counted) == 'table' or counted >= failure.count then
    if redis.pcall('HSETNX', KEYS[9], failure.service, failure.event) == 1 then
      redis.call('XADD', KEYS[10], '*', 'event', failure.event)
      redis.call('XADD', KEYS[7], '*', 'events', '[' .. failure.event .. ']')
    end
  end
end
redis.call('PUBLISH', KEYS[2], c.incident)
return {'ok', tostring(c.after + 1)}
