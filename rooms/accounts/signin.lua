-- Begins a session, unless the account changed since its password was looked at.
-- KEYS: account, its sessions, audit log.
-- ARGV: 1 password hash that was compared ('' when somebody else vouches for the holder), 2 the hash renewed ('' keeps it),
--       3 hash of the session's secret, 4 the session as JSON, 5 now in ms, 6 idle life in ms, 7 longest life in ms, 8 most sessions, 9 audit entry.
-- Returns {'ok'} | {'refused'}.
local have = redis.call('HMGET', KEYS[1], 'version', 'password', 'disabled')
if not have[1] or have[3] == '1' then return {'refused'} end
if ARGV[1] ~= '' and have[2] ~= ARGV[1] then return {'refused'} end
if ARGV[2] ~= '' then redis.call('HSET', KEYS[1], 'password', ARGV[2]) end
local now, idle = tonumber(ARGV[5]), tonumber(ARGV[6])
local all, oldest, count, first = redis.call('HGETALL', KEYS[2]), nil, 0, nil
for i = 1, #all, 2 do
  local seen, ends = string.match(all[i + 1], '^(%d+) (%d+) ')
  seen, ends = tonumber(seen), tonumber(ends)
  if ends <= now or seen + idle <= now then
    redis.call('HDEL', KEYS[2], all[i])
  else
    count = count + 1
    if not first or seen < first then oldest, first = all[i], seen end
  end
end
if count >= tonumber(ARGV[8]) then redis.call('HDEL', KEYS[2], oldest) end
redis.call('HSET', KEYS[2], ARGV[3], string.format('%d %d %s', now, now + tonumber(ARGV[7]), ARGV[4]))
redis.call('PEXPIRE', KEYS[2], ARGV[7])
redis.call('XADD', KEYS[3], '*', 'entry', ARGV[9])
return {'ok'}
