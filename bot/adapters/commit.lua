-- One commit: every check first, then every write, so that nothing can crash in between.
-- KEYS: decisions, feed, feed sequence, due, open, incidents
-- ARGV: a JSON object, see redis_ledger.py
local c = cjson.decode(ARGV[1])
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)

local last = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)
local version = 0
if #last > 0 then version = tonumber(string.match(last[1][1], '^(%d+)')) end
if version ~= c.after then return {'conflict', 'version is ' .. version} end

for _, claim in ipairs(c.claims) do
  local held = redis.call('HMGET', claim.key, 'incident', 'open')
  if not claim.release and held[1] and held[1] ~= c.incident and held[2] == '1' then
    return {'conflict', claim.key .. ' is held by ' .. held[1]}
  end
end

if c.reservation then
  local r = c.reservation
  if redis.call('GET', r.lease) ~= r.token then return {'refused', 'lease lost'} end
  for _, switch in ipairs(r.switches) do
    local why = redis.call('GET', switch)
    if why then return {'refused', why} end
  end
  for _, limit in ipairs(r.limits) do
    redis.call('ZREMRANGEBYSCORE', limit.key, '-inf', now - limit.milliseconds)
    if redis.call('ZCARD', limit.key) >= limit.count then return {'refused', limit.text} end
  end
  for index, limit in ipairs(r.limits) do
    redis.call('ZADD', limit.key, now, c.incident .. '-' .. (c.after + 1) .. '-' .. index)
    redis.call('PEXPIRE', limit.key, limit.milliseconds)
  end
end

redis.call('XADD', KEYS[1], (c.after + 1) .. '-0', 'events', c.events)
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
redis.call('PUBLISH', KEYS[2], c.incident)
return {'ok', tostring(c.after + 1)}
