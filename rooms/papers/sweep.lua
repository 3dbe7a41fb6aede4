-- Finds contents to remove. What was not recorded in time becomes garbage, so that it cannot be recorded any more.
-- KEYS: 1 pending, 2 garbage, 3 hold.
-- ARGV: 1 until when in ms, 2 how many at most, 3 now in ms.
-- Returns their names; none while a backup is being made.
if redis.call('ZCOUNT', KEYS[3], ARGV[3], '+inf') > 0 then return {} end
for _, blob in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'LIMIT', 0, ARGV[2])) do
  redis.call('ZREM', KEYS[1], blob)
  redis.call('SADD', KEYS[2], blob)
end
return redis.call('SRANDMEMBER', KEYS[2], ARGV[2])
