-- Counts an event for an alert, once, however often it is told of it; and tells by an event of its own when there were too many.
--
-- KEYS  3 what was counted: a hash. Field n..step: how many events in that step of time. Field a..step: an alert was raised in the window
--         that ends with it: 0 if that was all, else the time, until it is said that what was to be done about it is done
--       4 the ids of the events that were counted in the step: fields of a hash
-- Both expire. More than raise the alert are not counted: the step says enough.
--
-- ARGV  11 id of the event, or '': done                     15 seconds a step is kept
--       12 its step, or the one of the alert                16 how many steps that is
--       13 steps of a window                                17 1: something is to be done about it
--       14 how many raise the alert                         18 the alert's event between its id and its time   19 the rest of it
-- Returns lost, the time of an alert about which something is to be done, and its step; else lost, 0, 0.
--@ wants UNCOUNTED HMGET COUNTER a
--@ wants UNCOUNTED HGETALL COUNTER
--@ wants UNCOUNTED HSET COUNTER a v
--@ wants UNCOUNTED HDEL COUNTER a
--@ wants UNCOUNTED EXPIREAT COUNTER 1

--@ head
--@ event
--@ stamp
local window, at, steps, most = KEYS[3], tonumber(arg[12]), tonumber(arg[13]), tonumber(arg[14])
local expiry = string.format('%.0f', now + arg[15])
local function field(kind, step) return kind .. string.format('%.0f', step) end

if not (may('HMGET', window, 'a') and may('HGETALL', window) and may('HSET', window, 'a', '') and may('HDEL', window, 'a') and
	may('EXPIREAT', window, '1')) then
	return redis.error_reply('NOPERM a right is missing')
end
if arg[11] == '' then
	if call('HMGET', window, field('a', at))[1] then call('HSET', window, field('a', at), '0') end
	return { 0, 0, 0 }
end

local counts, raised, newest, past = {}, {}, at, {}
local flat = call('HGETALL', window)
for i = 1, #flat, 2 do
	local step = tonumber(sub(flat[i], 2))
	if sub(flat[i], 1, 1) == 'n' then counts[step] = tonumber(flat[i + 1]) else raised[step] = flat[i + 1] end
	if step < at - arg[16] then past[#past + 1] = flat[i] end
end
if #past > 0 then call('HDEL', window, unpack(past)) end
if (counts[at] or 0) < most and call('HSET', KEYS[4], arg[11], '') == 1 then
	call('EXPIREAT', KEYS[4], expiry)
	counts[at] = (counts[at] or 0) + 1
	call('HSET', window, field('n', at), string.format('%d', counts[at]))
	call('EXPIREAT', window, expiry)
end

-- The windows that the event is in, up to the last step in which anything happened: as a rule there is one, as nothing later has. Of two
-- that overlap one raises an alert.
for step in pairs(counts) do
	if step > newest and step < at + steps then newest = step end
end
for last = at, newest do
	local sum, before = 0, nil
	for step = last - steps + 1, last do sum = sum + (counts[step] or 0) end
	for step = last - steps + 1, last + steps - 1 do
		if raised[step] then before = step end
	end
	if before and raised[before] ~= '0' then return { 0, tonumber(raised[before]), before } end
	if sum >= most and not before then
		call('HSET', window, field('a', last), arg[17] == '1' and time or '0')
		call('EXPIREAT', window, expiry)
		local lost = post('{"id":"' .. arg[3] .. '",' .. arg[18] .. (time == arg[9] and arg[10] or stamp(now)) .. arg[19], true)
		return { lost, arg[17] == '1' and now or 0, last }
	end
end
return { 0, 0, 0 }
