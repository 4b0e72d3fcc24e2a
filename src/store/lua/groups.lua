-- ARGV  11 user, as stored
-- Gives the user other groups (or another name), wherever he is signed in: one text stands for all his sessions. Returns 0 events lost.
--@ needs HGET RECORD u
--@ needs HSET RECORD u v
--@ needs HDEL RECORD u

--@ head
local w, a = arg[11], call('HGET', key, 'A')
-- nobody is signed in; or two users share a pseudonym, and this one was refused
if not a or sub(a, 3, 2 + byte(a)) ~= sub(w, 3, 2 + byte(w)) then return { 0 } end
for i = 0, 4 do
	local name, piece = string.char(65 + i), sub(w, 64 * i + 1, i < 4 and 64 * i + 64 or -1)
	if piece ~= '' then call('HSET', key, name, piece) else call('HDEL', key, name) end
end
return { 0 }
