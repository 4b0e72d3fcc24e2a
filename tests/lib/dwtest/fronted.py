# SPDX-License-Identifier: ISC
"""A site behind one of the configurations of contrib/fronts, started from the very file a reader finds there, and what has to hold behind each."""

import base64
import http.client
import os
import pathlib
import pwd
import re
import shutil
import tempfile

from . import web
from .check import Failed, Skip, equal, expect, fails, wait_until
from .client import COOKIE, Login, encode
from .fronts import TOP, installed
from .protected import (BROWSER, SCRIPT, environment, test_account_page, test_bearer_of_the_application, test_bodies_pass, test_browser_goes_to_login_and_back,
                        test_browser_reads_pages, test_logout_at_once, test_mount_edges, test_outage_is_503, test_path_tricks,
                        test_refusals_keep_their_headers, test_script_is_protected)
from .site import Site, free_port, program

SERVER_USER = "www-data"
NOTE = "for those who are signed in\n"
IDENTITY = ["Remote-User", "Remote-Groups", "X-Remote-User", "X-Remote-Groups", "Variable-Remote-User", "Variable-Remote-Groups", "Http-Remote-User",
            "Auth-Type", "X-Doorward-User-Id", "Doorward-User-Id", "Doorward-Group", "Doorward-Route", "Doorward-Original-Uri"]


def uncommented(text):
    """With the parts that a reader may want: a comment that names one of these places, with the lines indented below it."""
    def one(match):
        if not re.search("@(HTTP_PORT|APP_SOCKET)@", match[0]):
            return match[0]
        return re.sub(r"(?m)^([ \t]*)# ?", r"\1", match[0])

    return re.sub(r"(?m)^([ \t]*)#[^\n]*\n(?:\1#\t[^\n]*\n)*", one, text)


