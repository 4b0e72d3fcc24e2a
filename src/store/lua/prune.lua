-- What every other script does on its way: puts the record in order. For the sweep. Returns events left out.

--@ head
--@ event
--@ stamp
--@ rules
survey()
return { commit() }
