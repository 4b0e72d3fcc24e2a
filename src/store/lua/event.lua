-- What an event is made of. No function here refers to a local of the script: those that do cost more to make.
--@ needs XADD OUTBOX * e v
--@ needs PUBLISH EVENTS v

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

-- An event about a session whose field is or was ${s}. ${who}, ${ip}, ${reason}, ${trace} are JSON, ${device} is ready to be quoted,
-- ${access} the text of a time or nil.
local function event(id, kind, at, who, public, s, device, ip, reason, ended, access, trace)
	local sub, byte = string.sub, string.byte
	local hash, all, client, i = sub(s, S_CLIENT, S_CLIENT + 3), ARGV[2], 'null', 1
	while i < #all do
		local len = byte(all, i + 4)
		if sub(all, i, i + 3) == hash then
			client = sub(all, i + 5, i + 4 + len)
			break
		end
		i = i + 5 + len
	end
	return '{"id":"' .. id .. '","type":"' .. kind .. '","at":"' .. at .. '",' .. who .. ',"session_id":"' .. public ..
		'","device_id":"' .. device .. '","client_id":' .. client .. ',"ip":' .. ip .. ',"reason":' .. reason .. ',"ended":' .. ended ..
		(access and ',"access_exp":"' .. access .. '","trace_id":' or ',"access_exp":null,"trace_id":') .. trace .. '}'
end

-- Keeps the event in the outbox and publishes it; ${look}: looks whether there is room, if the caller wants that. Returns lost.
local function post(text, look)
	local call, outbox, lost, full = redis.call, KEYS[2], 0, false
	if look and ARGV[1] ~= '' then
		--@ room
	end
	if not full then call('XADD', outbox, '*', 'e', text) end
	call('PUBLISH', 'dw:events', text)
	return lost
end
