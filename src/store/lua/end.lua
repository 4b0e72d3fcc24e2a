-- ARGV  10 cause   11 scope   12 scope to record   13 device   14 text to record   15 type of the event   16 its reason, as JSON
-- Returns user id, name, sessions ended, events left out, l d e of the caller's session, and of every one ended: handle, l, d, e.

local SESSION, DEVICE, OTHERS, ALL = '0', '1', '2', '3'

if not survey() then return { false, false, 0, 0, false, false, false } end

local cause, scope = tonumber(arg[10]), arg[11]

local function wanted(sid)
	if scope == SESSION then return sid == own end
	if scope == DEVICE then return sub(H['s' .. sid], 35, 42) == arg[13] end
	return scope == ALL or sid ~= own
end

-- a caller whose own session is over ends nothing: neither by repeating himself nor with a stolen token that was logged out
local ended = {}
if cause ~= 1 or own == '' or H['s' .. own] then
	for _, sid in ipairs(live) do
		if wanted(sid) then ended[#ended + 1] = sid end
	end
	for _, sid in ipairs(ended) do finish(sid, now, cause, tonumber(arg[12]), arg[14], arg[15], arg[16]) end
	-- compared with <: a login in this very second stays
	if scope == ALL then put('n', bin('<I4I4', max(now, H.n and unbin('<I4', H.n) or 0), 0)) end
end

local left_out = commit()
local out = { H.u or false, H.U or false, #ended, left_out, H['l' .. own] or false, H['d' .. own] or false, H['e' .. own] or false }
for _, sid in ipairs(ended) do
	out[#out + 1] = sid
	out[#out + 1] = H['l' .. sid]
	out[#out + 1] = H['d' .. sid] or false
	out[#out + 1] = H['e' .. sid] or false
end
return out
