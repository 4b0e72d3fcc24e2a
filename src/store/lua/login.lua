-- Opens a session. Assumes that the password was verified, and that the caller looks at the account again afterwards, since it may have been
-- changed meanwhile. In one step what is past leaves, the earlier session of the device goes, and the limit is kept: of two logins at once
-- the second sees the first. Sent again, because the answer was lost, it opens nothing a second time, nor what was ended since.
--
-- ARGV  11 user, as stored             14 f, or ''                      17 limit
--       12 user, as members of events  15 first half of the device id   18 '1': refuse beyond it
--       13 s                           16 second half                   19 expiry of the access token, RFC 3339, or ''
--                                                                       20 when the record may go
-- Times in these are by the time of the caller.
-- Groups that the record has already are left alone: they may be newer than what the caller read.
-- Returns outcome, now, s and f if they are not as sent, sessions ended, lost, and the user as stored if that is not as sent.
--@ needs HGETALL RECORD
--@ needs HSET RECORD u v
--@ needs EXPIREAT RECORD 1

--@ head
--@ event
local DONE, TOO_MANY, COLLISION = 0, 1, 2
local w, s, f, d = arg[11], arg[13], arg[14], arg[15]
local flat = call('HGETALL', key)

local fresh, usual = #flat == 0, time == arg[9]

-- Nothing in the record is in the way of one more session: the same user, no session of this device, none that is past or lives by its
-- family alone, fewer than the limit, and nothing to prune.
if usual and not fresh then
	local dev, keep, kept = sub(s, S_DEV, S_DEV + 7), unbin('<I4I4', arg[6])
	local stored, mark, oldest, live, endings = {}, 0, now, 0, 0
	for i = 1, #flat, 2 do
		local name, v = flat[i], flat[i + 1]
		local kind = byte(name)
		if kind == 115 then -- s
			local s, f = v, nil
			--@ alive
			if now >= cookie or sub(v, S_DEV, S_DEV + 7) == dev then usual = false end
			live = live + 1
			if created < oldest then oldest = created end
		elseif kind == 108 then -- l
			endings = endings + 1
			if unbin('<I4', v) <= now - keep or sub(name, 2) == own then usual = false end
		elseif kind < 70 then -- A B C D E
			stored[kind - 64] = v
		elseif kind == 110 then -- n
			mark = unbin('<I4', v)
		elseif kind == 98 then -- b
			usual = false
		end
	end
	usual = usual and mark <= oldest and live < tonumber(arg[17]) and endings <= kept and table.concat(stored) == w
end

local device = d ~= '' and d .. arg[16] or base64url(sub(s, S_DEV, S_DEV + 7))
if usual and (d == '' or not string.find(device, '[%c"\\]')) then
	local set = { 's' .. own, s }
	if fresh then set = { 'A', sub(w, 1, 64), 's' .. own, s } end
	for i = 1, fresh and math.min((#w - 1) / 64, 4) or 0 do
		set[#set + 1] = string.char(65 + i)
		set[#set + 1] = sub(w, 64 * i + 1, i < 4 and 64 * i + 64 or -1)
	end
	if f ~= '' then
		set[#set + 1] = 'f' .. own
		set[#set + 1] = f
	end
	if d ~= '' then
		set[#set + 1] = 'd' .. own
		set[#set + 1] = d
		if arg[16] ~= '' then
			set[#set + 1] = 'e' .. own
			set[#set + 1] = arg[16]
		end
	end
	call('HSET', key, unpack(set))
	if fresh then
		call('EXPIREAT', key, arg[20])
	elseif call('EXPIREAT', key, arg[20], 'GT') == 0 then
		call('EXPIREAT', key, arg[20], 'NX')
	end
	return { DONE, now, false, false, 0, post(event(arg[3], 'login', arg[10], arg[12], arg[8], s, device, arg[4], 'null', 'false',
		arg[19] ~= '' and arg[19] or nil, arg[5]), true) }
end

--@ stamp
--@ rules
-- the caller was mistaken about the time: all of it moves
local shift = now - tonumber(arg[9])

local function move(v, ...)
	for _, at in ipairs({ ... }) do
		local t = unbin('<I4', v, at)
		if t > 0 then v = sub(v, 1, at - 1) .. bin('<I4', max(0, min(t + shift, TIME_MAX))) .. sub(v, at + 4) end
	end
	return v
end

s = move(s, S_CREATED, S_SEEN, S_ABSOLUTE)
f = f ~= '' and move(f, F_ROTATED, F_ABSOLUTE, F_ACCESS)

if survey() then
	if user and sub(user, 3, 2 + byte(user)) ~= sub(w, 3, 2 + byte(w)) then return { COLLISION, now, false, false, 0, 0 } end
	-- sent again: it is done already; if it was ended meanwhile, it stays ended
	if H['s' .. own] then return { DONE, now, H['s' .. own], H['f' .. own] or false, 0, 0 } end
	if H['l' .. own] then return { DONE, now, s, f, 0, 0 } end
	-- The clock stepped back below the mark. What is older than the mark has just left, so the mark comes down to now, and what is created
	-- after it is newer than it, whatever the clock says.
	if H.n and unbin('<I4', H.n) > now then put('n', bin('<I4', now)) end
end

-- one session a device: its earlier one goes
local replaced, rest = {}, {}
for _, sid in ipairs(live) do
	local old = H['s' .. sid]
	if sub(old, S_DEV, S_DEV + 7) == sub(s, S_DEV, S_DEV + 7) then
		replaced[#replaced + 1] = { sid, END_DEVICE, '"device"' }
	else
		local created, seen = unbin('<I4I4', old, S_CREATED)
		local fam = H['f' .. sid]
		rest[#rest + 1] = { sid, fam and max(seen, (unbin('<I4', fam, F_ROTATED))) or seen, created }
	end
end

local over = #rest + 1 - max(tonumber(arg[17]), 1)
if over > 0 then
	if arg[18] == '1' then return { TOO_MANY, now, false, false, 0, 0 } end
	table.sort(rest, function (a, b)
		if a[2] ~= b[2] then return a[2] < b[2] end
		if a[3] ~= b[3] then return a[3] < b[3] end
		return a[1] < b[1]
	end)
	for i = 1, over do replaced[#replaced + 1] = { rest[i][1], END_LIMIT, '"limit"' } end
end

for _, v in ipairs(replaced) do finish(v[1], now, v[2], 0, '', 'replaced', v[3]) end

who = arg[12]
local stored = user
-- the first session, or a new name
local name_end = 2 + byte(w) + byte(w, 2) % 128
if not user or sub(user, 1, name_end) ~= sub(w, 1, name_end) then
	for i = 0, 4 do
		local name, piece = string.char(65 + i), sub(w, 64 * i + 1, i < 4 and 64 * i + 64 or -1)
		if piece ~= '' and H[name] ~= piece then put(name, piece) end
		if piece == '' and H[name] then drop(name) end
	end
	stored = w
end
put('s' .. own, s)
if f then put('f' .. own, f) end
if d ~= '' then put('d' .. own, d) end
if arg[16] ~= '' then put('e' .. own, arg[16]) end
expire = max(expire, arg[20] + shift)
report('login', own, s, f, 'null', false, now)
if #unnamed > 0 then return table.concat(unnamed) end
return { DONE, now, s, f, #replaced, commit(), stored ~= w and stored or nil }
