-- Takes an attempt back that succeeded.
-- KEYS: slow-down, budget of the account, budget of the address. ARGV: 1 '1' for a device that is known.
redis.call('DEL', KEYS[1])
if ARGV[1] ~= '1' then
  for i = 2, 3 do
    if tonumber(redis.call('GET', KEYS[i]) or '0') > 0 then redis.call('DECR', KEYS[i]) end
  end
end
return 0
