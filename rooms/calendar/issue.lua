-- Notes that a credential was made for a meeting.
-- KEYS: meeting, journal, idempotency record.
-- ARGV: 1 meeting id, 2 journal entry as JSON, 3 the answer to the request, 4 hash of the request ('' without an idempotency key),
--       5 lifetime of the record in seconds.
-- Returns {'ok', answer} (that of the first request with the key) | {'mismatch'} | {'missing'}.
if ARGV[4] ~= '' then
  local record = redis.call('HMGET', KEYS[3], 'hash', 'answer')
  if record[1] then
    if record[1] ~= ARGV[4] then return {'mismatch'} end
    return {'ok', record[2]}
  end
end
local version = redis.call('HGET', KEYS[1], 'version')
if not version then return {'missing'} end
redis.call('XADD', KEYS[2], '*', 'meeting', ARGV[1], 'version', version, 'entry', ARGV[2])
if ARGV[4] ~= '' then
  redis.call('HSET', KEYS[3], 'hash', ARGV[4], 'answer', ARGV[3])
  redis.call('EXPIRE', KEYS[3], ARGV[5])
end
return {'ok', ARGV[3]}
