-- Makes the code that pairs a terminal; one that it had before is void.
-- KEYS: terminals, codes, audit log. ARGV: 1 terminal id, 2 hash of the code, 3 now in ms, 4 end of the code in ms, 5 audit entry.
-- Returns {'ok'} | {'missing'} | {'taken'} when another terminal has this code.
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 0 then return {'missing'} end
local codes = redis.call('HGETALL', KEYS[2])
for i = 1, #codes, 2 do
  local hash, ends = string.match(codes[i + 1], '^(%S+) (%d+)$')
  if tonumber(ends) <= tonumber(ARGV[3]) then
    redis.call('HDEL', KEYS[2], codes[i])
  elseif hash == ARGV[2] and codes[i] ~= ARGV[1] then
    return {'taken'}
  end
end
redis.call('HSET', KEYS[2], ARGV[1], ARGV[2] .. ' ' .. ARGV[4])
redis.call('XADD', KEYS[3], '*', 'entry', ARGV[5])
return {'ok'}
