# SPDX-License-Identifier: ISC
"""What a client does, spoken straight to the FastCGI sockets with the variables a front server would set."""

import json as jsonlib
import re
import urllib.parse

from . import fcgi
from .check import expect

MOUNT = "/auth"
COOKIE = "__Host-dw_session"
HOST = "127.0.0.1:8443"
ORIGIN = "https://" + HOST


def variables(method, path, query="", headers=(), tls=True, body=None):
    """The FastCGI variables of a request, as lighttpd sets them for a responder. headers: pairs or a dict; repeats stay repeated."""
    uri = path + ("?" + query if query else "")
    pairs = [
        ("GATEWAY_INTERFACE", "CGI/1.1"), ("SERVER_PROTOCOL", "HTTP/1.1"), ("SERVER_SOFTWARE", "kit"), ("SERVER_NAME", "127.0.0.1"),
        ("SERVER_PORT", "8443"), ("SERVER_ADDR", "127.0.0.1"), ("REMOTE_ADDR", "127.0.0.1"), ("REMOTE_PORT", "40000"),
        ("REQUEST_METHOD", method), ("SCRIPT_NAME", urllib.parse.unquote(path, errors="surrogateescape")), ("PATH_INFO", ""),
        ("REQUEST_URI", uri), ("QUERY_STRING", query), ("REQUEST_SCHEME", "https" if tls else "http"), ("HTTP_HOST", HOST),
    ]
    if tls:
        pairs.append(("HTTPS", "on"))
    if body is not None:
        pairs.append(("CONTENT_LENGTH", str(len(body))))
    for name, value in headers.items() if isinstance(headers, dict) else headers:
        if name.lower() == "content-type":
            pairs.append(("CONTENT_TYPE", value))
        else:
            pairs.append(("HTTP_" + name.upper().replace("-", "_"), value))
    return pairs


def encode(headers, json, form, body, cookie, bearer):
    """Header pairs and body bytes of a request with these credentials and that content."""
    pairs = list(headers.items() if isinstance(headers, dict) else headers)
    if json is not None:
        body = jsonlib.dumps(json).encode()
        pairs.append(("Content-Type", "application/json"))
    elif form is not None:
        body = urllib.parse.urlencode(form).encode()
        pairs.append(("Content-Type", "application/x-www-form-urlencoded"))
    elif isinstance(body, str):
        body = body.encode()
    if cookie is not None:
        pairs.append(("Cookie", f"{COOKIE}={cookie}"))
    if bearer is not None:
        pairs.append(("Authorization", f"Bearer {bearer}"))
    return pairs, body


class Login:
    """What one login gave, in the words of the contract."""

    def __init__(self, answer):
        value = answer.json
        self.answer = answer
        self.access = value.get("access_token")
        self.refresh = value.get("refresh_token")
        self.session = value["session"]
        self.id = self.session["id"]
        self.device = self.session["device_id"]
        self.cookie = answer.cookies().get(COOKIE, (None, None))[0]


class Client:
    """Mixed into Site. Every credential that comes by is remembered in ${secrets}: none of them may turn up in a log."""

    def request(self, method, path, *, query="", cookie=None, bearer=None, headers=(), json=None, form=None, body=None, tls=True,
                role=fcgi.RESPONDER, pool=None, extra=(), without=(), mount=MOUNT, timeout=30.0):
        """One request to the socket a front would choose. extra: further variables; without: names that are left out."""
        pairs, body = encode(headers, json, form, body, cookie, bearer)
        values = variables(method, mount + path, query, pairs, tls, body)
        values = [(name, value) for name, value in values if name not in without] + list(extra)
        if pool is None:
            pool = "login" if path in ("/login", "/password") else "check"
        answer = fcgi.ask(self.sockets[pool], values, body or b"", role, timeout)
        self.note_secrets(answer)
        return answer

    def get(self, path, **kwargs):
        return self.request("GET", path, **kwargs)

    def post(self, path, **kwargs):
        return self.request("POST", path, **kwargs)

    def check(self, cookie=None, bearer=None, **kwargs):
        return self.request("GET", "/check", cookie=cookie, bearer=bearer, **kwargs)

    def authorize(self, path="/app/", method="GET", query="", **kwargs):
        """As lighttpd asks its authorizer: no path variables, no body, the URI of the application."""
        return self.request(method, path, query=query, mount="", role=fcgi.AUTHORIZER, pool="check",
                            without=("SCRIPT_NAME", "PATH_INFO", "CONTENT_LENGTH"), **kwargs)

    def post_login(self, username="alice", password=None, *, headers=(), extra=(), tls=True, cookie=None, **members):
        """POST /login with JSON, whatever comes of it."""
        value = {"username": username, "password": self.passwords.get(username) if password is None else password, **members}
        self.remember(value["password"])
        return self.post("/login", json=value, headers=headers, extra=extra, tls=tls, cookie=cookie)

    def login(self, username="alice", mode="both", **kwargs):
        return Login(self.post_login(username, mode=mode, **kwargs).expect(200))

    def post_refresh(self, token, **members):
        return self.post("/refresh", json={"refresh_token": token, **members})

    def logout(self, *, cookie=None, bearer=None, refresh=None, headers=None, **members):
        """POST /logout as a page of our own origin would send it."""
        if refresh is not None:
            members["refresh_token"] = refresh
        headers = {"Origin": ORIGIN} if headers is None else headers
        return self.post("/logout", cookie=cookie, bearer=bearer, headers=headers, json=members or None)

    # --- secrets

    def remember(self, *values):
        for value in values:
            if isinstance(value, str) and len(value) >= 8:
                self.secrets.add(value)

    def note_secrets(self, answer):
        for line in answer.all("Set-Cookie"):
            value = line.partition("=")[2].partition(";")[0]
            self.remember(value)
        if (answer.header("Content-Type") or "").startswith("application/json") and answer.body:
            for name in ("access_token", "refresh_token"):
                for value in re.findall(rb'"%s" *: *"([^"]*)"' % name.encode(), answer.body):
                    self.remember(value.decode())
        for value in re.findall(rb'name="csrf[^"]*" value="([^"]*)"', answer.body):
            self.remember(value.decode())

    def expect_dead(self, login):
        """Nothing that login gave opens anything any more."""
        if login.cookie:
            self.check(cookie=login.cookie).expect(401, "invalid_token")
        if login.access:
            self.check(bearer=login.access).expect(401, "invalid_token")
        if login.refresh:
            expect(self.post_refresh(login.refresh).status == 401, "the refresh token still works")

    def expect_live(self, login):
        if login.cookie:
            self.check(cookie=login.cookie).expect(200)
        if login.access:
            self.check(bearer=login.access).expect(200)
