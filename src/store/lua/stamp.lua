-- RFC 3339. Years are counted from March 1968, so that the leap day is a year's last; 2100 has none. ${text} is that of time ${near}.
local function stamp(t, near, text)
	local floor, secs, date = math.floor, t % 86400, nil
	local midnight = t - secs
	if near and midnight == near - near % 86400 then
		date = string.sub(text, 1, 11)
	else
		local days = midnight / 86400
		local z = days + (days >= 47541 and 672 or 671)
		local year = floor((z * 4 + 3) / 1461)
		local doy = z - floor(year * 1461 / 4)
		local mp = floor((5 * doy + 2) / 153)
		local month = mp < 10 and mp + 3 or mp - 9
		date = string.format('%04d-%02d-%02dT', 1968 + year + (month < 3 and 1 or 0), month, doy - floor((153 * mp + 2) / 5) + 1)
	end
	return string.format('%s%02d:%02d:%02dZ', date, floor(secs / 3600), floor(secs / 60) % 60, secs % 60)
end
