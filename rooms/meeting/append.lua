-- Appends one event of a live meeting, once.
-- KEYS: events, a stream whose ids are <number>-0. ARGV: the event's number, the event as JSON.
-- Returns 'ok', also when the same event is there already, or why the event cannot be the next.
local number = tonumber(ARGV[1])
local newest = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1]
local last = newest and tonumber(string.match(newest[1], '^%d+')) or 0
if number > last + 1 then return 'events after ' .. last .. ' are missing' end
local id = ARGV[1] .. '-0'
if number <= last then
  local there = redis.call('XRANGE', KEYS[1], id, id)[1]
  if there and there[2][2] == ARGV[2] then return 'ok' end
  return 'another event has this number'
end
redis.call('XADD', KEYS[1], id, 'event', ARGV[2])
return 'ok'
