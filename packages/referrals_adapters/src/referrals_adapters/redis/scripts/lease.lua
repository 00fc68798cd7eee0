-- A reader found no value.
-- ARGV: a new lease, its lifetime, the lifetime of a floor (ms), what the reader could not read.
-- Returns the value that was filled in meanwhile; or 1: the lease is out; or 0: another one is.

local key, lease, lifetime, floor_lifetime = KEYS[1], ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local found = look(key)
if found.text and found.text ~= ARGV[4] then
  return found.text
end
if found.lease and now() < found.deadline then
  return 0
end
local remaining = lifetime
if found.floor > 0 then  -- the floor lives on as long as it would have, and the lease no longer than it
  remaining = redis.call('PTTL', key)
  if remaining < 0 or remaining > floor_lifetime then
    remaining = floor_lifetime
  end
end
put_floor(key, found.floor, lease, now() + lifetime, math.max(1, remaining))
return 1
