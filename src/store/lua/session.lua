-- One session and its user, for the usual case of a script about no other: s, f, d, e; w, the user's text; who, it as members of an event;
-- device, ready to be quoted. usual is false if there is none, if it is older than the not-before mark, or if anything needs escapes.
--@ needs HMGET RECORD u

local usual, v = time == arg[9], call('HMGET', key, 's' .. own, 'f' .. own, 'A', 'n')
local s, f, w, d, e, who, device = v[1], v[2], v[3]
usual = usual and s and w and (not v[4] or unbin('<I4', s, S_CREATED) >= unbin('<I4', v[4]))
if usual then
	if #w == 64 then
		v = call('HMGET', key, 'B', 'C', 'D')
		w = w .. (v[1] or '') .. (v[2] or '') .. (v[3] or '')
		if #w == 256 then w = w .. (call('HMGET', key, 'E')[1] or '') end
	end
	local a, b = byte(w, 1, 2)
	who = '"user_id":"' .. sub(w, 3, 2 + a) .. '","username":"' .. sub(w, 3 + a, 2 + a + b) .. '"'
	if byte(s, S_FLAGS) % 4 >= 2 then
		v = call('HMGET', key, 'd' .. own, 'e' .. own)
		d, e = v[1], v[2]
		device = d and d .. (e or '')
		usual = b < 128 and device and not string.find(device, '[%c"\\]')
	else
		device = base64url(sub(s, S_DEV, S_DEV + 7))
		usual = b < 128
	end
end
