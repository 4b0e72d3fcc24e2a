-- ARGV  10 user id   13 g1                           16 s from its idle time on     19 idle time of the family   22 first half of the device id
--       11 name      14 s up to its times            17 hash of the refresh token   20 life of the access token  23 second half
--       12 g0        15 seconds to its absolute end  18 seconds to the family's     21 key version               24 limit   25 '1': refuse beyond it
-- Returns outcome, now, s, f, sessions ended, events left out.

local DONE, TOO_MANY, COLLISION = 0, 1, 2

local function later(seconds)
	return min(now + tonumber(seconds), TIME_MAX)
end

local s = arg[14] .. bin('<I4I4I4', now, now, later(arg[15])) .. arg[16]
local f = false
if arg[17] ~= '' then
	local last, idle = later(arg[18]), tonumber(arg[19])
	local access = arg[20] == '0' and 0 or min(last, later(arg[20]), idle > 0 and later(idle) or TIME_MAX)
	f = arg[17] .. NO_HASH .. sub(NO_HASH, 1, 12) .. bin('<I4I4I4I4BB', now, last, idle, access, 0, tonumber(arg[21]))
end

if survey() then
	if H.u and H.u ~= arg[10] then return { COLLISION, now, false, false, 0, 0 } end
	-- sent again: it is done already; if it was ended meanwhile, it stays ended
	if H['s' .. own] then return { DONE, now, H['s' .. own], H['f' .. own] or false, 0, 0 } end
	if H['l' .. own] then return { DONE, now, s, f, 0, 0 } end
end

-- one session a device: its earlier one goes
local replaced, rest = {}, {}
for _, sid in ipairs(live) do
	local old = H['s' .. sid]
	if sub(old, 35, 42) == sub(s, 35, 42) then
		replaced[#replaced + 1] = { sid, 3, '"device"' }
	else
		local created, seen = unbin('<I4I4', old, 19)
		local fam = H['f' .. sid]
		rest[#rest + 1] = { sid, fam and max(seen, (unbin('<I4', fam, 45))) or seen, created }
	end
end

local over = #rest + 1 - max(tonumber(arg[24]), 1)
if over > 0 then
	if arg[25] == '1' then return { TOO_MANY, now, false, false, 0, 0 } end
	table.sort(rest, function (a, b)
		if a[2] ~= b[2] then return a[2] < b[2] end
		if a[3] ~= b[3] then return a[3] < b[3] end
		return a[1] < b[1]
	end)
	for i = 1, over do replaced[#replaced + 1] = { rest[i][1], 4, '"limit"' } end
end

for _, v in ipairs(replaced) do finish(v[1], now, v[2], 0, '', 'replaced', v[3]) end

for i, name in ipairs({ 'u', 'U', 'g0', 'g1' }) do
	local value = arg[9 + i]
	if value ~= '' and H[name] ~= value then put(name, value) end
	if value == '' and H[name] then drop(name) end
end
put('s' .. own, s)
if f then put('f' .. own, f) end
if arg[22] ~= '' then put('d' .. own, arg[22]) end
if arg[23] ~= '' then put('e' .. own, arg[23]) end
expire = max(expire, (unbin('<I4', s, 27)) + MARGIN, f and (unbin('<I4', f, 49)) + MARGIN or 0)
report('login', own, s, f, 'null', false, now)
return { DONE, now, s, f, #replaced, commit() }
