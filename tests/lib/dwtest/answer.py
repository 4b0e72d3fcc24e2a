# SPDX-License-Identifier: ISC
"""An answer, from whatever way it was asked for."""

import json

from .check import Failed, equal, expect


class Answer:
    """status, headers in order with repetitions, body; and how often one wants to look at them."""

    def __init__(self, status, headers, body, first_line="", stderr=b""):
        self.status = status
        self.headers = headers
        self.body = body
        self.first_line = first_line
        self.stderr = stderr

    @classmethod
    def from_cgi(cls, output, stderr=b""):
        head, separator, body = output.partition(b"\r\n\r\n")
        if not separator:
            raise Failed(f"no end of the headers in {output[:200]!r}")
        lines = head.decode("latin-1").split("\r\n")
        headers = []
        for line in lines:
            name, colon, value = line.partition(":")
            expect(colon, f"a header line without a colon: {line!r}")
            headers.append((name, value.strip()))
        expect(lines[0].startswith("Status: "), f"the first line is not Status: {lines[0]!r}")
        answer = cls(int(headers[0][1].split()[0]), headers[1:], body, lines[0], stderr)
        answer.expect_headers_of_every_answer()
        return answer

    def all(self, name):
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def header(self, name):
        """The only header of that name, or None."""
        values = self.all(name)
        expect(len(values) <= 1, f"{name} occurs {len(values)} times")
        return values[0] if values else None

    @property
    def json(self):
        expect((self.header("Content-Type") or "").startswith("application/json"),
               f"status {self.status}, not JSON but {self.header('Content-Type')!r}: {self.body[:200]!r}")
        return json.loads(self.body)

    @property
    def text(self):
        return self.body.decode("utf-8")

    def cookies(self):
        """{name: (value, {attribute: value})} of all Set-Cookie lines; two for one name are a failure."""
        found = {}
        for line in self.all("Set-Cookie"):
            pair, *attributes = [part.strip() for part in line.split(";")]
            name, _, value = pair.partition("=")
            expect(name not in found, f"two cookies called {name}")
            found[name] = (value, {key.lower(): val for key, _, val in (a.partition("=") for a in attributes)})
        return found

    def expect_headers_of_every_answer(self):
        """What no answer says: that another origin may read it, or which program and version it is from. What a cookie may weigh."""
        for name, value in self.headers:
            expect(not name.lower().startswith(("access-control-", "server", "x-powered-by")), f"{name}: {value}")
        for line in self.all("Set-Cookie"):
            pair, *attributes = line.split(";")
            expect(len(pair) <= 4096 and all(len(part) <= 1024 for part in attributes), f"a cookie of {len(line)} bytes")

    def expect(self, status, error=None, reason=None):
        """This status and, for an error, its code, in the one shape every error has. Returns the answer."""
        expect(self.status == status and (error is None or self.body == b"" or self.json.get("error") == error),
               f"got {self.status} {self.body[:300]!r}, wanted {status} {error or ''}")
        if error is not None and self.body:
            self.expect_error_shape(error)
        if reason is not None:
            equal(self.json.get("reason"), reason, "reason")
        return self

    def expect_error_shape(self, error):
        value = self.json
        equal(value["error"], error, "error")
        expect(isinstance(value.get("error_description"), str) and value["error_description"], "no error_description")
        expect(isinstance(value.get("trace_id"), str) and len(value["trace_id"]) == 32, f"trace_id {value.get('trace_id')!r}")
        equal(self.header("Cache-Control"), "no-store", "Cache-Control")
        equal(self.header("X-Content-Type-Options"), "nosniff", "X-Content-Type-Options")
        equal(self.header("Referrer-Policy"), "no-referrer", "Referrer-Policy")
        expect("default-src 'none'" in (self.header("Content-Security-Policy") or ""), "Content-Security-Policy")
        if self.status == 401:
            challenge = self.header("WWW-Authenticate") or ""
            scheme = "Basic" if error == "invalid_client" else "Bearer"
            expect(challenge.startswith(f'{scheme} realm="doorward"'), f"WWW-Authenticate {challenge!r}")
            equal('error="invalid_token"' in challenge, error == "invalid_token", f"invalid_token in {challenge!r}")
        if self.status in (429, 503):
            expect(int(self.header("Retry-After")) >= 0, "Retry-After")
        if self.status == 405:
            expect(self.header("Allow"), "no Allow")

    def __repr__(self):
        return f"<{self.status} {self.body[:120]!r}>"
