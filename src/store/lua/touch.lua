-- Records that the session is in use, in steps of a quarter of its idle time. A cookie that is past is not brought back.
-- Returns whether it was recorded, and lost.
--@ needs HMGET RECORD u
--@ needs HSET RECORD u v

--@ head
local v = call('HMGET', key, 's' .. own, 'n')
local s, n, f = v[1], v[2], nil
if not s then return { 0, 0 } end
do
	--@ alive
	if now < cookie and (not n or created >= unbin('<I4', n)) then
		if idle == 0 or (now - seen) * 4 < idle then return { 0, 0 } end
		call('HSET', key, 's' .. own, sub(s, 1, S_SEEN - 1) .. struct.pack('<I4', now) .. sub(s, S_SEEN + 4))
		return { 1, 0 }
	end
end

--@ event
--@ stamp
--@ rules
-- no cookie, or one that is past: the session may be over, or live by its family
survey()
local done = 0
s = H['s' .. own]
if s then
	--@ alive
	if idle > 0 and (now - seen) * 4 >= idle and (cookie == 0 or now < cookie) then
		put('s' .. own, sub(s, 1, S_SEEN - 1) .. bin('<I4', now) .. sub(s, S_SEEN + 4))
		done = 1
	end
end
if #unnamed > 0 then return table.concat(unnamed) end
return { done, commit() }
