-- Changes one meeting: checks the idempotency key and the version, writes the meeting, its place in the index and the journal entry.
-- KEYS: meeting, index, journal, idempotency record.
-- ARGV: 1 meeting id, 2 expected version ('0' is a new meeting), 3 the meeting as JSON without its version, 4 start in ms,
--       5 journal entry as JSON, 6 hash of the request ('' without an idempotency key), 7 lifetime of the record in seconds.
-- Returns {'ok', answer} (version and meeting; that of the first request with the key) | {'mismatch'} | {'stale', version} | {'missing'}.
if ARGV[6] ~= '' then
  local record = redis.call('HMGET', KEYS[4], 'hash', 'answer')
  if record[1] then
    if record[1] ~= ARGV[6] then return {'mismatch'} end
    return {'ok', record[2]}
  end
end
local version = tonumber(redis.call('HGET', KEYS[1], 'version') or '0')
if ARGV[2] ~= '0' and version == 0 then return {'missing'} end
if tonumber(ARGV[2]) ~= version then return {'stale', tostring(version)} end
version = version + 1
redis.call('HSET', KEYS[1], 'version', version, 'meeting', ARGV[3])
redis.call('ZADD', KEYS[2], ARGV[4], ARGV[1])
redis.call('XADD', KEYS[3], '*', 'meeting', ARGV[1], 'version', version, 'entry', ARGV[5])
local answer = version .. ' ' .. ARGV[3]
if ARGV[6] ~= '' then
  redis.call('HSET', KEYS[4], 'hash', ARGV[6], 'answer', answer)
  redis.call('EXPIRE', KEYS[4], ARGV[7])
end
return {'ok', answer}
