-- All cases. A script first calls survey(), then decides by changing the record through put(), drop() and finish(), and last calls
-- commit(). Nothing is written before that, so a script may still return empty-handed.
--@ needs HGETALL RECORD
--@ needs HSET RECORD u v
--@ needs HDEL RECORD u
--@ needs EXPIREAT RECORD 1

local bin, floor, max, min = struct.pack, math.floor, math.max, math.min

local MARGIN = 3600        -- seconds the record outlives its last content, so that the sweep still sees it and reports
local TIME_MAX = 4294967295
local CHUNK = 2000         -- arguments of one HSET or HDEL: unpack() has an end
local NO_HASH = '\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0'
local KEEP, KEPT = unbin('<I4I4', arg[6])

local H = {}               -- the record: field -> value
local live = {}            -- handles of the sessions that are alive
local set, del, events = {}, {}, {}
local expire = 0           -- the record must not expire before
local user, who            -- the user's text, and as members of an event
local names, unnamed = {}, {} -- public ids by handle; handles of those that have to be asked for
for i = 1, #arg[#arg], 20 do names[sub(arg[#arg], i, i + 7)] = sub(arg[#arg], i + 8, i + 19) end

local function put(name, value)
	set[#set + 1] = name
	set[#set + 1] = value
	H[name] = value
end

local function drop(name)
	del[#del + 1] = name
	H[name] = nil
end

-- When the session ends or ended, and when it began.
local function session_end(s, f, not_before)
	--@ alive
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

-- The masked locator is 9 bytes, so that its text is twelve letters, and the handle's text follows.
local function public_id(sid)
	if sid == own then return arg[8] end
	if not names[sid] then
		names[sid] = ''
		unnamed[#unnamed + 1] = sid
	end
	return names[sid] ~= '' and names[sid] .. base64url(sid)
end

local stamps = {}
local function stamped(t)
	if not stamps[t] then stamps[t] = stamp(t) end
	return stamps[t]
end

-- Keeps an event about session ${sid}, which has one in a call at the most: whenever the same call is made, its id is the same. Its fields
-- are or were ${s} and ${f}. ${reason} is JSON. Nobody is the author of an expiry.
local function report(kind, sid, s, f, reason, ended, at, access)
	local public = public_id(sid)
	if not public then return end
	local device = bit.band(byte(s, S_FLAGS), SESSION_DEVICE_CHOSEN) ~= 0 and H['d' .. sid]
	local nobody = kind == 'expired'
	access = access or f and unbin('<I4', f, F_ACCESS) or 0
	device = device and escape(device .. (H['e' .. sid] or '')) or base64url(sub(s, S_DEV, S_DEV + 7))
	events[#events + 1] = event(sid == own and arg[3] or arg[3] .. '.' .. base64url(sid), kind, stamped(at), who, public, s, device,
		nobody and 'null' or arg[4], reason, ended and 'true' or 'false', access > 0 and stamped(access) or nil,
		nobody and 'null' or arg[5])
end

-- Ends a session: a logout record in the place of its fields, and an event. ${text} goes into the record, "" for the word of the cause.
local function finish(sid, at, cause, scope, text, kind, reason)
	local s, f = H['s' .. sid], H['f' .. sid]
	report(kind, sid, s, f, reason, true, at)
	put('l' .. sid, bin('<I4BBc8B', at, cause, scope, sub(s, S_DEV, S_DEV + 7), bit.band(byte(s, S_FLAGS), SESSION_DEVICE_CHOSEN)) .. text)
	drop('s' .. sid)
	if f then drop('f' .. sid) end
	expire = max(expire, at + KEEP + MARGIN)
end

-- Reads the record and puts it in order: sessions that are past leave as expired; logout records go that are too old, and the oldest
-- beyond KEPT, with what was kept for them; blacklist entries go with their tokens. Returns false if there is no record. ${moment}: live is
-- who was alive then, and sessions that are past since then stay for another survey.
local function survey(moment)
	local flat = call('HGETALL', key)
	local size = #flat
	if size == 0 then return false end
	for i = 1, size, 2 do H[flat[i]] = flat[i + 1] end
	user = H.A and H.A .. (H.B or '') .. (H.C or '') .. (H.D or '') .. (H.E or '')
	who = user and person(user) or '"user_id":null,"username":null'
	local not_before = H.n and unbin('<I4', H.n) or 0
	local dead, endings
	for i = 1, size, 2 do
		local name = flat[i]
		local kind = byte(name)
		if kind == 115 and #name == 9 then -- s
			local sid = sub(name, 2)
			local last, created = session_end(flat[i + 1], H['f' .. sid], not_before)
			if (moment or now) < last then
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
		table.sort(endings, function (a, b) return a[1] > b[1] end)
		for i, e in ipairs(endings) do
			if i > KEPT or e[1] + KEEP <= now then
				drop('l' .. e[2])
				if H['d' .. e[2]] then drop('d' .. e[2]) end
				if H['e' .. e[2]] then drop('e' .. e[2]) end
			end
		end
	end
	if dead then
		for _, e in ipairs(dead) do finish(e[1], e[2], END_EXPIRED, 0, '', 'expired', '"expired"') end
	end
	return true
end

-- Writes everything: HSET before HDEL, since a hash that is empty for a moment loses its expiry. Returns lost. Before that, a script
-- returns table.concat(unnamed) if there are any.
local function commit()
	local lost = 0
	if #unnamed > 0 then error('a session without its public id') end
	for i = 1, #set, CHUNK do call('HSET', key, unpack(set, i, min(i + CHUNK - 1, #set))) end
	for i = 1, #del, CHUNK do call('HDEL', key, unpack(del, i, min(i + CHUNK - 1, #del))) end
	-- GT alone would leave a record without expiry immortal
	if expire > 0 and call('EXPIREAT', key, min(expire, TIME_MAX), 'GT') == 0 then
		call('EXPIREAT', key, min(expire, TIME_MAX), 'NX')
	end
	for i = 1, #events do
		local n = post(events[i], i % 64 == 1)
		if n > 0 then lost = lost + n end
	end
	return lost
end
