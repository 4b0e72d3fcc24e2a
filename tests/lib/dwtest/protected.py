# SPDX-License-Identifier: ISC
"""What has to hold behind every web server: a CGI script that knows nothing of logins is protected, and learns who asks."""

import pathlib
import re
import signal
import time
import urllib.parse

from .check import equal, expect, fails, wait_until
from .client import COOKIE, Login

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Site": "none"}
SCRIPT = """#!/bin/sh
printf 'Content-Type: text/plain\\r\\n\\r\\n'
env | LC_ALL=C sort
echo BODY
cat
"""


def web_login(site, mode="both"):
    answer = site.web("POST", "/auth/login", json={"username": "alice", "password": site.passwords["alice"], "mode": mode}, headers={"Origin": site.origin})
    return Login(answer.expect(200))


def environment(answer):
    head = answer.expect(200).text.partition("BODY\n")[0]
    return dict(line.partition("=")[::2] for line in head.splitlines())


def test_start(site):
    path = pathlib.Path(site.dir, "www/app/env.cgi")
    path.write_text(SCRIPT)
    path.chmod(0o755)
    equal(site.web("GET", "/").status, 200)


def test_script_is_protected(site):
    answer = site.web("GET", "/app/").expect(401)
    expect(b"REMOTE_USER" not in answer.body, "the script ran")
    login = web_login(site)
    answer = site.web("GET", "/app/", cookie=login.cookie).expect(200)
    expect("REMOTE_USER=alice\n" in answer.text and "REMOTE_GROUPS=users\n" in answer.text, answer.text)
    site.web("GET", "/app/", bearer=login.access).expect(200)
    for cookie in ("x", login.cookie[:-1], login.refresh):
        site.web("GET", "/app/", cookie=cookie).expect(401)


def test_browser_goes_to_login_and_back(site):
    answer = site.web("GET", "/app/env.cgi?a=1&b=%20x", headers=BROWSER).expect(302)
    location = answer.header("Location")
    url = urllib.parse.urlsplit(location)
    equal((url.path, urllib.parse.parse_qs(url.query)), ("/auth/login", {"next": ["/app/env.cgi?a=1&b=%20x"]}))
    if url.netloc:
        equal(url.netloc, f"127.0.0.1:{site.port}")
    page = site.web("GET", f"{url.path}?{url.query}", headers=BROWSER).expect(200)
    fields = dict(re.findall(r'<input[^>]*name="([^"]+)"[^>]*value="([^"]*)"', page.text))
    csrf = {name: value for name, (value, _) in page.cookies().items()}
    form = {name: value.replace("&amp;", "&") for name, value in fields.items()} | {"username": "alice", "password": site.passwords["alice"]}
    cookies = "; ".join(f"{name}={value}" for name, value in csrf.items())
    answer = site.web("POST", "/auth/login", form=form, headers={**BROWSER, "Sec-Fetch-Site": "same-origin", "Origin": site.origin, "Cookie": cookies})
    answer.expect(303)
    equal(answer.header("Location"), "/app/env.cgi?a=1&b=%20x", "back")
    cookie = answer.cookies()[COOKIE][0]
    found = environment(site.web("GET", answer.header("Location"), cookie=cookie, headers=BROWSER))
    equal((found["REMOTE_USER"], found["QUERY_STRING"]), ("alice", "a=1&b=%20x"))


def test_spoofed_identity(site):
    login = web_login(site)
    rows = ["Remote-User", "Remote_User", "REMOTE_USER", "X-Remote-User", "X-Doorward-User-Id", "Doorward-User-Id", "Variable-REMOTE_USER", "Auth-Type"]
    for header in rows:
        found = environment(site.web("GET", "/app/env.cgi", cookie=login.cookie, headers={header: "mallory"}))
        equal((found["REMOTE_USER"], found.get("AUTH_TYPE", "doorward"), found.get("DOORWARD_USER_ID", login.session["user_id"])),
              ("alice", "doorward", login.session["user_id"]), header)
        site.web("GET", "/app/env.cgi", headers={header: "alice"}).expect(401)
    for header in ("X-Forwarded-Proto", "X_Forwarded_Proto", "X-Forwarded-For", "X-Original-URI", "X-Forwarded-Uri"):
        site.web("GET", "/app/", headers={header: "/auth/login"}).expect(401)


def test_bearer_of_the_application(site):
    """The Authorization header is the application's as well: a token that is not ours in form, beside our cookie, is its own."""
    login = web_login(site)
    for bearer in ("abc", "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCIsImtpZCI6ImsxIn0.e30.AAAA"):
        equal(environment(site.web("GET", "/app/env.cgi", cookie=login.cookie, bearer=bearer))["REMOTE_USER"], "alice")
        site.web("GET", "/app/", bearer=bearer).expect(401)
    site.web("GET", "/app/", cookie=login.cookie, bearer=login.access[:-2]).expect(401)
    site.web("POST", "/auth/logout", cookie=login.cookie, bearer="abc", headers={"Origin": site.origin}).expect(200)
    site.web("GET", "/app/", cookie=login.cookie, bearer="abc").expect(401)


def test_bodies_pass(site):
    login = web_login(site)
    for size in (0, 7, 1000, 100000):
        body = b"b" * size
        answer = site.web("POST", "/app/env.cgi", cookie=login.cookie, body=body, headers={"Content-Type": "text/plain"}).expect(200)
        equal(answer.body.partition(b"BODY\n")[2], body, f"body of {size} bytes")
        site.web("POST", "/app/env.cgi", body=body, headers={"Content-Type": "text/plain"}).expect(401)


