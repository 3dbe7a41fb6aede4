-- Takes a paper away; its contents become garbage.
-- KEYS: 1 papers of the meeting, 2 blobs, 3 bytes used, 4 garbage, 5 audit log.
-- ARGV: 1 paper id, 2 expected revision, 3 audit entry, 4… its blobs.
-- Returns {'ok'} | {'missing'} | {'stale'}.
local stored = redis.call('HGET', KEYS[1], ARGV[1])
if not stored then return {'missing'} end
if string.match(stored, '^%d+') ~= ARGV[2] then return {'stale'} end
redis.call('HDEL', KEYS[1], ARGV[1])
for i = 4, #ARGV do
  redis.call('DECRBY', KEYS[3], redis.call('HGET', KEYS[2], ARGV[i]) or 0)
  redis.call('HDEL', KEYS[2], ARGV[i])
  redis.call('SADD', KEYS[4], ARGV[i])
end
redis.call('XADD', KEYS[5], '*', 'entry', ARGV[3])
return {'ok'}
