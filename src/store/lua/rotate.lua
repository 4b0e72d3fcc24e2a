-- Exchanges a refresh token. Assumes that the token is genuine (its MAC was checked) and names this session; which of the family's tokens it
-- is, and that its successor takes its place, is decided and written in one step: of two exchanges at once the second meets the first's
-- result, and gets the same successor within the grace time. A token from before that is theft, and ends the session. One of a later
-- generation than is known here was given out by a server whose last words a failover has lost: it counts as the current one.
--
-- ARGV  11 hash of the successor, presented hash, generation of the successor, nonce, time of the caller
--       12 expiry of the access token by that time, flags, key version of the successor
--       13 that expiry, RFC 3339   14 life of the access token   15 grace seconds   16 device sent, or ''   17 client sent, or ''
--       18 hash of the successor of the generation after that, for a recovery
-- Returns outcome, now, lost, when the family was rotated before, user, s, f; then d and e as far as there are any.
--@ needs HSET RECORD u v

--@ head
--@ event
local DONE = 0
local device_sent, client = arg[16], arg[17]

--@ session
-- the token of now, from the bearer it was given to
if usual and f and sub(f, F_CURRENT, F_CURRENT + 15) == sub(arg[11], F_PREVIOUS, F_PREVIOUS + 15) and
	(client == '' or client == sub(s, S_CLIENT, S_CLIENT + 3)) and
	(device_sent == '' and not d or device_sent == sub(s, S_DEV, S_DEV + 7)) then
	--@ alive
	local next = now + arg[14]
	if now < family and next <= absolute and (unused == 0 or next <= now + unused) and access <= next then
		f = arg[11] .. sub(f, F_ABSOLUTE, F_ACCESS - 1) .. arg[12]
		call('HSET', key, 'f' .. own, f)
		return { DONE, now, post(event(arg[3], 'refresh', arg[10], who, arg[8], s, device, arg[4], 'null', 'false', arg[13], arg[5]), true),
			rotated, w, s, f, d, e }
	end
end

--@ stamp
--@ rules
local REPEATED, RECOVERED, UNKNOWN, EXPIRED_FAMILY, REVOKED, REUSED, DEVICE_MISSING, DEVICE_MISMATCH, CLIENT_MISMATCH =
	1, 2, 3, 4, 5, 6, 7, 8, 9
local presented, turn = sub(arg[11], F_PREVIOUS, F_PREVIOUS + 15), sub(arg[11], F_GENERATION, F_NONCE + 7)
local generation, nonce = unbin('<I4c8', turn)

survey()
local before = 0

local function answer(outcome)
	if #unnamed > 0 then return table.concat(unnamed) end
	local lost = commit()
	return { outcome, now, lost, before, user or false, H['s' .. own] or false, H['f' .. own] or false, H['d' .. own] or false,
		H['e' .. own] or false }
end

-- the bearer is not whom it was given to, or it has been used: nobody keeps the session
local function burn(outcome, cause, text, reason)
	finish(own, now, cause, 0, text, 'refresh_reuse', reason)
	return answer(outcome)
end

s, f = H['s' .. own], H['f' .. own]
if s and not f then return answer(REVOKED) end -- the session has lived on without it
if not s then
	local l = H['l' .. own]
	if not l then return answer(UNKNOWN) end
	return answer(byte(l, L_CAUSE) == END_EXPIRED and EXPIRED_FAMILY or REVOKED)
end
--@ alive
if now >= family then return answer(EXPIRED_FAMILY) end

local current, previous, stored = unbin('<c16c16c12', f)
local flags, version = byte(f, F_FLAGS, F_VERSION)
local chosen = bit.band(byte(s, S_FLAGS), SESSION_DEVICE_CHOSEN) ~= 0
local same_device = device_sent == sub(s, S_DEV, S_DEV + 7)
local outcome = DONE
local known = bit.band(flags, FAMILY_COUNTED) ~= 0 and unbin('<I4', stored) or 0
if presented ~= current and generation - 1 <= known then
	if presented ~= previous or previous == NO_HASH then return burn(REUSED, END_REUSE, '', '"refresh_reuse"') end
	local grace = tonumber(arg[15])
	-- the nonce is the stored one: the same call sent twice, which no grace is needed for
	if sub(stored, 5) == nonce or grace > 0 and now <= rotated + grace then
		outcome = REPEATED
	elseif chosen and same_device and bit.band(flags, FAMILY_RECOVERED) == 0 then
		outcome = RECOVERED
	else
		return burn(REUSED, END_REUSE, '', '"refresh_reuse"')
	end
end

if device_sent == '' then
	if chosen then return answer(DEVICE_MISSING) end
elseif not same_device then
	return burn(DEVICE_MISMATCH, END_MISMATCH, '', '"device_mismatch"')
end
if client ~= '' and client ~= sub(s, S_CLIENT, S_CLIENT + 3) then
	return burn(CLIENT_MISMATCH, END_MISMATCH, 'client_mismatch', '"client_mismatch"')
end

if outcome ~= REPEATED then
	before = rotated
	previous = presented
	current, stored, version, rotated = sub(arg[11], 1, 16), turn, byte(arg[12], 6), now
	flags = FAMILY_COUNTED
	if outcome == RECOVERED then
		current, stored = arg[18], bin('<I4', generation + 1) .. nonce
		flags = flags + FAMILY_RECOVERED
	end
end
family = unused > 0 and min(absolute, rotated + unused) or absolute
access = max(access, min(now + tonumber(arg[14]), family))
f = current .. previous .. stored .. bin('<I4I4I4I4BB', rotated, absolute, unused, access, flags, version)
put('f' .. own, f)
if outcome ~= REPEATED then report('refresh', own, s, f, 'null', false, now) end
return answer(outcome)