class Fronted(Site):
    """file: below contrib/fronts; run: the server's command line. In both @NAME@ is replaced (values: further ones), and what a reader would have
    to uncomment for a plain http port and for a FastCGI application is. server_user: started by root, the server runs as another user;
    fcgiwrap: it needs that for CGI; asks_daemon: not so where the server starts doorward itself; runs_applications: not so where it knows
    nothing but CGI; more_files: below contrib/fronts, put beside the first."""

    def __init__(self, file, run, *, server_user=False, fcgiwrap=False, asks_daemon=True, runs_applications=True, more_files=(),
                 values=None, conf=None, **kwargs):
        self.drop = server_user and os.getuid() == 0
        self.asks_daemon, self.runs_applications = asks_daemon, runs_applications
        if self.drop:
            conf = {**(conf or {}), "user": SERVER_USER}
        super().__init__(conf=conf, front="later", users=("alice", ("carol", "users", "admins")),
                         expected=[r"(?i)redis", r"store"], **kwargs)
        self.front_file, self.front_argv, self.more_files, self.fcgiwrap = file, run, more_files, fcgiwrap
        self.http_port = free_port()
        self.values = {
            "DIR": self.dir, "PORT": str(self.port), "HTTP_PORT": str(self.http_port), "CHECK_PORT": str(free_port()), "CONF": self.conf_file,
            "FILE": f"{self.dir}/{file}", "APP_SOCKET": f"{self.dir}/sock/application.sock", "PROGRAM": program("doorward"),
            "USER": f"User {SERVER_USER}\nGroup {SERVER_USER}" if self.drop else "", **(values or {}),
        }
        self.write_conf(**self.filled_values(self.conf.get("listen", {})))

    def filled_values(self, listen):
        return {"listen": {name: self.fill(value) for name, value in listen.items()}}

    def fill(self, text):
        if not isinstance(text, str):
            return text
        for name, value in self.values.items():
            text = text.replace(f"@{name}@", value)
        return text

    def start(self):
        if self.drop:
            self.let_in()
        super().start()
        self.put_programs()
        self.start_server()

    def let_in(self):
        """The server's processes run as another user, and as theirs so does doorward: they have to reach what is here."""
        os.chmod(self.dir, 0o711)
        for name in ("sock", "www", "tmp", "bin", "log", "state"):
            os.makedirs(f"{self.dir}/{name}", exist_ok=True)
            os.chmod(f"{self.dir}/{name}", 0o755)
        pathlib.Path(self.log_file).touch()
        for path in (self.log_file, f"{self.dir}/state"):
            shutil.chown(path, SERVER_USER, SERVER_USER)

    def start_redis(self, keep=False):
        super().start_redis(keep)
        if self.drop:
            os.chown(self.redis_socket, pwd.getpwnam(SERVER_USER).pw_uid, -1)

    def put_programs(self):
        """bin/: the daemon under the names by which it knows what it is wanted for, and the session check for plain CGI."""
        os.makedirs(f"{self.dir}/bin", exist_ok=True)
        source = TOP / "contrib" / "fronts" / "guard"
        shutil.copy(source, f"{self.dir}/bin/guard")
        for name in ("doorward", "doorward.fcgi", "doorward.cgi"):
            target = f"{self.dir}/bin/{name}"
            if self.drop:
                shutil.copy(program("doorward"), target)  # the build's own directory may be closed to the server's user
            else:
                os.symlink(program("doorward"), target)
        os.chmod(f"{self.dir}/bin/guard", 0o755)

    def put_file(self, name):
        text = (TOP / "contrib" / "fronts" / name).read_text()
        text = self.fill(uncommented(text))
        left = re.findall(r"@[A-Z_]+@", text)
        expect(not left, f"{name}: nothing to put in for {left}")
        pathlib.Path(self.dir, name).write_text(text)

    def put_everything(self):
        self.put_pages()
        for name in ("app/env.cgi", "app/admins/env.cgi"):
            path = pathlib.Path(self.dir, "www", name)
            path.parent.mkdir(exist_ok=True)
            path.write_text(SCRIPT)
            path.chmod(0o755)
        pathlib.Path(self.dir, "www/app/note.txt").write_text(NOTE)
        self.put_certificate()
        both = pathlib.Path(self.dir, "tls/both.pem")
        both.touch(0o600)
        both.write_bytes(b"".join(pathlib.Path(self.dir, "tls", name).read_bytes() for name in ("cert.pem", "key.pem")))
        for name in (self.front_file, *self.more_files):
            self.put_file(name)

    def start_server(self):
        self.put_everything()
        if self.fcgiwrap:
            self.run("fcgiwrap", [installed("fcgiwrap"), "-s", f"unix:{self.dir}/sock/cgi.sock"])
            wait_until(lambda: os.path.exists(f"{self.dir}/sock/cgi.sock"), "fcgiwrap")
        self.run("application", [program("tests/lib/application"), self.values["APP_SOCKET"]])
        wait_until(lambda: os.path.exists(self.values["APP_SOCKET"]), "the FastCGI application")
        argv = [self.fill(word) for word in self.front_argv]
        self.front_process = self.run("front", [installed(argv[0]), *argv[1:]])

        def answers():
            if not self.front_process.is_running():
                raise Failed(f"{argv[0]} ended: {self.front_process.text()[-1000:]} {self.front_log()[-1000:]}")
            try:
                return self.web("GET", "/").status == 200
            except OSError:
                return False

        wait_until(answers, argv[0])

    def front_log(self):
        path = pathlib.Path(self.dir, "log/front.log")
        return path.read_text(errors="replace") if path.exists() else ""

    def plain(self, method, target, *, cookie=None, bearer=None, headers=(), json=None, form=None, body=b""):
        """A request through the server's plain http port."""
        pairs, body = encode(headers, json, form, body, cookie, bearer)
        connection = http.client.HTTPConnection("127.0.0.1", self.http_port, timeout=30)
        answer = web._exchange(connection, method, target, pairs, body)
        self.note_secrets(answer)
        return answer


def login_as(site, name):
    value = {"username": name, "password": site.passwords[name], "mode": "both"}
    return Login(site.web("POST", "/auth/login", json=value, headers={"Origin": site.origin}).expect(200))


