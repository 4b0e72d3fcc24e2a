-- Until when session ${s}, with its family ${f} or nil, is alive: src/session/liveness.c in Lua, and nowhere else here. A text that is put in
-- where it is needed, since Redis would make a function anew at every call.
-- Sets cookie, family and access, when each of them ends, 0 without one; last, the latest of the three; and what they are made of.

local created, seen, cookie, idle = unbin('<I4I4I4I4', s, S_CREATED)
if idle > 0 and byte(s, S_POLICY) == POLICY_SLIDING and seen + idle < cookie then cookie = seen + idle end
if sub(s, S_HASH, S_HASH + 15) == '\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0' then cookie = 0 end
local last, family, access, rotated, absolute, unused = cookie, 0, 0
if f then
	rotated, absolute, unused, access = unbin('<I4I4I4I4', f, F_ROTATED)
	family = unused > 0 and rotated + unused < absolute and rotated + unused or absolute
	if family > last then last = family end
	if access > last then last = access end
end
