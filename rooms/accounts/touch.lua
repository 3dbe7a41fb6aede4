-- Finds a session and the account as it is now, and notes that it is in use.
-- KEYS: account, its sessions. ARGV: 1 hash of the session's secret, 2 now in ms, 3 idle life in ms, 4 how old the note may be in ms.
-- Returns {version, account, password or '', session} | {}.
local session = redis.call('HGET', KEYS[2], ARGV[1])
if not session then return {} end
local seen, ends, rest = string.match(session, '^(%d+) (%d+) (.*)$')
local now = tonumber(ARGV[2])
local have = redis.call('HMGET', KEYS[1], 'version', 'account', 'password', 'disabled')
if tonumber(ends) <= now or tonumber(seen) + tonumber(ARGV[3]) <= now or not have[1] or have[4] == '1' then
  redis.call('HDEL', KEYS[2], ARGV[1])
  return {}
end
if now - tonumber(seen) >= tonumber(ARGV[4]) then
  session = string.format('%d %s %s', now, ends, rest)
  redis.call('HSET', KEYS[2], ARGV[1], session)
end
return {have[1], have[2], have[3] or '', session}
