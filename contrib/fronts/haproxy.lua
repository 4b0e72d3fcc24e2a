-- The session check for HAProxy, which has no sub-request authentication of its own: an action that asks doorward over FastCGI,
-- as an Authorizer, on its unix socket. Used by haproxy.cfg:
--
--	http-request lua.doorward                  a session is needed
--	http-request lua.doorward_group            … and the group in the variable txn.doorward_need
--
-- Allowed: the request goes on, with txn.doorward_user and txn.doorward_groups set. Else it ends here with doorward's own
-- answer: 302 to a browser, 401, 403 or 503. Whatever goes wrong is a refusal; but HAProxy takes an error of Lua itself for "go
-- on", so that haproxy.cfg has to refuse what comes by without txn.doorward_user.

local SOCKET = os.getenv("DOORWARD_CHECK_SOCKET") -- haproxy.cfg: setenv, before lua-load
local TIMEOUT = 10                                -- seconds: doorward answers in milliseconds, or says 503 itself
local ANSWER_MAX = 65536                          -- bytes: more is not an answer to a check

local BEGIN, END, PARAMS, STDOUT = 1, 3, 4, 6
local AUTHORIZER = 2

-- What doorward looks at. Others of the client's headers are none of its business.
local HEADERS = { "host", "cookie", "authorization", "accept", "origin", "user-agent", "sec-fetch-mode", "sec-fetch-site", "traceparent",
	"x-forwarded-for", "x-forwarded-proto", "access-control-request-method" }

local function record(kind, content)
	return string.char(1, kind, 0, 1) .. string.pack(">I2", #content) .. "\0\0" .. content
end

local function length(n)
	if n < 128 then
		return string.char(n)
	end
	return string.pack(">I4", n + 0x80000000)
end

local function pair(name, value)
	return length(#name) .. length(#value) .. name .. value
end

local function variables(txn, group)
	local fetch, query = txn.f, txn.f:query() or ""
	local uri = fetch:path() .. (query ~= "" and "?" .. query or "")
	local out = pair("REQUEST_METHOD", fetch:method()) .. pair("REQUEST_URI", uri) .. pair("QUERY_STRING", query) ..
	    pair("REMOTE_ADDR", tostring(fetch:src())) .. pair("SERVER_PROTOCOL", "HTTP/1.1")
	local tls = fetch:ssl_fc()
	if tls == true or tls == 1 then
		out = out .. pair("HTTPS", "on")
	end
	if group ~= "" then
		out = out .. pair("DOORWARD_GROUP", group)
	end
	local sent = txn.http:req_get_headers()
	for _, name in ipairs(HEADERS) do
		local values = sent[name]
		for i = 0, values and #values or -1 do
			if values[i] ~= nil then
				out = out .. pair("HTTP_" .. name:upper():gsub("-", "_"), values[i])
			end
		end
	end
	return out
end

-- The answer's bytes, or nil.
local function ask(params)
	local socket = core.tcp()
	socket:settimeout(TIMEOUT)
	if not socket:connect(SOCKET) then
		return nil
	end
	local request = record(BEGIN, string.pack(">I2", AUTHORIZER) .. "\0\0\0\0\0\0")
	for from = 1, #params, 65535 do
		request = request .. record(PARAMS, params:sub(from, from + 65534))
	end
	local answer = ""
	if socket:send(request .. record(PARAMS, "")) then
		while #answer <= ANSWER_MAX do
			local head = socket:receive(8)
			if not head or #head < 8 then
				break
			end
			local _, kind, _, size, padding = string.unpack(">BBI2I2B", head)
			local content = size + padding > 0 and socket:receive(size + padding) or ""
			if not content or #content < size + padding then
				break
			end
			if kind == END then
				socket:close()
				return answer
			elseif kind == STDOUT then
				answer = answer .. content:sub(1, size)
			end
		end
	end
	socket:close()
	return nil
end

-- Status, headers as a list of pairs, body; nil if it is none.
local function parse(answer)
	local head, body = answer:match("^(.-\r\n)\r\n(.*)$")
	local status = head and head:match("^Status: (%d%d%d)")
	if not status then
		return nil
	end
	local headers = {}
	for name, value in head:gmatch("([^:\r\n]+): ?([^\r\n]*)\r\n") do
		headers[#headers + 1] = { name, value }
	end
	return tonumber(status), headers, body
end

local function refuse(txn, status, headers, body)
	local reply = txn:reply({ status = status, body = body })
	for _, header in ipairs(headers) do
		local name = header[1]:lower()
		if name ~= "status" and name ~= "content-length" then
			reply:add_header(header[1], header[2])
		end
	end
	txn:done(reply)
end

local function unsure(txn)
	refuse(txn, 503, { { "Content-Type", "application/json" }, { "Cache-Control", "no-store" }, { "Retry-After", "1" } },
	    '{"error":"store_unavailable","error_description":"The session could not be checked.",' ..
	    '"trace_id":"00000000000000000000000000000000"}')
end

local function check(txn, group)
	local answer = ask(variables(txn, group))
	if not answer then
		return unsure(txn)
	end
	local status, headers, body = parse(answer)
	if not status then
		return unsure(txn)
	elseif status ~= 200 then
		return refuse(txn, status, headers, body)
	end
	local said = {}
	for _, header in ipairs(headers) do
		said[header[1]] = header[2]
	end
	local user = said["Variable-REMOTE_USER"] or ""
	if user == "" and txn.f:method() ~= "OPTIONS" then -- a preflight may pass as nobody (check.preflight)
		return unsure(txn)
	end
	txn:set_var("txn.doorward_user", user)
	txn:set_var("txn.doorward_groups", said["Variable-REMOTE_GROUPS"] or "")
end

core.register_action("doorward", { "http-req" }, function(txn)
	check(txn, "")
end)

core.register_action("doorward_group", { "http-req" }, function(txn)
	local group = txn:get_var("txn.doorward_need")
	if not group or group == "" then
		return unsure(txn)
	end
	check(txn, group)
end)
