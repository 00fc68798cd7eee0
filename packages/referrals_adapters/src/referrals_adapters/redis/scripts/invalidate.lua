-- A writer has committed new versions: older values and all leases are void.
-- KEYS: the keys. ARGV: the lifetime of a floor (ms), then a version for each key.

for i, key in ipairs(KEYS) do
  local version = tonumber(ARGV[i + 1])
  local found = look(key)
  if not (found.text and found.floor >= version) then
    put_floor(key, math.max(version, found.floor), '', 0, ARGV[1])
  end
end
