-- Takes from one outbox what every consumer group has acknowledged and nobody may ask for any more.
--
-- KEYS  1 outbox
-- ARGV  1 seconds that events are kept
-- Returns how many went, and how many are left.
--@ wants UNRELAYED XLEN OUTBOX
--@ wants UNRELAYED XTRIM OUTBOX MINID 1
--@ needs TIME

local size = redis.call('XLEN', KEYS[1])
if size == 0 then return { 0, 0 } end
--@ behind
if #out == 0 then return { 0, size } end -- no group: the scripts that write events trim
local limit = (tonumber(redis.call('TIME')[1]) - tonumber(ARGV[1])) * 1000
if first and first_ms <= limit then limit = first else limit = string.format('%.0f', limit) end
local gone = redis.call('XTRIM', KEYS[1], 'MINID', limit)
return { gone, size - gone }