def huge_bodies(site):
    """Of more than doorward reads to its end: the server says so itself, in our words, and goes on."""
    body = b"x" * (2 << 20)
    for target in ("/auth/login", "/auth/refresh", "/auth/.well-known/jwks.json"):
        answer = site.web("POST", target, body=body, headers={"Content-Type": "application/json", "Origin": site.origin})
        equal((answer.status, answer.json.get("error"), answer.header("Content-Type")), (413, "payload_too_large", "application/json"), target)
    site.web("POST", "/auth/login", body=body[:20000], headers={"Content-Type": "application/json"}).expect(413, "payload_too_large")
    page = site.web("POST", "/auth/login", body=body[:20000], headers={**BROWSER, "Content-Type": "application/x-www-form-urlencoded"})
    equal((page.status, page.header("Content-Type")), (413, "text/html; charset=utf-8"), "what doorward answers itself")
    login_as(site, "alice")


def test_script_gets_json(site):
    for headers in ({}, {"Accept": "application/json"}, {"Sec-Fetch-Mode": "cors", "Accept": "text/html"}):
        site.web("GET", "/app/env.cgi", headers=headers).expect(401, "missing_token").expect_error_shape("missing_token")
    answer = site.web("POST", "/app/env.cgi", body=b"x" * 1000, headers={"Content-Type": "text/plain"}, bearer="x").expect(401, "invalid_token")
    equal(answer.all("Location"), [])


def test_metadata_is_mapped(site):
    """The metadata's address by RFC 8414 lies outside the mount, and nothing else comes with it."""
    answer = site.web("GET", "/.well-known/oauth-authorization-server/auth").expect(200)
    equal(answer.json["issuer"], site.origin + "/auth")
    equal(answer.header("Cache-Control"), "public, max-age=300")
    equal(answer.json, site.web("GET", "/auth/.well-known/oauth-authorization-server").expect(200).json)
    equal(answer.json["token_endpoint"], site.origin + "/auth/token")
    for path in ("/.well-known/oauth-authorization-server/authz", "/.well-known/oauth-authorization-server/other", "/.well-known/x"):
        site.web("GET", path).expect(404)


def test_files_are_protected(site):
    """Not only scripts."""
    for path in ("/app/note.txt", "/app//note.txt", "/app/./note.txt", "/app/note.txt/", "/app/%6eote.txt", "/app/x/../note.txt"):
        answer = site.web("GET", path)
        expect(answer.status != 200 and NOTE not in answer.text, f"{path}: {answer}")


def test_no_spelling_of_an_identity_wins(site):
    login = login_as(site, "alice")
    rows = sorted({case(name.replace("-", mark)) for name in IDENTITY for mark in "-_." for case in (str, str.upper)})
    headers = [(name, "mallory") for name in rows]

    def wins(found):
        return [name for name, value in found.items() if "mallory" in value and not name.startswith("HTTP_")]

    found = environment(site.web("GET", "/app/env.cgi", cookie=login.cookie, headers=headers))
    equal((found["REMOTE_USER"], found["REMOTE_GROUPS"], wins(found)), ("alice", "users", []))
    for row in (("Remote-User", "Remote_User", "remote.user"), ("Remote_User", "Remote-User"), ("Remote-Groups", "REMOTE_GROUPS")):
        answer = site.web("GET", "/app/env.cgi", cookie=login.cookie, headers=[(name, "mallory") for name in row])
        equal((environment(answer)["REMOTE_USER"], wins(environment(answer))), ("alice", []), str(row))
    site.web("GET", "/app/env.cgi", headers=headers).expect(401)
    headers = [(name, "/auth/login") for name in ("X-Forwarded-Proto", "X_Forwarded_Proto", "X-Forwarded-For", "X-Original-URI", "X-Forwarded-Uri")]
    site.web("GET", "/app/env.cgi", headers=headers).expect(401)


