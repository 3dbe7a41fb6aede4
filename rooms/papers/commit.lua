-- Records a paper, or a version of it, whose content is in the storage.
-- KEYS: 1 papers of the meeting, 2 blobs, 3 bytes used, 4 pending, 5 idempotency record, 6 audit log.
-- ARGV: 1 paper id, 2 expected revision ('0' is a new paper), 3 the paper as it is stored, 4 its new blob, 5 bytes of that, 6 quota in bytes,
--       7 most papers of a meeting, 8 hash of the request ('' without an idempotency key), 9 lifetime of the record in seconds, 10 audit entry.
-- Returns {'ok', stored} (that of the first request with the key) | {'mismatch'} | {'missing'} | {'stale'} | {'quota'} | {'limit'} | {'late'}.
if ARGV[8] ~= '' then
  local record = redis.call('HMGET', KEYS[5], 'hash', 'answer')
  if record[1] then
    if record[1] ~= ARGV[8] then return {'mismatch'} end
    return {'ok', record[2]}
  end
end
local stored = redis.call('HGET', KEYS[1], ARGV[1])
local revision = stored and string.match(stored, '^%d+') or '0'
if ARGV[2] ~= '0' and not stored then return {'missing'} end
if ARGV[2] ~= revision then return {'stale'} end
if ARGV[2] == '0' and redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[7]) then return {'limit'} end
if tonumber(redis.call('GET', KEYS[3]) or '0') + tonumber(ARGV[5]) > tonumber(ARGV[6]) then return {'quota'} end
if not redis.call('ZSCORE', KEYS[4], ARGV[4]) then return {'late'} end
redis.call('ZREM', KEYS[4], ARGV[4])
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
redis.call('HSET', KEYS[2], ARGV[4], ARGV[5])
redis.call('INCRBY', KEYS[3], ARGV[5])
redis.call('XADD', KEYS[6], '*', 'entry', ARGV[10])
if ARGV[8] ~= '' then
  redis.call('HSET', KEYS[5], 'hash', ARGV[8], 'answer', ARGV[3])
  redis.call('EXPIRE', KEYS[5], ARGV[9])
end
return {'ok', ARGV[3]}
