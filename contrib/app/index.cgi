#!/bin/sh
# SPDX-License-Identifier: ISC
# A CGI script that knows nothing of sessions or passwords: who asks is in REMOTE_USER, and that is all it reads.
escaped() {
	printf '%s' "$1" | sed 's/&/\&amp;/g; s/</\&lt;/g; s/>/\&gt;/g; s/"/\&quot;/g'
}

printf 'Content-Type: text/html; charset=utf-8\r\nCache-Control: no-store\r\n\r\n'
cat <<END
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>A plain CGI script</title>
<style>
:root{color-scheme:light dark;--back:#eef1f5;--card:#fff;--text:#1c2733;--line:#d5dce4;--edge:#687583;--link:#1f5fae;--button:#1f5fae}
@media (prefers-color-scheme:dark){:root{--back:#12171d;--card:#1b222a;--text:#e4e9ef;--line:#313c48;--edge:#8492a0;--link:#9cc4f5;--button:#2a6cc2}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:flex;align-items:center;justify-content:center;padding:1rem;background:var(--back);color:var(--text);font:1rem/1.5 system-ui,sans-serif}
main{width:100%;max-width:28rem;padding:clamp(1rem,6vw,2rem);background:var(--card);border:1px solid var(--line);border-radius:.75rem;overflow-wrap:anywhere}
h1{margin:0 0 1.25rem;font-size:1.5rem;line-height:1.25}
pre{margin:0 0 1.25rem;padding:.75rem .875rem;border:1px solid var(--line);border-radius:.5rem;font:.9375rem/1.5 ui-monospace,monospace;white-space:pre-wrap}
button{width:100%;padding:.6875rem;font:inherit;font-weight:600;color:#fff;background:var(--button);border:1px solid transparent;border-radius:.5rem;cursor:pointer}
p{margin:1.25rem 0 0}
a{display:inline-block;min-height:1.5rem;color:var(--link)}
:focus-visible{outline:3px solid var(--link);outline-offset:2px}
</style>
</head>
<body>
<main>
<h1>A plain CGI script</h1>
<pre>
REMOTE_USER=$(escaped "${REMOTE_USER-}")
REMOTE_GROUPS=$(escaped "${REMOTE_GROUPS-}")
REQUEST_METHOD=$(escaped "${REQUEST_METHOD-}")
</pre>
<form method="post" action="/auth/logout"><button>Sign out</button></form>
<p><a href="/">Start page</a></p>
</main>
</body>
</html>
END
