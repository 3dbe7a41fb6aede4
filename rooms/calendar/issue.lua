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
local known = redis.call('HMGET', KEYS[1], 'version', 'journal')
if not known[1] then return {'missing'} end
local entry = redis.call('XADD', KEYS[2], '*', 'meeting', ARGV[1], 'version', known[1], 'entry', ARGV[2])
redis.call('HSET', KEYS[1], 'journal', known[2] and known[2] .. ' ' .. entry or entry)
if ARGV[4] ~= '' then
  redis.call('HSET', KEYS[3], 'hash', ARGV[4], 'answer', ARGV[3])
  redis.call('EXPIRE', KEYS[3], ARGV[5])
end
return {'ok', ARGV[3]}
