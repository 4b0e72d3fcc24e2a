-- ARGV  10 presented hash   12 hash of the successor   14 grace seconds        16 client sent, or ''
--       11 proposed salt    13 its key version         15 device sent, or ''   17 life of the access token
-- Returns outcome, now, events left out, user id, name, g0, g1, s, f, d, e.

local DONE, REPEATED, RECOVERED, UNKNOWN, EXPIRED_FAMILY, REVOKED, REUSED, DEVICE_MISSING, DEVICE_MISMATCH, CLIENT_MISMATCH =
	0, 1, 2, 3, 4, 5, 6, 7, 8, 9
local CHOSEN, RECOVERED_FLAG = 2, 4

survey()

local function answer(outcome)
	local left_out = commit()
	return { outcome, now, left_out, H.u or false, H.U or false, H.g0 or false, H.g1 or false, H['s' .. own] or false,
		H['f' .. own] or false, H['d' .. own] or false, H['e' .. own] or false }
end

-- the bearer is not whom it was given to, or it has been used: nobody keeps the session
local function burn(outcome, cause, text, reason)
	finish(own, now, cause, 0, text, 'refresh_reuse', reason)
	return answer(outcome)
end

local s, f = H['s' .. own], H['f' .. own]
if not s or not f then
	local l = H['l' .. own]
	if not l then return answer(UNKNOWN) end
	return answer(byte(l, 5) == EXPIRED and EXPIRED_FAMILY or REVOKED)
end
if now >= family_end(f) then return answer(EXPIRED_FAMILY) end

local current, previous, salt, rotated, absolute, idle, access, flags, version = unbin('<c16c16c12I4I4I4I4BB', f)
local presented = arg[10]
local chosen = bit.band(byte(s, 17), CHOSEN) ~= 0
local same_device = arg[15] == sub(s, 35, 42)
local outcome = DONE
if presented ~= current then
	if presented ~= previous or previous == NO_HASH then return burn(REUSED, 7, '', '"refresh_reuse"') end
	local grace = tonumber(arg[14])
	-- the proposed salt is the stored one: the same call sent twice, which no grace is needed for
	if salt == arg[11] or grace > 0 and now <= rotated + grace then
		outcome = REPEATED
	elseif chosen and same_device and bit.band(flags, RECOVERED_FLAG) == 0 then
		outcome = RECOVERED
	else
		return burn(REUSED, 7, '', '"refresh_reuse"')
	end
end

if arg[15] == '' then
	if chosen then return answer(DEVICE_MISSING) end
elseif not same_device then
	return burn(DEVICE_MISMATCH, 8, '', '"device_mismatch"')
end
if arg[16] ~= '' and arg[16] ~= sub(s, 43, 46) then
	return burn(CLIENT_MISMATCH, 8, 'client_mismatch', '"client_mismatch"')
end

if outcome ~= REPEATED then
	previous = presented
	current, salt, version, rotated = arg[12], arg[11], tonumber(arg[13]), now
	flags = outcome == RECOVERED and RECOVERED_FLAG or 0
end
local last = idle > 0 and min(absolute, rotated + idle) or absolute
access = max(access, min(now + tonumber(arg[17]), last))
f = current .. previous .. salt .. bin('<I4I4I4I4BB', rotated, absolute, idle, access, flags, version)
put('f' .. own, f)
if outcome ~= REPEATED then report('refresh', own, s, f, 'null', false, now) end
return answer(outcome)
