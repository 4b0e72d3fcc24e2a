-- What an event is made of. These functions refer to as few locals of the script as they can: each one makes them dearer to make.

local function base64url(s) -- of 8 bytes, such as a handle
	local byte, LETTERS = string.byte, 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
	local x, y, z = struct.unpack('>I3I3I2', s)
	local x3, x2, x1, y3, y2, y1 = x % 262144, x % 4096, x % 64, y % 262144, y % 4096, y % 64
	z = z * 4
	local z2, z1 = z % 4096, z % 64
	return string.char(byte(LETTERS, (x - x3) / 262144 + 1), byte(LETTERS, (x3 - x2) / 4096 + 1), byte(LETTERS, (x2 - x1) / 64 + 1),
		byte(LETTERS, x1 + 1), byte(LETTERS, (y - y3) / 262144 + 1), byte(LETTERS, (y3 - y2) / 4096 + 1),
		byte(LETTERS, (y2 - y1) / 64 + 1), byte(LETTERS, y1 + 1), byte(LETTERS, (z - z2) / 4096 + 1),
		byte(LETTERS, (z2 - z1) / 64 + 1), byte(LETTERS, z1 + 1))
end

-- RFC 3339. Years are counted from March 1968, so that the leap day is a year's last; 2100 has none. ${text} is that of time ${near}.
local function stamp(t, near, text)
	local floor, secs, date = math.floor, t % 86400, nil
	local midnight = t - secs
	if near and midnight == near - near % 86400 then
		date = string.sub(text, 1, 11)
	else
		local days = midnight / 86400
		local z = days + (days >= 47541 and 672 or 671)
		local year = floor((z * 4 + 3) / 1461)
		local doy = z - floor(year * 1461 / 4)
		local mp = floor((5 * doy + 2) / 153)
		local month = mp < 10 and mp + 3 or mp - 9
		date = string.format('%04d-%02d-%02dT', 1968 + year + (month < 3 and 1 or 0), month, doy - floor((153 * mp + 2) / 5) + 1)
	end
	return string.format('%s%02d:%02d:%02dZ', date, floor(secs / 3600), floor(secs / 60) % 60, secs % 60)
end

local function quote(s)
	if string.find(s, '[%c"\\]') then
		s = string.gsub(s, '[%c"\\]', function (c) return string.format('\\u%04x', string.byte(c)) end)
	end
	return '"' .. s .. '"'
end

-- The user's id and name as members of an event, from the text in his record.
local function person(w)
	local sub, a, b = string.sub, string.byte(w, 1, 2)
	if b >= 128 then
		b = b - 128
		return '"user_id":' .. quote(sub(w, 3, 2 + a)) .. ',"username":' .. quote(sub(w, 3 + a, 2 + a + b))
	end
	return '"user_id":"' .. sub(w, 3, 2 + a) .. '","username":"' .. sub(w, 3 + a, 2 + a + b) .. '"'
end

-- That text, of which ${w} is the first piece.
local function whole(w)
	if not w or #w < 64 then return w end
	local v = redis.call('HMGET', KEYS[1], 'B', 'C', 'D')
	return w .. (v[1] or '') .. (v[2] or '') .. (v[3] or '')
end

-- An event about a session whose field is or was ${s}, and whose chosen device id, if any, ${d} and ${e}. ${reason}, ${ip}, ${trace}
-- are JSON, ${access} the text of a time or nil.
local function event(id, kind, at, who, public, s, d, e, ip, reason, ended, access, trace)
	local sub, byte = string.sub, string.byte
	local hash, all, client, i = sub(s, 43, 46), ARGV[2], 'null', 1
	while i < #all do
		local len = byte(all, i + 4)
		if sub(all, i, i + 3) == hash then
			client = sub(all, i + 5, i + 4 + len)
			break
		end
		i = i + 5 + len
	end
	local device = d and quote(d .. (e or '')) or '"' .. base64url(sub(s, 35, 42)) .. '"'
	return '{"id":"' .. id .. '","type":"' .. kind .. '","at":"' .. at .. '",' .. who .. ',"session_id":"' .. public ..
		'","device_id":' .. device .. ',"client_id":' .. client .. ',"ip":' .. ip .. ',"reason":' .. reason .. ',"ended":' .. ended ..
		(access and ',"access_exp":"' .. access .. '","trace_id":' or ',"access_exp":null,"trace_id":') .. trace .. '}'
end

-- Keeps the event in the outbox, unless it ends nothing and the outbox is full: endings are never left out. Returns how many were.
local function post(text, ended)
	local call, outbox, left_out = redis.call, KEYS[2], 0
	-- entries of an outbox beyond which events that end nothing are only published
	if not ended and call('XLEN', outbox) >= 128 then
		left_out = 1
	else
		call('XADD', outbox, '*', 'e', text)
	end
	call('PUBLISH', 'dw:events', text)
	return left_out
end
