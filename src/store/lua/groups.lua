-- ARGV  11 user, as stored   12 the text that it is to take the place of, or '' for whatever there is
-- Gives the user other groups (or another name), wherever he is signed in: one text stands for all his sessions. Returns 0 events lost, and
-- the text that is stored now.
--@ needs HMGET RECORD u
--@ needs HSET RECORD u v
--@ needs HDEL RECORD u

--@ head
local w, instead, pieces = arg[11], arg[12], call('HMGET', key, 'A', 'B', 'C', 'D', 'E')
local a, stored = pieces[1], ''
-- nobody is signed in; or two users share a pseudonym, and this one was refused
if not a or sub(a, 3, 2 + byte(a)) ~= sub(w, 3, 2 + byte(w)) then return { 0, w } end
for i = 1, 5 do stored = stored .. (pieces[i] or '') end
if instead ~= '' and stored ~= instead then return { 0, stored } end
for i = 0, 4 do
	local name, piece = string.char(65 + i), sub(w, 64 * i + 1, i < 4 and 64 * i + 64 or -1)
	if piece ~= '' then call('HSET', key, name, piece) else call('HDEL', key, name) end
end
return { 0, w }
