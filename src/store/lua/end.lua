-- ARGV  11 logout record up to the device, by the time of the caller   14 text to record
--       12 scope                                                       15 type of the event
--       13 device                                                      16 its reason, as JSON
-- Returns user, sessions ended, events left out, whether the caller's is one of them, its l d e, and of every other one: handle, l, d, e.

--@ head
--@ event
--@ stamp
local SESSION, DEVICE, OTHERS, ALL = '0', '1', '2', '3'
local scope = arg[12]

if scope == SESSION and own ~= '' then
	--@ session
	if usual then
		-- alive by its cookie or its family; a session that only has an access token left is looked at below
		local created, seen, absolute, idle = unbin('<I4I4I4I4', s, 19)
		local access = 0
		if idle > 0 and byte(s, 18) == 1 and seen + idle < absolute then absolute = seen + idle end
		local alive = now < absolute and sub(s, 1, 16) ~= '\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0'
		if f then
			seen, absolute, idle, access = unbin('<I4I4I4I4', f, 45)
			alive = alive or now < absolute and (idle == 0 or now < seen + idle)
		end
		if alive then
			local l = arg[11] .. sub(s, 35, 42) .. (d and '\2' or '\0') .. arg[14]
			call('HSET', key, 'l' .. own, l)
			if f then call('HDEL', key, 's' .. own, 'f' .. own) else call('HDEL', key, 's' .. own) end
			-- no EXPIREAT: a login leaves room for the logout record of what it opened
			post(event(arg[3], arg[15], arg[10], who, arg[8], s, device, arg[4], arg[16], 'true',
				access > 0 and stamp(access, now, arg[10]) or nil, arg[5]), true)
			return { w, 1, 0, 1, l, d or false, e or false }
		end
	end
end

--@ rules
if not survey() then return { false, 0, 0, 0, false, false, false } end

local cause, said = byte(arg[11], 5, 6)

local function wanted(sid)
	if scope == SESSION then return sid == own end
	if scope == DEVICE then return sub(H['s' .. sid], 35, 42) == arg[13] end
	return scope == ALL or sid ~= own
end

-- a caller whose own session is over ends nothing: neither by repeating himself nor with a stolen token that was logged out
local ended, own_ended = {}, 0
if cause ~= 1 or own == '' or H['s' .. own] then
	for _, sid in ipairs(live) do
		if wanted(sid) then ended[#ended + 1] = sid end
	end
	for _, sid in ipairs(ended) do finish(sid, now, cause, said, arg[14], arg[15], arg[16]) end
	-- compared with <: a login in this very second stays
	if scope == ALL then put('n', bin('<I4', max(now, H.n and unbin('<I4', H.n) or 0))) end
end

local left_out = commit()
local out = { user or false, #ended, left_out, 0, H['l' .. own] or false, H['d' .. own] or false, H['e' .. own] or false }
for _, sid in ipairs(ended) do
	if sid == own then
		out[4] = 1
	else
		out[#out + 1] = sid
		out[#out + 1] = H['l' .. sid]
		out[#out + 1] = H['d' .. sid] or false
		out[#out + 1] = H['e' .. sid] or false
	end
end
return out
