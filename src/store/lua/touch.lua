-- Records that the session is in use, in steps of a quarter of its idle time. A cookie that is past is not brought back.
-- Returns whether it was recorded, and events left out.

--@ head
local v = call('HMGET', key, 's' .. own, 'n')
local s, n = v[1], v[2]
if not s then return { 0, 0 } end
local created, seen, absolute, idle = unbin('<I4I4I4I4', s, 19)
if idle > 0 and byte(s, 18) == 1 and seen + idle < absolute then absolute = seen + idle end
if now < absolute and sub(s, 1, 16) ~= '\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0' and (not n or created >= unbin('<I4', n)) then
	if idle == 0 or (now - seen) * 4 < idle then return { 0, 0 } end
	call('HSET', key, 's' .. own, sub(s, 1, 22) .. struct.pack('<I4', now) .. sub(s, 27))
	return { 1, 0 }
end

--@ event
--@ stamp
--@ rules
-- no cookie, or one that is past: the session may be over, or live by its family
survey()
local done = 0
s = H['s' .. own]
if s then
	local cookie = cookie_end(s)
	if idle > 0 and (now - seen) * 4 >= idle and (cookie == 0 or now < cookie) then
		put('s' .. own, sub(s, 1, 22) .. bin('<I4', now) .. sub(s, 27))
		done = 1
	end
end
return { done, commit() }
