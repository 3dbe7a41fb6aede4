-- Makes a link by which the holder of an account chooses a password.
-- KEYS: account, link, audit log. ARGV: 1 account id, 2 lifetime in ms, 3 audit entry. Returns {'ok'} | {'missing'}.
if redis.call('EXISTS', KEYS[1]) == 0 then return {'missing'} end
redis.call('SET', KEYS[2], ARGV[1], 'PX', ARGV[2])
redis.call('XADD', KEYS[3], '*', 'entry', ARGV[3])
return {'ok'}
