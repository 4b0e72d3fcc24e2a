-- ARGV  11 h, as stored
-- Keeps what is remembered of the user, where he has a record; one that has just gone is not made anew, since nothing would end it. Returns
-- 0 events lost.
--@ needs HMGET RECORD u
--@ needs HSET RECORD u v

--@ head
if call('HMGET', key, 'A')[1] then call('HSET', key, 'h', arg[11]) end
return { 0 }
