-- What a key holds, in the form that `redis-cli GET` shows:
--   v|VERSION|...              a value, as the client wrote it
--   f|FLOOR|LEASE|DEADLINE     no value: the least version that may be filled in (0: any), the
--                              lease that may do so (empty: none is out) and until when, in
--                              milliseconds since 1970
-- Anything else, of whatever type, counts as nothing.

local LARGEST = 9007199254740991  -- 2^53 - 1: up to here numbers of Lua are exact

local function version_in(digits)
  local version = tonumber(digits)
  return version and version <= LARGEST and version or nil
end

-- Returns `floor`, and of a value its `text`, of a lease that is out `lease` and `deadline`.
local function look(key)
  local text = redis.pcall('GET', key)  -- it fails on a key of another type
  if type(text) ~= 'string' then
    return { floor = 0 }
  end
  local version = version_in(string.match(text, '^v|(%d+)|'))
  if version then
    return { floor = version, text = text }
  end
  local floor, lease, deadline = string.match(text, '^f|(%d+)|([^|]*)|(%d+)$')
  floor = version_in(floor)
  if not floor then
    return { floor = 0 }
  end
  return { floor = floor, lease = lease ~= '' and lease or nil, deadline = tonumber(deadline) }
end

local function put_floor(key, floor, lease, deadline, lifetime)
  local text = string.format('f|%.0f|%s|%.0f', floor, lease, deadline)
  redis.call('SET', key, text, 'PX', lifetime)
end

local function now()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end