def test_no_method_and_no_address_passes(site):
    """Without a session nothing runs, whatever the method is, and whatever the address says of where it wants to go."""
    methods = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND", "BREW", "get", "Get"]
    paths = ["/app/env.cgi", "/app/env.cgi/auth/login", "/app/env.cgi/auth/check", "/app/env.cgi?redirect=0", "/app/env.cgi?group=users",
             "/app/env.cgi?DOORWARD_ROUTE=/auth/login", "/app/env.cgi?/auth/login", "/app/env.cgi#/auth/login", "/app/env.cgi%3f/auth/login",
             "/app/env.cgi.", "/app/env.cgi%00", "/app/env.cgi%20", "/app./env.cgi", "/app/env.cgi/.", "/auth/check/../../app/env.cgi",
             "/auth/login%2f..%2f..%2fapp/env.cgi", "/auth/../app/env.cgi", "/_session", "/_outage", "/guard/app/env.cgi", "/%5fsession"]
    headers = {"X-Original-Method": "OPTIONS", "X-HTTP-Method-Override": "OPTIONS", "Origin": "https://x", "Access-Control-Request-Method": "GET"}

    def one(row):
        method, path = row
        answer = site.web(method, path, headers=headers)
        expect(answer.status != 200 and b"REMOTE_USER" not in answer.body and b"#!/bin/sh" not in answer.body, f"{answer}")

    fails([(method, "/app/env.cgi") for method in methods] + [("GET", path) for path in paths], one)


def test_identity_cannot_be_taken_away(site):
    """A client names our own headers as ones that end at the next hop, or says another name after the body."""
    login = login_as(site, "alice")
    for names in ("Remote-User, Remote-Groups", "close, Remote-User", "Cookie, Authorization", "X-Doorward-User-Id"):
        answer = site.web("GET", "/app/env.cgi", cookie=login.cookie, headers={"Connection": names})
        if answer.status == 200:
            equal(environment(answer)["REMOTE_USER"], "alice", f"Connection: {names}")
    late = "0\r\nRemote-User: mallory\r\nREMOTE_USER: mallory\r\nRemote_User: mallory\r\nRemote-Groups: admins\r\n\r\n"
    for path in ("/app/env.cgi", "/app/service") if site.runs_applications else ("/app/env.cgi",):
        text = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{site.port}\r\nCookie: {COOKIE}={login.cookie}\r\nConnection: close\r\n" \
               f"Content-Type: text/plain\r\nTransfer-Encoding: chunked\r\nTrailer: Remote-User\r\n\r\n3\r\nabc\r\n{late}"
        answer = web.raw(site.port, text.encode())
        expect(b" 200 " in answer and b"REMOTE_USER=alice\n" in answer, f"{path}: {answer[-2000:]}")
        expect(b"mallory" not in answer.replace(b"HTTP_REMOTE_USER=mallory", b""), f"{path}: {answer}")


def identities(answer):
    """Who asks, as the application learns it: all the values of each name, and what FCGX_GetParam makes of it."""
    lines = [line.partition("=")[::2] for line in answer.expect(200).text.partition("BODY\n")[0].splitlines()]
    names = ("REMOTE_USER", "REMOTE_GROUPS", "AUTH_TYPE")
    return {name: {value for key, value in lines if key in (name, f"first {name}")} for name in names}


def test_basic_credentials_are_nobody(site):
    """What a client says by HTTP's own authentication is said by him, to CGI scripts and FastCGI applications alike."""
    login = login_as(site, "alice")
    rows = [f"Basic {base64.b64encode(b'mallory:x').decode()}", "Basic bWFsbG9yeQ==", "Basic", 'Digest username="mallory"', "Negotiate x"]
    wanted = {"REMOTE_USER": {"alice"}, "REMOTE_GROUPS": {"users"}}

    def one(value, path="/app/env.cgi"):
        found = identities(site.web("GET", path, cookie=login.cookie, headers={"Authorization": value}))
        equal({name: found[name] for name in wanted}, wanted)
        expect(found["AUTH_TYPE"] <= {"doorward"}, f"AUTH_TYPE {found['AUTH_TYPE']}")
        for scheme in (value, value.replace("mallory", "alice"), f"Basic {base64.b64encode(b'alice:x').decode()}"):
            site.web("GET", path, headers={"Authorization": scheme}).expect(401)

    fails(rows, one)
    if site.runs_applications:
        fails(rows, lambda value: one(value, "/app/service"))


