-- The holder of a lease brings the value that it read from the primary.
-- ARGV: the lease, the value, its lifetime (ms).
-- Returns 1 if the value is in; 0 if the lease was lost or the value lies below the floor.

local key, lease, text, lifetime = KEYS[1], ARGV[1], ARGV[2], ARGV[3]
local found = look(key)
if found.lease ~= lease or now() >= found.deadline then
  return 0
end
if version_in(string.match(text, '^v|(%d+)|')) < found.floor then
  return 0
end
redis.call('SET', key, text, 'PX', lifetime)
return 1
