-- Common to all scripts: embed.sh puts it in front of each. Layout of the fields: src/store/record.h.
--
-- KEYS  1 user record   2 outbox of its bucket
-- ARGV  1 locator of the user       4 unique id for events       7 seconds a logout record is kept
--       2 key of public session ids 5 ip, as JSON                8 handle of the caller's session, or ''
--       3 clients: hash4 len json…  6 trace id, as JSON          9 its public id
--
-- A script first calls survey(), then decides by changing the record through put(), drop() and finish(), and last calls commit(). Nothing is
-- written before that, so a script may still return empty-handed.

local key, outbox, arg = KEYS[1], KEYS[2], ARGV
local call, sub, byte, unbin, bin = redis.call, string.sub, string.byte, struct.unpack, struct.pack
local floor, max, min = math.floor, math.max, math.min

local ENDING_MAX = 32      -- logout records kept of one user
local BACKLOG_MAX = 128    -- entries of an outbox beyond which events that end nothing are only published
local MARGIN = 3600        -- seconds the record outlives its last content, so that the sweep still sees it and reports
local TIME_MAX = 4294967295
local CHUNK = 2000         -- arguments of one HSET or HDEL: unpack() has an end
local NO_HASH = string.rep('\0', 16)
local EXPIRED = 6          -- enum end_cause

local now = tonumber(call('TIME')[1])
local own = arg[8]
local H = {}               -- the record: field -> value
local live = {}            -- handles of the sessions that are alive
local set, del, events = {}, {}, {}
local expire = 0           -- the record must not expire before

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

local LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

-- base64url of 8 bytes, such as a handle.
local function base64url(s)
	local a, b, c, d, e, f, g, h = byte(s, 1, 8)
	local x, y, z = a * 65536 + b * 256 + c, d * 65536 + e * 256 + f, g * 1024 + h * 4
	return string.char(byte(LETTERS, floor(x / 262144) + 1), byte(LETTERS, floor(x / 4096) % 64 + 1),
		byte(LETTERS, floor(x / 64) % 64 + 1), byte(LETTERS, x % 64 + 1), byte(LETTERS, floor(y / 262144) + 1),
		byte(LETTERS, floor(y / 4096) % 64 + 1), byte(LETTERS, floor(y / 64) % 64 + 1), byte(LETTERS, y % 64 + 1),
		byte(LETTERS, floor(z / 4096) + 1), byte(LETTERS, floor(z / 64) % 64 + 1), byte(LETTERS, z % 64 + 1))
end

-- src/crypto/sid.c in Lua. The masked locator is 9 bytes, so that its text is four letters for every three, and the handle's text follows.
local function public_id(sid)
	if sid == own then return arg[9] end
	local hex, out = redis.sha1hex(arg[2] .. sid), ''
	for i = 1, 9, 3 do
		local a, b, c = byte(arg[1], i, i + 2)
		local v = bit.bxor(tonumber(sub(hex, 2 * i - 1, 2 * i + 4), 16), a * 65536 + b * 256 + c)
		out = out .. string.char(byte(LETTERS, floor(v / 262144) + 1), byte(LETTERS, floor(v / 4096) % 64 + 1),
			byte(LETTERS, floor(v / 64) % 64 + 1), byte(LETTERS, v % 64 + 1))
	end
	return out .. base64url(sid)
end

local day, date            -- the last day asked for, and its text

-- RFC 3339. Years are counted from March 1968, so that the leap day is a year's last; 2100 has none.
local function stamp(t)
	local days = floor(t / 86400)
	local secs = t - days * 86400
	if days ~= day then
		local z = days + (days >= 47541 and 672 or 671)
		local year = floor((z * 4 + 3) / 1461)
		local doy = z - floor(year * 1461 / 4)
		local mp = floor((5 * doy + 2) / 153)
		local month = mp < 10 and mp + 3 or mp - 9
		day = days
		date = string.format('"%04d-%02d-%02dT', 1968 + year + (month < 3 and 1 or 0), month, doy - floor((153 * mp + 2) / 5) + 1)
	end
	return string.format('%s%02d:%02d:%02dZ"', date, floor(secs / 3600), floor(secs / 60) % 60, secs % 60)
