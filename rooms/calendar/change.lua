-- Changes one meeting: checks the idempotency key, the version and that its resources are free, then writes the meeting, its place in the
-- index, its bookings and the journal entry.
-- KEYS: meeting, index, journal, idempotency record, the bookings of each resource.
-- ARGV: 1 meeting id, 2 expected version ('0' is a new meeting), 3 the meeting as JSON without its version, 4 start in ms,
--       5 journal entry as JSON, 6 hash of the request ('' without an idempotency key), 7 lifetime of the record in seconds,
--       8 bookings as JSON: release [[key, member]], hold [[key, start, end, member]], longest booking in ms, 9 most clashes to name.
-- Returns {'ok', answer} (version and meeting; that of the first request with the key) | {'mismatch'} | {'stale', version} | {'missing'}
--       | {'clash', key, member, key, member …}.
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

local bookings = cjson.decode(ARGV[8])
local clash = {'clash'}
for _, hold in ipairs(bookings.hold) do
  local key, from, to = hold[1], hold[2], hold[3]
  -- Whatever began earlier has ended, since no booking is longer. Times are written out: Lua would round them.
  local near = redis.call('ZRANGEBYSCORE', KEYS[key], string.format('(%.0f', from - bookings.longest), string.format('(%.0f', to), 'WITHSCORES')
  for i = 1, #near, 2 do
    local owner, length = string.match(near[i], '^([^:]*):([^:]*):')
    if owner ~= ARGV[1] and tonumber(near[i + 1]) + tonumber(length, 36) > from then
      clash[#clash + 1] = tostring(key)
      clash[#clash + 1] = near[i]
      if #clash > 2 * tonumber(ARGV[9]) then return clash end
    end
  end
end
if #clash > 1 then return clash end

version = version + 1
redis.call('HSET', KEYS[1], 'version', version, 'meeting', ARGV[3])
redis.call('ZADD', KEYS[2], ARGV[4], ARGV[1])
for _, release in ipairs(bookings.release) do redis.call('ZREM', KEYS[release[1]], release[2]) end
for _, hold in ipairs(bookings.hold) do redis.call('ZADD', KEYS[hold[1]], string.format('%.0f', hold[2]), hold[4]) end
redis.call('XADD', KEYS[3], '*', 'meeting', ARGV[1], 'version', version, 'entry', ARGV[5])
local answer = version .. ' ' .. ARGV[3]
if ARGV[6] ~= '' then
  redis.call('HSET', KEYS[4], 'hash', ARGV[6], 'answer', answer)
  redis.call('EXPIRE', KEYS[4], ARGV[7])
end
return {'ok', answer}
