-- Who is active for a sink: one relay of all hosts at a time.
--
-- KEYS  1 lease
-- ARGV  1 who asks   2 ms it is to last, 0: gives it back   3 who held it and is known to be dead, or ''
-- Returns 1 if it is the caller's now, else 0; and the holder, '' if there is none.
--@ wants UNRELAYED GET SINK
--@ wants UNRELAYED SET SINK v
--@ wants UNRELAYED DEL SINK

local key, call = KEYS[1], redis.call
local holder = call('GET', key) or ''
if holder ~= '' and holder ~= ARGV[1] and holder ~= ARGV[3] then return { 0, holder } end
if ARGV[2] == '0' then
	if holder == ARGV[1] then call('DEL', key) end
	return { 0, '' }
end
call('SET', key, ARGV[1], 'PX', ARGV[2])
return { 1, ARGV[1] }
