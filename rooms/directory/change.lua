-- Writes some entries at once, all or none.
-- KEYS: revision, audit log, codes, devices and sights of terminals, import, then the hash of each kind; the last is that of terminals.
-- ARGV: 1 the revision that the change is based on, 2 number of entries, then for each: place of its kind among the kinds (from 0), id,
--       the entry as JSON ('' takes it away); what is left are audit entries.
-- Returns {'ok' | 'changed', revision}.
local revision = tonumber(redis.call('GET', KEYS[1]) or '0')
if revision ~= tonumber(ARGV[1]) then return {'changed', tostring(revision)} end
local entries = tonumber(ARGV[2])
for i = 0, entries - 1 do
  local key, id, entry = KEYS[7 + tonumber(ARGV[3 + 3 * i])], ARGV[4 + 3 * i], ARGV[5 + 3 * i]
  if entry ~= '' then
    redis.call('HSET', key, id, entry)
  else
    redis.call('HDEL', key, id)
    -- A terminal that is made later under this id is not paired with the device of this one.
    if key == KEYS[#KEYS] then for k = 3, 5 do redis.call('HDEL', KEYS[k], id) end end
  end
end
for i = 3 + 3 * entries, #ARGV do redis.call('XADD', KEYS[2], '*', 'entry', ARGV[i]) end
if redis.call('EXISTS', KEYS[6]) == 1 then redis.call('HSET', KEYS[6], 'applied', revision + 1) end
return {'ok', tostring(redis.call('INCR', KEYS[1]))}
