-- Gives a device the credential of the terminal for which a code was made, and uses the code up. The device before is out.
-- KEYS: codes, devices, audit log.
-- ARGV: 1 terminal id, 2 hash of the code, 3 now in ms, 4 the device as JSON, 5 audit entry.
-- Returns {'ok'} | {'refused'}.
local hash, ends = string.match(redis.call('HGET', KEYS[1], ARGV[1]) or '', '^(%S+) (%d+)$')
if hash ~= ARGV[2] or tonumber(ends) <= tonumber(ARGV[3]) then return {'refused'} end
redis.call('HDEL', KEYS[1], ARGV[1])
redis.call('HSET', KEYS[2], ARGV[1], ARGV[4])
redis.call('XADD', KEYS[3], '*', 'entry', ARGV[5])
return {'ok'}
