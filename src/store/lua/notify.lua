-- ARGV  10 the event up to its time   11 the rest of it
-- An event about no session. Returns events left out.

return { post({ '{"id":"' .. arg[4] .. '",' .. arg[10] .. stamp(now) .. arg[11], false }) }
