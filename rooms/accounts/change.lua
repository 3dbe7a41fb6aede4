-- Makes or changes one account.
-- KEYS: account, login names, administrators, sessions of the account, audit log, link.
-- ARGV: 1 account id, 2 expected version ('0' is a new account), 3 the account as JSON, 4 its login name, 5 the login name before ('' for a
--       new account), 6 '1' when it administers, 7 password hash ('' keeps the one there is), 8 '1' ends its sessions, 9 hash of a session that
--       goes on ('' for none), 10 audit entry, 11 what the link must hold ('' without a link), 12 '1' when it is disabled,
--       13 the password hash that the change is based on ('' for any).
-- Returns {'ok', version} | {'missing'} | {'stale'} | {'taken'} | {'last'} | {'link'}.
if ARGV[11] ~= '' then
  if redis.call('GET', KEYS[6]) ~= ARGV[11] then return {'link'} end
  if ARGV[11] == 'setup' and redis.call('HLEN', KEYS[2]) > 0 then return {'link'} end
end
local version = tonumber(redis.call('HGET', KEYS[1], 'version') or '0')
if ARGV[2] ~= '0' and version == 0 then return {'missing'} end
if tonumber(ARGV[2]) ~= version then return {'stale'} end
if ARGV[13] ~= '' and redis.call('HGET', KEYS[1], 'password') ~= ARGV[13] then return {'stale'} end
if ARGV[4] ~= ARGV[5] and redis.call('HEXISTS', KEYS[2], ARGV[4]) == 1 then return {'taken'} end
if ARGV[6] == '1' then
  redis.call('SADD', KEYS[3], ARGV[1])
elseif redis.call('SISMEMBER', KEYS[3], ARGV[1]) == 1 then
  if redis.call('SCARD', KEYS[3]) == 1 then return {'last'} end
  redis.call('SREM', KEYS[3], ARGV[1])
end
if ARGV[4] ~= ARGV[5] then
  if ARGV[5] ~= '' then redis.call('HDEL', KEYS[2], ARGV[5]) end
  redis.call('HSET', KEYS[2], ARGV[4], ARGV[1])
end
version = version + 1
redis.call('HSET', KEYS[1], 'version', version, 'account', ARGV[3], 'disabled', ARGV[12])
if ARGV[7] ~= '' then redis.call('HSET', KEYS[1], 'password', ARGV[7]) end
if ARGV[8] == '1' then
  local kept = ARGV[9] ~= '' and redis.call('HGET', KEYS[4], ARGV[9])
  local ttl = redis.call('PTTL', KEYS[4])
  redis.call('DEL', KEYS[4])
  if kept then
    redis.call('HSET', KEYS[4], ARGV[9], kept)
    if ttl > 0 then redis.call('PEXPIRE', KEYS[4], ttl) end
  end
end
if ARGV[11] ~= '' then redis.call('DEL', KEYS[6]) end
redis.call('XADD', KEYS[5], '*', 'entry', ARGV[10])
return {'ok', tostring(version)}
