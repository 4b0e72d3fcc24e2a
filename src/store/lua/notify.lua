-- ARGV  11 the event between its id and its time   12 the rest of it
-- An event about no session. Returns lost.

--@ head
--@ event
--@ stamp
return { post('{"id":"' .. arg[3] .. '",' .. arg[11] .. (time == arg[9] and arg[10] or stamp(now)) .. arg[12], true) }
