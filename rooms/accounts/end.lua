-- Ends sessions of one account.
-- KEYS: its sessions, audit log. ARGV: 1 hash of the session's secret ('*' for all), 2 audit entry. Returns {'ok'} | {'none'}.
if ARGV[1] == '*' then
  redis.call('DEL', KEYS[1])
elseif redis.call('HDEL', KEYS[1], ARGV[1]) == 0 then
  return {'none'}
end
redis.call('XADD', KEYS[2], '*', 'entry', ARGV[2])
return {'ok'}