def test_fastcgi_application(site):
    """It is protected like a script, and no spelling of an identity reaches it, first or last."""
    if not site.runs_applications:
        raise Skip("the server knows nothing but CGI")
    login = login_as(site, "alice")
    site.web("GET", "/app/service").expect(401)
    site.web("GET", "/app/service", cookie="x").expect(401)
    rows = sorted({case(name.replace("-", mark)) for name in IDENTITY for mark in "-_." for case in (str, str.upper)})
    for headers in ([], [(name, "mallory") for name in rows], *([(name, "mallory")] for name in rows)):
        found = identities(site.web("GET", "/app/service", cookie=login.cookie, headers=headers))
        equal((found["REMOTE_USER"], found["REMOTE_GROUPS"]), ({"alice"}, {"users"}), str(headers))
        expect(found["AUTH_TYPE"] <= {"doorward"}, f"AUTH_TYPE {found['AUTH_TYPE']}")
    answer = site.web("POST", "/app/service", cookie=login.cookie, body=b"b" * 5000, headers={"Content-Type": "text/plain"}).expect(200)
    equal(answer.body.partition(b"BODY\n")[2], b"b" * 5000)
    site.web("POST", "/app/service", body=b"b" * 5000, headers={"Content-Type": "text/plain"}).expect(401)


def test_group(site):
    alice, carol = login_as(site, "alice"), login_as(site, "carol")
    equal(environment(site.web("GET", "/app/admins/env.cgi", cookie=carol.cookie))["REMOTE_GROUPS"], "admins,users")
    site.web("GET", "/app/admins/env.cgi").expect(401)
    site.web("GET", "/app/admins/env.cgi", bearer=alice.access).expect(403)
    site.web("GET", "/app/admins/env.cgi", cookie=alice.cookie, headers=BROWSER).expect(403)
    rows = ["//app/admins/env.cgi", "/app//admins/env.cgi", "/app/./admins/env.cgi", "/app/x/../admins/env.cgi", "/app/%61dmins/env.cgi",
            "/app/admins%2fenv.cgi", "/app%2fadmins/env.cgi", "/app/admins//env.cgi", "/app/admins/../admins/env.cgi", "/app/env.cgi/../admins/env.cgi",
            "/app/admins/./env.cgi", "/app/admins/env.cgi/x", "/app/admins/env.cgi?x", "/app/admins\\env.cgi", "/app/%2e/admins/env.cgi",
            "/app/admins;x/env.cgi"]

    def one(path):
        answer = site.web("GET", path, cookie=alice.cookie)
        found = environment(answer) if answer.status == 200 else {}
        expect("/admins/" not in found.get("SCRIPT_FILENAME", ""), f"alice gets {answer.status}, {found.get('SCRIPT_FILENAME')}")
        expect(b"#!/bin/sh" not in answer.body, "the script's text")

    fails(rows, one)


def group_list(count, length):
    """The comma list of that many names, sorted, of exactly that length."""
    names = [f"group-{i:04}" for i in range(count)]
    return ",".join([*names[:-1], names[-1] + "z" * (length - len(",".join(names)))])


