-- ARGV  11 the event between its id and its time   12 the rest of it   13 when it came about, or 0: now
-- An event about no session. One that was promised earlier (doorward/spool.h) may be there already: that is looked for by its id, from a
-- minute before on, since clocks differ. Returns lost.
--@ wants UNTRIMMED XRANGE OUTBOX - +

--@ head
--@ event
--@ stamp
local at = math.min(tonumber(arg[13]), now)
if at > 0 and may('XRANGE', KEYS[2], '-', '+') then
	for _, entry in ipairs(call('XRANGE', KEYS[2], (at - 60) .. '000', '+')) do
		if string.find(entry[2][2], '{"id":"' .. arg[3] .. '"', 1, true) then return { 0 } end
	end
end
return { post('{"id":"' .. arg[3] .. '",' .. arg[11] .. (at > 0 and stamp(at) or time == arg[9] and arg[10] or stamp(now)) .. arg[12], true) }
