-- ARGV  11 hash of an access token's jti, or '' for all tokens of the session   12 expiry of that token   13 when it was asked for, or 0: now
-- Blacklists one access token for the rest of its life; or ends the refresh family, and says in the session that its access tokens
-- count no more. A session whose cookie is not good for anything ends with its tokens.
-- Returns seconds until there is room for one more, 0 if it is done or there was nothing to do; and lost.

--@ head
--@ event
--@ stamp
--@ rules
local BLACKLIST_MAX = 128   -- access tokens of one user: his record is read as a whole at every change
local TOKEN_MARK, NAME = 98, 13

local at = min(tonumber(arg[13]), now)
if at == 0 then at = now end
survey(at)
local s, f, jti, exp = H['s' .. own], H['f' .. own], arg[11], tonumber(arg[12])
local wait = 0

local function blacklist(name)
	local n, first = 0, TIME_MAX
	for other, v in pairs(H) do
		if byte(other) == TOKEN_MARK and #other == NAME then
			n = n + 1
			first = min(first, (unbin('<I4', v)))
		end
	end
	if n >= BLACKLIST_MAX then
		wait = max(first - now, 1)
		return
	end
	put(name, bin('<I4', min(exp, TIME_MAX)))
	expire = max(expire, exp + MARGIN)
	report('token_revoked', own, s, f, 'null', false, at, exp)
end

local function end_family()
	if session_end(s, nil, 0) <= at then
		finish(own, at, END_REVOKED, 0, '', 'token_revoked', '"revoked"')
		return
	end
	report('token_revoked', own, s, f, 'null', false, at)
	put('s' .. own, sub(s, 1, S_FLAGS - 1) .. string.char(bit.bor(byte(s, S_FLAGS), SESSION_TOKENS_REVOKED)) .. sub(s, S_FLAGS + 1))
	drop('f' .. own)
end

if s and jti == '' then
	if f then end_family() end
elseif s and exp > now and not H['b' .. jti] then
	blacklist('b' .. jti)
end
if #unnamed > 0 then return table.concat(unnamed) end
return { wait, commit() }
