-- All cases. A script first calls survey(), then decides by changing the record through put(), drop() and finish(), and last calls
-- commit(). Nothing is written before that, so a script may still return empty-handed.

local bin, floor, max, min = struct.pack, math.floor, math.max, math.min

local ENDING_MAX = 32      -- logout records kept of one user
local MARGIN = 3600        -- seconds the record outlives its last content, so that the sweep still sees it and reports
local TIME_MAX = 4294967295
local CHUNK = 2000         -- arguments of one HSET or HDEL: unpack() has an end
local NO_HASH = '\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0'
local EXPIRED = 6          -- enum end_cause

local H = {}               -- the record: field -> value
local live = {}            -- handles of the sessions that are alive
local set, del, events = {}, {}, {}
local expire = 0           -- the record must not expire before
local user, who            -- the user's text, and as members of an event

local function put(name, value)
	set[#set + 1] = name
	set[#set + 1] = value
	H[name] = value
end

local function drop(name)
	del[#del + 1] = name
	H[name] = nil
end

local function family_end(f)
	local rotated, absolute, idle, access = unbin('<I4I4I4I4', f, 45)
	if idle > 0 then absolute = min(absolute, rotated + idle) end
	return absolute, access
end

local function cookie_end(s)
	local hash, _, policy, _, seen, absolute, idle = unbin('<c16BBI4I4I4I4', s)
	if hash == NO_HASH then return 0 end
	if policy == 1 and idle > 0 then return min(absolute, seen + idle) end
	return absolute
end

-- When the session ends or ended: src/base/liveness.c in Lua, and the not-before mark.
local function session_end(s, f, not_before)
	local last = cookie_end(s)
	if f then
		local family, access = family_end(f)
		last = max(last, family, access)
	end
	local created = unbin('<I4', s, 19)
	if created < not_before then last = min(last, not_before, now) end
	return last, created
end

local function escape(s)
	if not string.find(s, '[%c"\\]') then return s end
	return (string.gsub(s, '[%c"\\]', function (c) return string.format('\\u%04x', byte(c)) end))
end

-- The user's id and name as members of an event, from the text in his record.
local function person(w)
	local a, b = byte(w, 1, 2)
	return '"user_id":"' .. escape(sub(w, 3, 2 + a)) .. '","username":"' .. escape(sub(w, 3 + a, 2 + a + b % 128)) .. '"'
end

-- src/crypto/sid.c in Lua. The masked locator is 9 bytes, so that its text is four letters for every three, and the handle's text follows.
local function public_id(sid)
	if sid == own then return arg[8] end
	local LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
	local hex, out = redis.sha1hex(sub(arg[1], 10, 29) .. sid), ''
	for i = 1, 9, 3 do
		local a, b, c = byte(arg[1], i, i + 2)
		local v = bit.bxor(tonumber(sub(hex, 2 * i - 1, 2 * i + 4), 16), a * 65536 + b * 256 + c)
		out = out .. string.char(byte(LETTERS, floor(v / 262144) + 1), byte(LETTERS, floor(v / 4096) % 64 + 1),
			byte(LETTERS, floor(v / 64) % 64 + 1), byte(LETTERS, v % 64 + 1))
	end
	return out .. base64url(sid)
end

-- Keeps an event about session ${sid}, whose fields are or were ${s} and ${f}, for commit(). ${reason} is JSON. Nobody is the
-- author of an expiry.
local function report(kind, sid, s, f, reason, ended, at, access)
	local n, device = #events + 1, bit.band(byte(s, 17), 2) ~= 0 and H['d' .. sid]
	local nobody = kind == 'expired'
	access = access or f and unbin('<I4', f, 57) or 0
	device = device and escape(device .. (H['e' .. sid] or '')) or base64url(sub(s, 35, 42))
	events[n] = { event(n == 1 and arg[3] or arg[3] .. '.' .. n, kind, stamp(at), who, public_id(sid), s, device,
		nobody and 'null' or arg[4], reason, ended and 'true' or 'false', access > 0 and stamp(access) or nil,
		nobody and 'null' or arg[5]), ended }
end

-- Ends a session: a logout record in the place of its fields, and an event. ${text} goes into the record, "" for the word of the cause.
local function finish(sid, at, cause, scope, text, kind, reason)
	local s, f = H['s' .. sid], H['f' .. sid]
	report(kind, sid, s, f, reason, true, at)
	put('l' .. sid, bin('<I4BBc8B', at, cause, scope, sub(s, 35, 42), bit.band(byte(s, 17), 2)) .. text)
	drop('s' .. sid)
	if f then drop('f' .. sid) end
	expire = max(expire, at + tonumber(arg[6]) + MARGIN)
end

-- Reads the record and puts it in order: sessions that are past leave as expired; logout records go that are too old, and the oldest
-- beyond ENDING_MAX, with what was kept for them; blacklist entries go with their tokens. Returns false if there is no record.
local function survey()
	local flat = call('HGETALL', key)
	local size = #flat
	if size == 0 then return false end
	for i = 1, size, 2 do H[flat[i]] = flat[i + 1] end
	user = H.A and H.A .. (H.B or '') .. (H.C or '') .. (H.D or '')
	who = user and person(user) or '"user_id":null,"username":null'
	local not_before = H.n and unbin('<I4', H.n) or 0
	local dead, endings
	for i = 1, size, 2 do
		local name = flat[i]
		local kind = byte(name)
		if kind == 115 and #name == 9 then -- s
			local sid = sub(name, 2)
			local last, created = session_end(flat[i + 1], H['f' .. sid], not_before)
			if now < last then
				live[#live + 1] = sid
			else
				dead = dead or {}
				dead[#dead + 1] = { sid, max(last, created) }
			end
		elseif kind == 108 and #name == 9 then -- l
			endings = endings or {}
			endings[#endings + 1] = { unbin('<I4', flat[i + 1]), sub(name, 2) }
		elseif kind == 98 and #name == 13 and unbin('<I4', flat[i + 1]) <= now then -- b
			drop(name)
		end
	end
	if endings then
		local keep = tonumber(arg[6])
		table.sort(endings, function (a, b) return a[1] > b[1] end)
		for i, e in ipairs(endings) do
			if i > ENDING_MAX or e[1] + keep <= now then
				drop('l' .. e[2])
				if H['d' .. e[2]] then drop('d' .. e[2]) end
				if H['e' .. e[2]] then drop('e' .. e[2]) end
			end
		end
	end
	if dead then
		for _, e in ipairs(dead) do finish(e[1], e[2], EXPIRED, 0, '', 'expired', '"expired"') end
	end
	return true
end

-- Writes everything: HSET before HDEL, since a hash that is empty for a moment loses its expiry. Returns the events the outbox had no room for.
local function commit()
	local left_out = 0
	for i = 1, #set, CHUNK do call('HSET', key, unpack(set, i, min(i + CHUNK - 1, #set))) end
	for i = 1, #del, CHUNK do call('HDEL', key, unpack(del, i, min(i + CHUNK - 1, #del))) end
	-- GT alone would leave a record without expiry immortal
	if expire > 0 and call('EXPIREAT', key, min(expire, TIME_MAX), 'GT') == 0 then
		call('EXPIREAT', key, min(expire, TIME_MAX), 'NX')
	end
	for i = 1, #events do left_out = left_out + max(0, post(events[i][1], events[i][2])) end
	return left_out
end
