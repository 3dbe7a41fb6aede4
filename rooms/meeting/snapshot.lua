-- Stores a state that a replay starts from.
-- KEYS: events, snapshot. ARGV: the state as JSON, the number of the first event to keep (0 keeps all).
redis.call('SET', KEYS[2], ARGV[1])
if ARGV[2] ~= '0' then redis.call('XTRIM', KEYS[1], 'MINID', ARGV[2]) end
return 'ok'