end

local function quote(s)
	if not s then return 'null' end
	if string.find(s, '[%c"\\]') then
		s = string.gsub(s, '[%c"\\]', function (c) return string.format('\\u%04x', byte(c)) end)
	end
	return '"' .. s .. '"'
end

-- Keeps an event about session ${sid}, whose fields are or were ${s} and ${f}, for commit(). ${reason} is JSON. Nobody is the
-- author of an expiry.
local function report(kind, sid, s, f, reason, ended, at, access)
	local n, dev, client, all, i = #events + 1, nil, 'null', arg[3], 1
	local hash = sub(s, 43, 46)
	while i < #all do
		local len = byte(all, i + 4)
		if sub(all, i, i + 3) == hash then
			client = sub(all, i + 5, i + 4 + len)
			break
		end
		i = i + 5 + len
	end
	if bit.band(byte(s, 17), 2) ~= 0 and H['d' .. sid] then
		dev = quote(H['d' .. sid] .. (H['e' .. sid] or ''))
	else
		dev = '"' .. base64url(sub(s, 35, 42)) .. '"'
	end
	if not access then access = f and unbin('<I4', f, 57) or 0 end
	local ip, trace = arg[5], arg[6]
	if kind == 'expired' then ip, trace = 'null', 'null' end
	events[n] = { '{"id":"' .. (n == 1 and arg[4] or arg[4] .. '.' .. n) .. '","type":"' .. kind .. '","at":' .. stamp(at) ..
		',"user_id":' .. quote(H.u) .. ',"username":' .. quote(H.U) .. ',"session_id":"' .. public_id(sid) ..
		'","device_id":' .. dev .. ',"client_id":' .. client .. ',"ip":' .. ip .. ',"reason":' .. reason ..
		',"ended":' .. (ended and 'true' or 'false') .. ',"access_exp":' .. (access > 0 and stamp(access) or 'null') ..
		',"trace_id":' .. trace .. '}', ended }
end

-- Ends a session: a logout record in the place of its fields, and an event. ${text} goes into the record, "" for the word of the cause.
local function finish(sid, at, cause, scope, text, kind, reason)
	local s, f = H['s' .. sid], H['f' .. sid]
	report(kind, sid, s, f, reason, true, at)
	put('l' .. sid, bin('<I4BBc8B', at, cause, scope, sub(s, 35, 42), bit.band(byte(s, 17), 2)) .. text)
	drop('s' .. sid)
	if f then drop('f' .. sid) end
	expire = max(expire, at + tonumber(arg[7]) + MARGIN)
end

-- Reads the record and puts it in order: sessions that are past leave as expired; logout records go that are too old, and the oldest
-- beyond ENDING_MAX, with what was kept for them; blacklist entries go with their tokens. Returns false if there is no record.
local function survey()
	local flat = call('HGETALL', key)
	local size = #flat
	if size == 0 then return false end
	for i = 1, size, 2 do H[flat[i]] = flat[i + 1] end
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
		local keep = tonumber(arg[7])
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

-- Keeps the event in the outbox, unless it ends nothing and the outbox is full: endings are never left out. Returns how many were.
local function post(event)
	if not event[2] and call('XLEN', outbox) >= BACKLOG_MAX then
		call('PUBLISH', 'dw:events', event[1])
		return 1
	end
	call('XADD', outbox, '*', 'e', event[1])
	call('PUBLISH', 'dw:events', event[1])
	return 0
end

-- Writes everything: HSET before HDEL, since a hash that is empty for a moment loses its expiry. Returns the events the outbox had no room for.
local function commit()
	local left_out = 0
	for i = 1, #set, CHUNK do call('HSET', key, unpack(set, i, min(i + CHUNK - 1, #set))) end
	for i = 1, #del, CHUNK do call('HDEL', key, unpack(del, i, min(i + CHUNK - 1, #del))) end
	-- GT alone would leave a record without expiry immortal
	if expire > 0 and call('EXPIREAT', key, min(expire, TIME_MAX), 'NX') == 0 then
		call('EXPIREAT', key, min(expire, TIME_MAX), 'GT')
	end
	for i = 1, #events do left_out = left_out + post(events[i]) end
	return left_out
end
