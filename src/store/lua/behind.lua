-- out: of each consumer group of stream KEYS[1] its name, how many events it has not acknowledged, the ms of the oldest of them; first: the
-- id of the oldest that any has not, nil if there is none.
--@ wants UNRELAYED XLEN OUTBOX
--@ wants UNRELAYED XINFO|GROUPS OUTBOX
--@ wants UNRELAYED XPENDING OUTBOX g
--@ wants UNRELAYED XRANGE OUTBOX - +

local COUNTED = 10000 -- of those that Redis has not counted itself: beyond, it is that many
local out, first, first_ms, first_n = {}, nil, nil, nil

local function earlier(id)
	local ms, n = string.match(id, '^(%d+)-(%d+)$')
	ms, n = tonumber(ms), tonumber(n)
	if not first or ms < first_ms or (ms == first_ms and n < first_n) then first, first_ms, first_n = id, ms, n end
	return ms
end

local groups = redis.pcall('XINFO', 'GROUPS', KEYS[1]) -- an error, too, where there is no such stream
if groups.err then
	if redis.call('XLEN', KEYS[1]) > 0 or not redis.acl_check_cmd('XINFO', 'GROUPS', KEYS[1]) then return groups end
	groups = {}
end
for _, flat in ipairs(groups) do
	local g = {}
	for i = 1, #flat, 2 do g[flat[i]] = flat[i + 1] end
	local after = '(' .. g['last-delivered-id']
	local pending, behind, oldest = g['pending'], g['lag'], 0
	if not behind then behind = #redis.call('XRANGE', KEYS[1], after, '+', 'COUNT', COUNTED) end
	if behind > 0 then
		local next = redis.call('XRANGE', KEYS[1], after, '+', 'COUNT', 1)[1]
		if next then oldest = earlier(next[1]) else behind = 0 end
	end
	if pending > 0 then
		local at = earlier(redis.call('XPENDING', KEYS[1], g['name'])[2])
		if oldest == 0 or at < oldest then oldest = at end
	end
	out[#out + 1] = g['name']
	out[#out + 1] = pending + behind
	out[#out + 1] = oldest
end