def test_path_tricks(site):
    rows = ["/app", "//app/", "/./app/", "/x/../app/", "/%61pp/", "/app%2f", "/app/./", "/app//", "/app/index.cgi", "/app/index.cgi/x", "/app/env.cgi",
            "/app/%2e%2e/app/", "/APP/", "/app/;x", "/auth/../app/", "/auth/login/../../app/", "/app?x", "/app/nothing"]

    def one(path):
        answer = site.web("GET", path)
        expect(answer.status in (401, 302, 301, 400, 404) and b"REMOTE_USER=" not in answer.body and b"#!/bin/sh" not in answer.body, f"{answer}")

    fails(rows, one)


def test_mount_edges(site):
    login = web_login(site)
    for path in ("/authz", "/auth/loginx", "/auth/login/logout", "/auth/nothing"):
        equal(site.web("GET", path, cookie=login.cookie).status, 404, path)
    expect(site.web("GET", "/auth", cookie=login.cookie).status in (404, 301), "/auth")
    for path in ("/auth/health/live", "/auth/metrics", "/auth/status", "/auth/admin/sessions"):
        equal(site.web("GET", path, cookie=login.cookie).status, 404, f"{path} is public")


def test_browser_reads_pages(site):
    """What a browser shows of the example's own button, a form without fields, and of a refusal; a script gets JSON of the same address."""
    login = web_login(site)
    ours = {**BROWSER, "Sec-Fetch-Site": "same-origin", "Origin": site.origin}
    for form in ({}, {"Content-Type": "application/x-www-form-urlencoded"}):
        answer = site.web("POST", "/auth/logout", cookie=login.cookie, headers={**ours, **form}, body=b"").expect(200)
        equal((answer.header("Content-Type"), answer.all("Referrer-Policy")), ("text/html; charset=utf-8", ["same-origin"]))
        expect("<h1>You have signed out</h1>" in answer.text, answer.text)
        equal(answer.cookies()[COOKIE][0], "")
    answer = site.web("GET", "/auth/logout?next=/app/", headers=BROWSER).expect(200)
    expect('name="next" value="/app/"' in answer.text and "<form" in answer.text, answer.text)
    answer = site.web("GET", "/auth/nowhere", headers=BROWSER).expect(404)
    expect("<h1>There is nothing here</h1>" in answer.text, answer.text)
    site.web("GET", "/auth/nowhere", headers={"Accept": "text/html", "Sec-Fetch-Mode": "cors"}).expect(404, "not_found")


def test_logout_at_once(site):
    login = web_login(site)
    site.web("GET", "/app/", cookie=login.cookie).expect(200)
    equal(site.web("POST", "/auth/logout", cookie=login.cookie, headers={"Origin": site.origin}).expect(200).json["ended"], 1)
    site.web("GET", "/app/", cookie=login.cookie).expect(401)
    site.web("GET", "/app/", bearer=login.access).expect(401)
    site.web("GET", "/app/", cookie=login.cookie, headers=BROWSER).expect(302)


def test_account_page(site):
    """Reached, in the language asked for; a form of it ends another session, one for a new password says what is wrong."""
    answer = site.web("GET", "/auth/account", headers=BROWSER).expect(302)
    expect(answer.header("Location").endswith("/auth/login?next=/auth/account"), answer.header("Location"))
    mine, other = web_login(site), web_login(site)
    page = site.web("GET", "/auth/account", cookie=mine.cookie, headers={**BROWSER, "Accept-Language": "de, en;q=0.5"}).expect(200)
    expect('<html lang="de">' in page.text and page.text.count("<li") >= 2, page.text)
    own = {**BROWSER, "Origin": site.origin, "Content-Type": "application/x-www-form-urlencoded"}
    answer = site.web("POST", f"/auth/sessions/{other.id}/logout", cookie=mine.cookie, headers=own, body=b"next=/auth/account").expect(200)
    expect('href="/auth/account"' in answer.text, answer.text)
    site.web("GET", "/app/", cookie=other.cookie).expect(401)
    answer = site.web("POST", "/auth/password", cookie=mine.cookie, headers=own, body=b"current_password=x&new_password=short").expect(400)
    expect('role="alert"' in answer.text and 'aria-current="true"' in answer.text, answer.text)
    site.web("GET", "/app/", cookie=mine.cookie).expect(200)


def test_refusals_keep_their_headers(site):
    answer = site.web("GET", "/app/", cookie="x").expect(401)
    expect('Bearer realm="doorward"' in (answer.header("WWW-Authenticate") or ""), "WWW-Authenticate")
    answer = site.web("POST", "/auth/login", body=b"x" * 20000, headers={"Content-Type": "application/json"})
    answer.expect(413, "payload_too_large")
    equal(site.web("GET", "/auth/login", headers={"X-Big": "y" * 7000}).status, 200)


def test_outage_is_503(site):
    login = web_login(site)
    site.redis_process.send_signal(signal.SIGSTOP)
    try:
        time.sleep(2.1)
        answer = site.web("GET", "/app/", cookie=login.cookie)
        equal(answer.status, 503)
        equal(answer.all("Set-Cookie"), [])
        equal(site.web("GET", "/app/", cookie=login.cookie, headers=BROWSER).status, 503, "a browser is not sent to a login page for it")
        site.web("GET", "/app/").expect(401)
    finally:
        site.redis_process.send_signal(signal.SIGCONT)
    wait_until(lambda: site.web("GET", "/app/", cookie=login.cookie).status == 200, "the way back")
    # whichever worker is asked: this is not answered from the cache
    wait_until(lambda: all(site.web("GET", "/auth/session", cookie=login.cookie).status == 200 for _ in range(8)), "the way back everywhere")
    if getattr(site, "asks_daemon", True):
        site.wait_store()
