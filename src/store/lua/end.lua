-- Ends the sessions of a scope, each with a logout record in its place and an event. Assumes that the caller may: by a credential of the
-- session, as an operator, or after a change of the account. The record is looked for before anything is ended, so that ending again, or
-- fifty times at once, is one ending with one record and one event.
--
-- ARGV  11 logout record up to the device, by the time of the caller   14 text to record
--       12 scope                                                       15 type of the event
--       13 device                                                      16 its reason, as JSON
--                                                                      17 when it was asked for, or 0: now
--                                                                      18 '1': this was done before, and a failover may have lost it
-- What was asked for earlier (doorward/spool.h) is done as of that moment: who was alive then is logged out as of then, though he has
-- expired since; who was opened later stays; and it is looked whether the caller was alive then.
-- Returns user, sessions ended, lost, whether the caller's is one of them, its l d e, and of every other one: handle, l, d, e.
--@ needs HSET RECORD u v
--@ needs HDEL RECORD u

--@ head
--@ event
--@ stamp
local SESSION, DEVICE, OTHERS, ALL = '0', '1', '2', '3'
local scope = arg[12]

if scope == SESSION and own ~= '' and arg[17] == '0' then
	--@ session
	if usual then
		--@ alive
		if now < last then
			local l = arg[11] .. sub(s, S_DEV, S_DEV + 7) .. (d and '\2' or '\0') .. arg[14]
			call('HSET', key, 'l' .. own, l)
			if f then call('HDEL', key, 's' .. own, 'f' .. own) else call('HDEL', key, 's' .. own) end
			-- no EXPIREAT: a login leaves room for the logout record of what it opened
			local lost = post(event(arg[3], arg[15], arg[10], who, arg[8], s, device, arg[4], arg[16], 'true',
				access > 0 and stamp(access, now, arg[10]) or nil, arg[5]), true)
			return { w, 1, lost, 1, l, d or false, e or false }
		end
	end
end

--@ rules
local at = min(tonumber(arg[17]), now)
local late, opened = at > 0, arg[18] == '1' and at - 1 or at
if not late then at = now end
if not survey(at) then return { false, 0, 0, 0, false, false, false } end

local cause, said = byte(arg[11], L_CAUSE, L_SCOPE)

local function wanted(sid)
	if scope == SESSION then return sid == own end
	if late and sid ~= own and unbin('<I4', H['s' .. sid], S_CREATED) > opened then return false end
	if scope == DEVICE then return sub(H['s' .. sid], S_DEV, S_DEV + 7) == arg[13] end
	return scope == ALL or sid ~= own
end

-- a caller whose own session is over ends nothing: neither by repeating himself nor with a stolen token that was logged out
local l, ended = H['l' .. own], {}
if cause ~= 1 or own == '' or H['s' .. own] or (late and l and unbin('<I4', l) > at) then
	for _, sid in ipairs(live) do
		if wanted(sid) then ended[#ended + 1] = sid end
	end
	for _, sid in ipairs(ended) do finish(sid, at, cause, said, arg[14], arg[15], arg[16]) end
	-- compared with <: a login in this very second stays
	if scope == ALL and not (late and H.n and unbin('<I4', H.n) > at) then put('n', bin('<I4', at)) end
end

if #unnamed > 0 then return table.concat(unnamed) end
local lost = commit()
local out = { user or false, #ended, lost, 0, H['l' .. own] or false, H['d' .. own] or false, H['e' .. own] or false }
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
