-- Counts an event for an alert, once, however often it is told of it; and tells by an event of its own when there were too many.
--
-- Each step of time is a hash dwt:{bbb}wCCCCCCCCCCCC:STEP, which expires. Its fields: the id of each event that was counted in it; n, how many
-- these are; a, that an alert was raised in the window that ends with it: 0 if that was all, else the time, until it is said that what was
-- to be done about it is done. More than raise the alert are not counted: the step says enough.
--
-- ARGV  11 the names of the steps without their number      15 how many raise the alert
--       12 id of the event, or '': done                     16 seconds a step is kept
--       13 its step, or the one of the alert                17 1: something is to be done about it
--       14 steps of a window                                18 the alert's event between its id and its time   19 the rest of it
-- Returns lost, the time of an alert about which something is to be done, and its step; else lost, 0, 0.
--@ wants UNCOUNTED HMGET COUNTER a
--@ wants UNCOUNTED HSET COUNTER a v
--@ wants UNCOUNTED EXPIREAT COUNTER 1

--@ head
--@ event
--@ stamp
local at, steps, most = tonumber(arg[13]), tonumber(arg[14]), tonumber(arg[15])
local function name(step) return string.format('%s:%.0f', arg[11], step) end

if not (may('HMGET', name(at), 'a') and may('HSET', name(at), 'a', '') and may('EXPIREAT', name(at), '1')) then
	return redis.error_reply('NOPERM a right is missing')
end
if arg[12] == '' then
	if call('HMGET', name(at), 'a')[1] then call('HSET', name(at), 'a', '0') end
	return { 0, 0, 0 }
end

-- The windows that the event is in, up to the last step in which anything happened: as a rule there is one, as nothing later has. And those
-- that they could overlap with.
local counts, raised, newest = {}, {}, at
for step = at - steps + 1, at + 2 * steps - 2 do
	local found = call('HMGET', name(step), 'n', 'a')
	counts[step], raised[step] = tonumber(found[1] or 0), found[2]
	if counts[step] > 0 and step > newest and step < at + steps then newest = step end
end
if counts[at] < most and call('HSET', name(at), arg[12], '') == 1 then
	counts[at] = counts[at] + 1
	call('HSET', name(at), 'n', string.format('%d', counts[at]))
	call('EXPIREAT', name(at), string.format('%.0f', now + arg[16]))
end
for last = at, newest do
	local sum, before = 0, nil
	for step = last - steps + 1, last do sum = sum + counts[step] end
	for step = last - steps + 1, last + steps - 1 do
		if raised[step] then before = step end
	end
	if before and raised[before] ~= '0' then return { 0, tonumber(raised[before]), before } end
	if sum >= most and not before then
		call('HSET', name(last), 'a', arg[17] == '1' and time or '0')
		call('EXPIREAT', name(last), string.format('%.0f', now + arg[16]))
		local lost = post('{"id":"' .. arg[3] .. '",' .. arg[18] .. (time == arg[9] and arg[10] or stamp(now)) .. arg[19], true)
		return { lost, arg[17] == '1' and now or 0, last }
	end
end
return { 0, 0, 0 }
