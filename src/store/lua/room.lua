-- Makes room for event ${text} in an outbox that no consumer group reads; where one does, the relay trims. What is too old goes, then, if
-- there still are too many, what weighs least and is oldest, an eighth at a time: wrong guesses, then what ends nothing, endings last. An
-- event displaces nothing that weighs more than itself: strangers can only displace each other. Sets lost, full.
--@ wants UNTRIMMED XLEN OUTBOX
--@ wants UNTRIMMED XINFO|GROUPS OUTBOX
--@ wants UNTRIMMED XRANGE OUTBOX - +
--@ wants UNTRIMMED XDEL OUTBOX 0-0
--@ wants UNTRIMMED XTRIM OUTBOX MAXLEN 1
--@ needs TIME

local most, keep = struct.unpack('<I4I4', ARGV[1])
local size = redis.pcall('XLEN', outbox)
if type(size) ~= 'number' then size = 0 end -- not allowed to look
for _, word in ipairs(size > 0 and { 'XRANGE', 'XDEL', 'XTRIM' } or {}) do
	if not redis.acl_check_cmd(word, outbox) then size = 0 end
end
if size > 0 and not redis.acl_check_cmd('XINFO', 'GROUPS', outbox) then size = 0 end
lost = -most
if size > 0 and #call('XINFO', 'GROUPS', outbox) == 0 then
	size = size - call('XTRIM', outbox, 'MINID', call('TIME')[1] - keep .. '000')
	lost = size - most
	if size >= most then
		local function weight(event)
			if string.find(event, '"ended":true', 1, true) then return 3 end
			return string.find(event, '"type":"login_failed"', 1, true) and 1 or 2
		end
		lost = call('XTRIM', outbox, 'MAXLEN', 2 * most) -- it was not looked at for long
		size = size - lost
		local goal, all = most - math.ceil(most / 8), call('XRANGE', outbox, '-', '+')
		for w = 1, weight(text) do
			for _, entry in ipairs(all) do
				if size > goal and weight(entry[2][2]) == w then
					call('XDEL', outbox, entry[1])
					size, lost = size - 1, lost + 1
				end
			end
		end
		full = size >= most
		if full then lost = lost + 1 end
	end
end
