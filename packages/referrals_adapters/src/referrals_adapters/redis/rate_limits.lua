-- Calls are wanted of several limits.
-- KEYS: the limits; each says when all calls would be back that were taken, in µs since 1970.
-- ARGV, three of each: after how many µs a call is back, how many calls may be out, how many are wanted.
-- Returns how many of each were lent; or, if one has none left, of each 0 or minus the µs until it has.

local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local lent, out, lacking = {}, {}, {}
local refused = false
for i, key in ipairs(KEYS) do
  local interval, room, wanted = tonumber(ARGV[3 * i - 2]), tonumber(ARGV[3 * i - 1]), tonumber(ARGV[3 * i])
  -- Not more than may be out: the clock of the server may have been set back.
  out[i] = math.min(math.max((tonumber(redis.call('GET', key)) or 0) - now, 0), room * interval)
  local left = math.floor(room - out[i] / interval)
  lent[i] = math.min(wanted, left)
  lacking[i] = 0
  if left < 1 then
    refused = true
    lacking[i] = -math.ceil(out[i] - (room - 1) * interval)
  end
  out[i] = out[i] + lent[i] * interval
end
if refused then
  return lacking
end
for i, key in ipairs(KEYS) do
  redis.call('SET', key, string.format('%.0f', now + out[i]), 'PX', math.ceil(out[i] / 1000))
end
return lent