def test_many_groups(site):
    """All of a user's groups arrive whole, at scripts and applications, and are asked for by name, the last of them too."""
    alice = login_as(site, "alice")
    for count, length in ((1, 10), (20, 219), (90, 1024), (200, 2199), (200, 4096)):
        groups = group_list(count, length)
        site.ctl("user", "groups", "alice", "--set", groups)
        for _ in range(2):  # from Redis, and from the cache
            found = environment(site.web("GET", "/app/env.cgi", cookie=alice.cookie))
            equal((found["REMOTE_USER"], found["REMOTE_GROUPS"]), ("alice", groups), f"{count} groups")
            site.web("GET", "/app/admins/env.cgi", cookie=alice.cookie).expect(403)
        if site.runs_applications:
            found = identities(site.web("GET", "/app/service", cookie=alice.cookie))
            equal(found["REMOTE_GROUPS"], {groups})
        equal(site.web("GET", "/auth/check", cookie=alice.cookie).expect(200).header("Remote-Groups"), groups)
        equal(environment(site.web("GET", "/app/env.cgi", bearer=login_as(site, "alice").access))["REMOTE_GROUPS"], groups)
    site.ctl("user", "groups", "alice", "--set", group_list(200, 4097), status=1)
    site.ctl("user", "groups", "alice", "--add", "admins", status=1)
    site.ctl("user", "groups", "alice", "--remove", "group-0000", "--add", "admins")
    site.web("GET", "/app/admins/env.cgi", cookie=alice.cookie).expect(200)
    site.ctl("user", "groups", "alice", "--set", "Domain Users,\u00c4rzte")
    equal(environment(site.web("GET", "/app/env.cgi", cookie=alice.cookie))["REMOTE_GROUPS"], "Domain Users,\u00c4rzte")
    site.ctl("user", "groups", "alice", "--set", "users")


def test_plain_http_is_refused(site):
    login = login_as(site, "alice")
    for headers in ({}, {"X-Forwarded-Proto": "https"}, {"HTTPS": "on"}):
        answer = site.plain("GET", "/app/env.cgi", cookie=login.cookie, headers=headers)
        equal(answer.status, 403, f"with {headers}")
        expect(b"REMOTE_USER" not in answer.body, "the script ran")
        answer = site.plain("POST", "/auth/login", json={"username": "alice", "password": site.passwords["alice"]}, headers=headers)
        answer.expect(403, "insecure_transport")
        equal(answer.all("Set-Cookie"), [])
        site.plain("GET", "/auth/check", bearer=login.access, headers=headers).expect(403, "insecure_transport")
    equal(site.plain("GET", "/app/env.cgi").json["error"], "insecure_transport")
    expect(f"https://127.0.0.1:{site.port}/auth/login" in site.plain("GET", "/auth/login", headers=BROWSER).text, "no link to https")
    site.web("GET", "/app/env.cgi", cookie=login.cookie).expect(200)


def test_refused_credential_is_said_to_be(site):
    login = login_as(site, "alice")
    equal(site.web("POST", "/auth/logout", bearer=login.access, body=b"").expect(200).json["ended"], 1)
    for credential in ({"cookie": login.cookie}, {"bearer": login.access}, {"bearer": "x.y.z"}):
        answer = site.web("GET", "/app/env.cgi", **credential).expect(401, "invalid_token")
        answer.expect_error_shape("invalid_token")


def test_cookies_of_two_sessions(site):
    alice, carol = login_as(site, "alice"), login_as(site, "carol")
    answer = site.web("GET", "/app/env.cgi", cookie=alice.cookie, bearer=carol.access)
    expect(answer.status in (400, 401, 403, 500) and b"REMOTE_USER" not in answer.body, f"{answer}")


def test_nobody_to_ask(site):
    """With doorward gone, nothing is allowed."""
    if not site.asks_daemon:
        raise Skip("the server starts doorward itself")
    login = login_as(site, "alice")
    site.stop_daemon()
    try:
        for headers in ({}, BROWSER):
            answer = site.web("GET", "/app/env.cgi", cookie=login.cookie, headers=headers)
            expect(answer.status in (500, 502, 503) and b"REMOTE_USER" not in answer.body, f"{answer}")
    finally:
        site.start_daemon()
    wait_until(lambda: site.web("GET", "/app/env.cgi", cookie=login.cookie).status == 200, "the way back")


def test_application_keeps_its_own_headers(site):
    login = login_as(site, "alice")
    answer = site.web("GET", "/app/env.cgi", cookie=login.cookie).expect(200)
    for name in ("Content-Security-Policy", "Cache-Control", "X-Content-Type-Options", "Remote-User", "Variable-REMOTE_USER", "Set-Cookie"):
        equal(answer.all(name), [], name)
