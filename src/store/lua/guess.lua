-- One step of a counter of failed guesses. Who wants to evaluate a password reserves a try before, and says afterwards what came of it:
-- guesses made at the same time, on whichever host, share one budget. A reservation whose owner is never heard of again expires, and was no
-- guess.
--
-- KEYS  1 counter: a hash. Field a: that of the account or address. Field d..device: the own budget of a device the user is known by
-- ARGV  1 step                      5 failures without delay           9 failures of a device that are the most
--       2 id of the try: 8 bytes    6 delay then, doubled each time   10 how long failures count
--       3 device, or ''             7 the longest                     11 '1': from the first of them on, else from the last
--       4 how long a try may take   8 failures that are the most      12 how long after a report no other is due
-- All times are in ms. A field: failures4 since6 reported6, and of each try that is not decided: id8 until6.
--
-- Returns of RESERVE: verdict, ms to wait, 1 if the refusal is to be reported; of CLEAR: how many fields there were; of SUCCEEDED
-- and LOOK: how many failures in a row; of others: 0.
--@ wants UNCOUNTED HMGET COUNTER a
--@ wants UNCOUNTED HGETALL COUNTER
--@ wants UNCOUNTED HSET COUNTER a v
--@ wants UNCOUNTED HDEL COUNTER a
--@ wants UNCOUNTED EXPIREAT COUNTER 1
--@ needs TIME

local RESERVE, FAILED, SUCCEEDED, UNJUDGED, CLEAR, LOOK = '0', '1', '2', '3', '4', '5'
local GRANTED, WAIT, UNDECIDED = 0, 1, 2
local key, arg, call, bin, unbin = KEYS[1], ARGV, redis.call, struct.pack, struct.unpack
local step, id, life, reset = arg[1], arg[2], tonumber(arg[4]), tonumber(arg[10])
local time = call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local device, fields = arg[3] ~= '' and 'd' .. arg[3] or nil
if device then fields = call('HMGET', key, 'a', device) else fields = call('HMGET', key, 'a') end

-- The usual case, before any function is made (head.lua says why): nothing is counted, and this try is the only one. Says what the general
-- rules say.
local v = fields[1]
if step == RESERVE and not v then
	local last = string.format('%.0f', math.ceil((now + life) / 1000))
	call('HSET', key, 'a', bin('<I4I6I6c8I6', 0, now, 0, id, now + life))
	if call('EXPIREAT', key, last, 'GT') == 0 then call('EXPIREAT', key, last, 'NX') end
	return { GRANTED, 0, 0 }
end
if v and not device and (step == SUCCEEDED or step == UNJUDGED) and #v == 30 and string.sub(v, 17, 24) == id and
	string.sub(v, 1, 4) == '\0\0\0\0' and string.sub(v, 11, 16) == '\0\0\0\0\0\0' then
	call('HDEL', key, 'a')
	return { 0 }
end

-- A clock that stepped back makes nobody wait longer than he would have had to.
local function read(name, v)
	local c = { name = name, failures = 0, since = now, reported = 0, tries = {} }
	if not v then return c end
	local failures, since, reported = unbin('<I4I6I6', v)
	if since > now then since = now end
	if now < since + reset then c.failures, c.since = failures, since end
	if reported <= now then c.reported = reported end
	for at = 17, #v, 14 do
		local try, till = unbin('<c8I6', v, at)
		if till > now and till <= now + life then c.tries[#c.tries + 1] = { try, till } end
	end
	return c
end

local function write(c)
	local last, v = c.reported + arg[12], bin('<I4I6I6', c.failures, c.since, c.reported)
	if c.failures == 0 and #c.tries == 0 and last <= now then return call('HDEL', key, c.name) end
	if c.failures > 0 then last = math.max(last, c.since + reset) end
	for _, t in ipairs(c.tries) do
		v = v .. bin('<c8I6', t[1], t[2])
		last = math.max(last, t[2])
	end
	call('HSET', key, c.name, v)
	last = string.format('%.0f', math.ceil(last / 1000))
	if call('EXPIREAT', key, last, 'GT') == 0 then call('EXPIREAT', key, last, 'NX') end
end

-- Takes the try out of ${c}. Returns whether it was there.
local function decide(c)
	for i, t in ipairs(c.tries) do
		if t[1] == id then return table.remove(c.tries, i) ~= nil end
	end
	return false
end

-- May one more be tried, where ${free} failures cost no delay and ${most} are the most?
local function reserve(c, free, most)
	local n, left = c.failures, 0
	for _, t in ipairs(c.tries) do
		if t[1] == id then return GRANTED, 0 end -- sent again
	end
	if n >= most then
		left = reset
	elseif n >= free then
		left = math.min(arg[6] * 2 ^ (n - free), arg[7], reset)
	end
	left = c.since + left - now
	if n > 0 and left > 0 then return WAIT, left end
	if #c.tries >= math.max(math.min(free, most) - n, 1) then return UNDECIDED, 0 end
	c.tries[#c.tries + 1] = { id, now + life }
	return GRANTED, 0
end

if step == CLEAR then
	local all = call('HGETALL', key)
	for i = 1, #all, 2 do call('HDEL', key, all[i]) end
	return { #all / 2 }
end

local all = read('a', fields[1])
local own = device and read(device, fields[2])

local failures = all.failures + (own and own.failures or 0)
if step == LOOK then return { failures } end

if step == RESERVE then
	local verdict, left = reserve(all, tonumber(arg[5]), tonumber(arg[8]))
	if verdict == GRANTED then
		write(all)
		return { GRANTED, 0, 0 }
	end
	if own then
		local most = tonumber(arg[9])
		local second, left2 = reserve(own, most, most)
		if second == GRANTED then
			write(own)
			return { GRANTED, 0, 0 }
		end
		if second == UNDECIDED then verdict = UNDECIDED end
		left = math.min(left, left2)
	end
	if verdict == UNDECIDED then return { UNDECIDED, 0, 0 } end
	if now < all.reported + arg[12] then return { WAIT, math.ceil(left), 0 } end
	all.reported = now
	write(all)
	return { WAIT, math.ceil(left), 1 }
end

for _, c in ipairs({ all, own }) do
	local known = decide(c)
	if step == SUCCEEDED and (c.failures > 0 or known) then
		c.failures = 0
		write(c)
	elseif known then
		if step == FAILED then
			if c.failures == 0 or arg[11] ~= '1' then c.since = now end
			c.failures = c.failures + 1
		end
		write(c)
	end
end
return { step == SUCCEEDED and failures or 0 }
