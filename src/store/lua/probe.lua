-- ARGV: commands, each as words with one blank between them. Returns for each whether the caller's user may give it, 1 or 0.

local may = {}
for i, line in ipairs(ARGV) do
	local words = {}
	for word in string.gmatch(line, '%S+') do words[#words + 1] = word end
	local known, allowed = pcall(redis.acl_check_cmd, unpack(words))
	may[i] = known and allowed and 1 or 0
end
return may
