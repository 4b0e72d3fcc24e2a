-- What every other script does on its way: puts the record in order. For the sweep. Returns lost.

--@ head
--@ event
--@ stamp
--@ rules
survey()
if #unnamed > 0 then return table.concat(unnamed) end
return { commit() }
