#!/bin/sh
# A CGI script that knows nothing of sessions or passwords: who asks is in REMOTE_USER, and that is all it reads.
escaped() {
	printf '%s' "$1" | sed 's/&/\&amp;/g; s/</\&lt;/g; s/>/\&gt;/g; s/"/\&quot;/g'
}

printf 'Content-Type: text/html; charset=utf-8\r\nCache-Control: no-store\r\n\r\n'
cat <<END
<!DOCTYPE html>
<html lang="en">
<title>A plain CGI script</title>
<h1>A plain CGI script</h1>
<pre>
REMOTE_USER=$(escaped "${REMOTE_USER-}")
REMOTE_GROUPS=$(escaped "${REMOTE_GROUPS-}")
REQUEST_METHOD=$(escaped "${REQUEST_METHOD-}")
</pre>
<form method="post" action="/auth/logout"><button>Sign out</button></form>
<p><a href="/">Start page</a>
</html>
END
