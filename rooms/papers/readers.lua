-- Changes who may read a paper.
-- KEYS: 1 papers of the meeting, 2 audit log.
-- ARGV: 1 paper id, 2 expected revision, 3 the paper as it is stored, 4 audit entry.
-- Returns {'ok', stored} | {'missing'} | {'stale'}.
local stored = redis.call('HGET', KEYS[1], ARGV[1])
if not stored then return {'missing'} end
if string.match(stored, '^%d+') ~= ARGV[2] then return {'stale'} end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
redis.call('XADD', KEYS[2], '*', 'entry', ARGV[4])
return {'ok', ARGV[3]}
