-- Records that the session is in use, in steps of a quarter of its idle time. A cookie that is past is not brought back.
-- Returns whether it was recorded, and events left out.

survey()
local s = H['s' .. own]
local done = 0
if s then
	local seen, _, idle = unbin('<I4I4I4', s, 23)
	local cookie = cookie_end(s)
	if idle > 0 and (now - seen) * 4 >= idle and (cookie == 0 or now < cookie) then
		put('s' .. own, sub(s, 1, 22) .. bin('<I4', now) .. sub(s, 27))
		done = 1
	end
end
return { done, commit() }
