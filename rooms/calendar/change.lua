-- Changes some meetings, all or none: checks the idempotency key, each version and that each resource is free, then writes each meeting, its
-- place in the index, its bookings and its journal entry.
-- KEYS: 1 index, 2 journal, 3 idempotency record, the meetings in order, the bookings of each resource and the series.
-- ARGV: 1 hash of the request ('' without an idempotency key), 2 lifetime of the record in seconds,
--       3 bookings as JSON: release [[key, member]], hold [[key, start, end, member]], series [[key, occurrence,
--       id]], left [[key, id]], most clashes to name;
--       then five of each meeting: id, expected version ('0' is a new meeting), start in ms, the meeting as it is kept, journal entry.
-- Returns {'ok', answer} (version and first meeting; those of the first request with the key) | {'mismatch'} | {'stale', version, id} | {'missing'}
--       | {'clash', key, member, key, member …}.
if ARGV[1] ~= '' then
  local record = redis.call('HMGET', KEYS[3], 'hash', 'answer')
  if record[1] then
    if record[1] ~= ARGV[1] then return {'mismatch'} end
    return {'ok', record[2]}
  end
end
local meetings = {}
for i = 4, #ARGV, 5 do
  local m = {key = KEYS[3 + (i + 1) / 5], id = ARGV[i], start = ARGV[i + 2], stored = ARGV[i + 3], entry = ARGV[i + 4]}
  local known = redis.call('HMGET', m.key, 'version', 'journal')
  m.version, m.journal = tonumber(known[1] or '0'), known[2]
  if ARGV[i + 1] ~= '0' and m.version == 0 then return {'missing'} end
  if tonumber(ARGV[i + 1]) ~= m.version then return {'stale', tostring(m.version), m.id} end
  meetings[#meetings + 1] = m
end

local bookings = cjson.decode(ARGV[3])
local released = {}
for _, release in ipairs(bookings.release) do released[release[1] .. ' ' .. release[2]] = true end
local clash = {'clash'}
-- Bookings of one resource never overlap: where one has ended by a time, all before it have. Latest first, few at once, mostly one is enough.
local few = 4
for _, hold in ipairs(bookings.hold) do
  local key, from, to = hold[1], hold[2], string.format('(%.0f', hold[3]) -- written out: Lua would round it
  local seen, ended = 0, false
  while not ended do
    local near = redis.call('ZREVRANGEBYSCORE', KEYS[key], to, '-inf', 'WITHSCORES', 'LIMIT', seen, few)
    for i = 1, #near, 2 do
      local length = string.match(near[i], '^[^:]*:([^:]*):')
      ended = tonumber(near[i + 1]) + tonumber(length, 36) <= from
      if ended then break end
      if not released[key .. ' ' .. near[i]] then
        clash[#clash + 1] = tostring(key)
        clash[#clash + 1] = near[i]
        if #clash > 2 * bookings.most then return clash end
      end
    end
    seen = seen + few
    ended = ended or #near < 2 * few
  end
end
if #clash > 1 then return clash end

for _, release in ipairs(bookings.release) do redis.call('ZREM', KEYS[release[1]], release[2]) end
for _, hold in ipairs(bookings.hold) do redis.call('ZADD', KEYS[hold[1]], string.format('%.0f', hold[2]), hold[4]) end
for _, left in ipairs(bookings.left) do redis.call('ZREM', KEYS[left[1]], left[2]) end
for _, entry in ipairs(bookings.series) do redis.call('ZADD', KEYS[entry[1]], string.format('%.0f', entry[2]), entry[3]) end
for _, m in ipairs(meetings) do
  m.version = m.version + 1
  local entry = redis.call('XADD', KEYS[2], '*', 'meeting', m.id, 'version', m.version, 'entry', m.entry)
  redis.call('HSET', m.key, 'version', m.version, 'meeting', m.stored, 'journal', m.journal and m.journal .. ' ' .. entry or entry)
  redis.call('ZADD', KEYS[1], m.start, m.id)
end
local answer = meetings[1].version .. ' ' .. meetings[1].stored
if ARGV[1] ~= '' then
  redis.call('HSET', KEYS[3], 'hash', ARGV[1], 'answer', answer)
  redis.call('EXPIRE', KEYS[3], ARGV[2])
end
return {'ok', answer}
