-- Counts an attempt to sign in before the password is looked at, so that attempts made at once are counted as well.
-- KEYS: slow-down of the account with the address or the device, budget of the account, budget of the address.
-- ARGV: 1 now in ms, 2 failures without a wait, 3 first wait in ms, 4 longest wait in ms, 5 how long failures count in ms,
--       6 budget of the account, 7 its window in ms, 8 budget of the address, 9 its window in ms, 10 '1' for a device that is known.
-- Returns the wait in ms; 0 when the attempt may go on.
local now = tonumber(ARGV[1])
local free = tonumber(redis.call('HGET', KEYS[1], 'until') or '0')
if free > now then return free - now end
local known = ARGV[10] == '1'
if not known then
  for i = 2, 3 do
    if tonumber(redis.call('GET', KEYS[i]) or '0') >= tonumber(ARGV[2 + 2 * i]) then return math.max(1, redis.call('PTTL', KEYS[i])) end
  end
end
local n = redis.call('HINCRBY', KEYS[1], 'n', 1)
if n >= tonumber(ARGV[2]) then
  local wait = math.min(tonumber(ARGV[4]), tonumber(ARGV[3]) * 2 ^ math.min(30, n - tonumber(ARGV[2])))
  redis.call('HSET', KEYS[1], 'until', string.format('%d', now + wait))
end
redis.call('PEXPIRE', KEYS[1], ARGV[5])
if not known then
  for i = 2, 3 do
    if redis.call('INCR', KEYS[i]) == 1 then redis.call('PEXPIRE', KEYS[i], ARGV[3 + 2 * i]) end
  end
end
return 0
