-- ARGV  11 hash of the jti   12 expiry of the token
-- Blacklists one access token for the rest of its life. Returns whether it was done now, and lost.

--@ head
--@ event
--@ stamp
--@ rules
survey()
local s, name, exp = H['s' .. own], 'b' .. arg[11], tonumber(arg[12])
local done = 0
if s and exp > now and not H[name] then
	put(name, bin('<I4', min(exp, TIME_MAX)))
	expire = max(expire, exp + MARGIN)
	report('token_revoked', own, s, H['f' .. own], 'null', false, now, exp)
	done = 1
end
if #unnamed > 0 then return table.concat(unnamed) end
return { done, commit() }
