-- Takes a terminal's credential and its code back.
-- KEYS: codes, devices, audit log. ARGV: 1 terminal id, 2 audit entry. Returns {'ok'} | {'missing'} when there is neither.
if redis.call('HDEL', KEYS[1], ARGV[1]) + redis.call('HDEL', KEYS[2], ARGV[1]) == 0 then return {'missing'} end
redis.call('XADD', KEYS[3], '*', 'entry', ARGV[2])
return {'ok'}
