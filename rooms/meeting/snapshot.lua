-- Stores a state and cuts the events that it holds.
-- KEYS: events, snapshot. ARGV: the number of the last event that the state holds, the state as JSON.
-- Returns how many events were cut; -1 when a newer state is stored.
local held = tonumber(ARGV[1])
local stored = tonumber(redis.call('HGET', KEYS[2], 'held') or '0')
if held <= stored then return -1 end
redis.call('HSET', KEYS[2], 'held', ARGV[1], 'state', ARGV[2])
redis.call('LTRIM', KEYS[1], held - stored, -1)
return held - stored
