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

local function base64url(s)
	local letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
	local out = ''
	for i = 1, #s, 3 do
		local a, b, c = byte(s, i, i + 2)
		local v = a * 65536 + (b or 0) * 256 + (c or 0)
		local w, x, y = floor(v / 262144), floor(v / 4096) % 64, floor(v / 64) % 64
		out = out .. sub(letters, w + 1, w + 1) .. sub(letters, x + 1, x + 1)
		if b then out = out .. sub(letters, y + 1, y + 1) end
		if c then out = out .. sub(letters, v % 64 + 1, v % 64 + 1) end
	end
	return out
end

local function public_id(sid)
	if sid == own then return arg[9] end
	local hex, up, out = redis.sha1hex(arg[2] .. sid), arg[1], {}
	for i = 1, 9 do
		out[i] = bit.bxor(byte(up, i), tonumber(sub(hex, 2 * i - 1, 2 * i), 16))
	end
	return base64url(string.char(unpack(out)) .. sid)
end

-- RFC 3339. Years are counted from March 1968, so that the leap day is a year's last; 2100 has none.
local function stamp(t)
	local days = floor(t / 86400)
	local secs = t - days * 86400
	local z = days + 671
	if days >= 47541 then z = z + 1 end
	local year = floor((z * 4 + 3) / 1461)
	local doy = z - floor(year * 1461 / 4)
	local mp = floor((5 * doy + 2) / 153)
	local month = mp < 10 and mp + 3 or mp - 9
	return string.format('"%04d-%02d-%02dT%02d:%02d:%02dZ"', 1968 + year + (month < 3 and 1 or 0), month,
		doy - floor((153 * mp + 2) / 5) + 1, floor(secs / 3600), floor(secs / 60) % 60, secs % 60)
end

local function quote(s)
	if not s then return 'null' end
	if string.find(s, '[%c"\\]') then
		s = string.gsub(s, '[%c"\\]', function (c) return string.format('\\u%04x', byte(c)) end)
	end
	return '"' .. s .. '"'
end

local function client_of(hash)
	local all, at = arg[3], 1
	while at < #all do
		local len = byte(all, at + 4)
		if sub(all, at, at + 3) == hash then return sub(all, at + 5, at + 4 + len) end
		at = at + 5 + len
	end
	return 'null'
end

local function event_id()
	return #events == 0 and arg[4] or arg[4] .. '.' .. (#events + 1)
end

-- Keeps an event about session ${sid}, whose fields are or were ${s} and ${f}, for commit(). ${reason} is JSON. Nobody is the
-- author of an expiry.
local function report(kind, sid, s, f, reason, ended, at, access)
	local _, flags = nil, byte(s, 17)
	local dev, client = sub(s, 35, 42), sub(s, 43, 46)
	local chosen = bit.band(flags, 2) ~= 0
	local d = H['d' .. sid]
	if not access and f then _, access = family_end(f) end
	events[#events + 1] = { '{"id":"' .. event_id() .. '","type":"' .. kind .. '","at":' .. stamp(at) ..
		',"user_id":' .. quote(H.u) .. ',"username":' .. quote(H.U) ..
		',"session_id":"' .. public_id(sid) ..
		'","device_id":' .. quote(chosen and d and d .. (H['e' .. sid] or '') or base64url(dev)) ..
		',"client_id":' .. client_of(client) .. ',"ip":' .. (kind == 'expired' and 'null' or arg[5]) ..
		',"reason":' .. reason .. ',"ended":' .. (ended and 'true' or 'false') ..
		',"access_exp":' .. (access and access > 0 and stamp(access) or 'null') ..
		',"trace_id":' .. (kind == 'expired' and 'null' or arg[6]) .. '}', ended }
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

-- Drops logout records that are too old, and the oldest beyond ENDING_MAX, with what was kept for them.
local function forget(endings)
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

-- Reads the record and puts it in order: what is past goes. Returns false if there is none.
local function survey()
	local flat = call('HGETALL', key)
	if #flat == 0 then return false end
	for i = 1, #flat, 2 do H[flat[i]] = flat[i + 1] end
	local not_before = H.n and unbin('<I4', H.n) or 0
	local dead, endings, past = {}, {}, {}
	for i = 1, #flat, 2 do
		local name, kind = flat[i], byte(flat[i])
		if #name == 9 and kind == 115 then -- s
			local sid = sub(name, 2)
			local last, created = session_end(flat[i + 1], H['f' .. sid], not_before)
			if now < last then
				live[#live + 1] = sid
			else
				dead[#dead + 1] = { sid, max(last, created) }
			end
		elseif #name == 9 and kind == 108 then -- l
			endings[#endings + 1] = { unbin('<I4', flat[i + 1]), sub(name, 2) }
		elseif #name == 13 and kind == 98 and unbin('<I4', flat[i + 1]) <= now then -- b
			past[#past + 1] = name
		end
	end
	if #endings > 0 then forget(endings) end
	for _, name in ipairs(past) do drop(name) end
	for _, e in ipairs(dead) do finish(e[1], e[2], EXPIRED, 0, '', 'expired', '"expired"') end
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
	for _, event in ipairs(events) do left_out = left_out + post(event) end
	return left_out
end
