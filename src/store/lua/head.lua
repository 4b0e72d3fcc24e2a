-- Begins every script.
--
-- KEYS  1 user record   2 outbox of its bucket
-- ARGV  1 locator of the user, key of public session ids,   6 seconds a logout record is kept
--         '1' if the outbox may be full                      7 handle of the caller's session, or ''
--       2 clients: hash4 len json…                           8 its public id
--       3 unique id for events                               9 the time as the caller believes it is
--       4 ip, as JSON                                       10 that time, RFC 3339
--       5 trace id, as JSON
--
-- room, in what scripts return: events the outbox had no room for; negative: how many more it takes; 0: not known.
--
-- Layout of the fields: src/store/record.h. Redis runs a script from its first line at every call, and making a function costs as much as
-- calling one. So a script first tries the usual case, with what the caller prepared for the time he believes it is, and only then
-- comes to the functions for all cases (rules.lua). Both must say the same; tests/unit/store compares them.

local key, arg, call, sub, byte, unbin = KEYS[1], ARGV, redis.call, string.sub, string.byte, struct.unpack
local time = call('TIME')[1]
local now, own = tonumber(time), arg[7]
