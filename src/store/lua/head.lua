-- Begins every script, below the line with its flags. allow-oom: what ends, uses or refreshes a session works when Redis' memory is full.
--
-- KEYS  1 user record   2 outbox of its bucket
-- ARGV  1 '', or events the outbox may hold and           6 seconds, and how many logout records are kept
--         seconds it keeps them: look how full it is      7 handle of the caller's session, or ''
--       2 clients: hash4 len json…                        8 its public id
--       3 unique id for events                            9 the time as the caller believes it is
--       4 ip, as JSON                                    10 that time, RFC 3339
--       5 trace id, as JSON                            last public ids of other sessions, as far as they are asked for: handle8 text12…
--
-- lost, in what scripts return: events that were displaced or had no room; negative: how many more the outbox takes; 0: not known.
--
-- A public id is made with a key that Redis must not see (its SLOWLOG and MONITOR show arguments). A script that ends sessions which its
-- caller could not know of therefore writes nothing and returns their handles as one string; it is sent again with their ids.
--
-- Layout of the fields: src/store/record.h. Redis runs a script from its first line at every call, and making a function costs as much as
-- calling one. So a script first tries the usual case, with what the caller prepared for the time he believes it is, and only then
-- comes to the functions for all cases (rules.lua). Both must say the same; tests/unit/store compares them.
--@ needs HDEL RECORD u
--@ needs EXPIREAT RECORD 1
--@ needs XADD OUTBOX * e v
--@ needs PUBLISH EVENTS v
--@ needs TIME

local key, arg, call, sub, byte, unbin = KEYS[1], ARGV, redis.call, string.sub, string.byte, struct.unpack
local time = call('TIME')[1]
local now, own = tonumber(time), arg[7]
-- A right may have been taken since the caller looked for it (src/store/look.c): what would be refused half-way is refused here.
local may = redis.acl_check_cmd
if not (may('HDEL', key, 'u') and may('EXPIREAT', key, '1') and may('XADD', KEYS[2], '*', 'e', '') and may('PUBLISH', 'dw:events', '')) then
	return redis.error_reply('NOPERM a right is missing')
end
