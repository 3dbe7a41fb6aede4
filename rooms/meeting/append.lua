-- Appends one event of a live meeting.
-- KEYS: events, snapshot. ARGV: the event's number, the event as JSON.
-- Returns the length of the list; 0 when the same event is there already; -1 when another has its number or one before it is missing.
local last = tonumber(redis.call('HGET', KEYS[2], 'last') or '0')
local number = tonumber(ARGV[1])
if number == last then
  local newest = redis.call('LINDEX', KEYS[1], -1)
  if newest == ARGV[2] or (not newest) then return 0 end
  return -1
end
if number ~= last + 1 then return -1 end
redis.call('HSET', KEYS[2], 'last', ARGV[1])
return redis.call('RPUSH', KEYS[1], ARGV[2])
