-- What waits in one stream for each of its consumer groups. Nothing is changed.
--
-- KEYS  1 stream
-- Returns name, events that wait, ms of the oldest of them (0: none), … for every group.

--@ behind
return out
