# SPDX-License-Identifier: ISC
"""One session for two hosts behind one of the configurations of contrib/fronts, as curl and a browser see it: cookie_domain, origins, the way back."""

import html
import itertools
import re
import subprocess
import urllib.parse

from .answer import Answer
from .browser import Browser
from .browsing import cookies, go_back, remember_cookies
from .check import equal, expect, fails
from .client import Login
from .fronted import Fronted
from .fronts import TOP, installed
from .proc import environment as clean_environment
from .protected import BROWSER, environment

DOMAIN = "dw.test"
COOKIE = "__Secure-dw_session"
FOREIGN = "evil.dw.test"
NUMBERS = itertools.count()


class Hosts(Fronted):
    """sso.dw.test, where the login page is, and app.dw.test, both on one web server. changes: (old, new) replacements in its files,
    each of which has to be found: what a comment there says is to be done for several hosts."""

    def __init__(self, file, run, *, changes=(), conf=None, **kwargs):
        self.changes, self.found = list(changes), set()
        super().__init__(file, run, conf={"check": {"preflight": True}, **(conf or {})}, **kwargs)
        self.sso, self.app, self.foreign = (f"https://{name}:{self.port}" for name in (f"sso.{DOMAIN}", f"app.{DOMAIN}", FOREIGN))
        self.write_conf(issuer=f"{self.sso}/auth", origins=[self.app], cookie_domain=DOMAIN)

    def fill(self, text):
        if isinstance(text, str):
            for old, new in self.changes:
                if old in text:
                    self.found.add(old)
                    text = text.replace(old, new)
        return super().fill(text)

    def put_everything(self):
        super().put_everything()
        equal(self.found, {old for old, _ in self.changes}, "found in the files of contrib/fronts")

    def browser(self):
        return Browser(self, [f"--host-resolver-rules=MAP *.{DOMAIN} 127.0.0.1"])


class Person:
    """curl with a cookie jar of its own, which keeps cookies as browsers do: by domain, prefix and Secure."""

    def __init__(self, site):
        self.site = site
        self.jar = f"{site.dir}/tmp/jar{next(NUMBERS)}"

    def ask(self, url, *, method="GET", form=None, headers=()):
        names = [name for host in (f"sso.{DOMAIN}", f"app.{DOMAIN}", FOREIGN) for name in ("--resolve", f"{host}:{self.site.port}:127.0.0.1")]
        head = f"{self.jar}.head"
        argv = [installed("curl"), "-s", "-k", "-g", "--path-as-is", "--max-time", "60", *names, "-X", method, "-D", head, "-b", self.jar, "-c", self.jar]
        for name, value in (headers.items() if isinstance(headers, dict) else headers):
            argv += ["-H", f"{name}: {value}"]
        if form is not None:
            argv += ["--data-binary", "@-"]
        done = subprocess.run([*argv, url], input=urllib.parse.urlencode(form or {}).encode(), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              env=clean_environment(self.site.dir), check=False)
        equal(done.returncode, 0, f"curl {url}: {done.stderr!r}")
        with open(head, encoding="latin-1") as file:
            first, *lines = [line for line in file.read().splitlines() if line]
        answer = Answer(int(first.split()[1]), [(name, value.strip()) for name, _, value in (line.partition(":") for line in lines)], done.stdout)
        self.site.note_secrets(answer)
        return answer

    def page(self, url, **kwargs):
        return self.ask(url, headers={**BROWSER, **kwargs.pop("headers", {})}, **kwargs)

    def cookies(self):
        with open(self.jar, encoding="utf-8") as file:
            rows = [line.split("\t") for line in file.read().splitlines() if line.count("\t") == 6]
        return {row[5]: (row[0].removeprefix("#HttpOnly_"), row[6]) for row in rows}

    def sign_in(self, address, name="alice"):
        """Where the application sends who is not signed in, and back from there. Returns the application's answer."""
        location = self.page(address).expect(302).header("Location")
        equal(location, f"{self.site.sso}/auth/login?next={urllib.parse.quote(address)}")
        page = self.page(location).expect(200)
        fields = {key: html.unescape(value) for key, value in re.findall(r'<input[^>]*name="([^"]+)"[^>]*value="([^"]*)"', page.text)}
        form = fields | {"username": name, "password": self.site.passwords[name]}
        answer = self.page(location.partition("?")[0], method="POST", form=form, headers={"Sec-Fetch-Site": "same-origin", "Origin": self.site.sso})
        equal(answer.expect(303).header("Location"), address)
        return self.page(address)

    def sign_out(self, at, page_of):
        """By a form on a page of ${page_of}, as browsers send it."""
        relation = "same-origin" if at == page_of else "same-site"
        return self.page(f"{at}/auth/logout", method="POST", form={}, headers={"Sec-Fetch-Site": relation, "Origin": page_of})


def out(person, *origins):
    for origin in origins:
        person.ask(f"{origin}/app/env.cgi").expect(401)


def test_one_sign_in_for_both(site):
    person = Person(site)
    found = environment(person.sign_in(f"{site.app}/app/env.cgi?a=1&b=%20x"))
    equal((found["REMOTE_USER"], found["QUERY_STRING"]), ("alice", "a=1&b=%20x"))
    equal(person.cookies()[COOKIE][0], f".{DOMAIN}")
    for name in ("__Host-dw_csrf", "__Host-dw_device"):
        equal(person.cookies()[name][0], f"sso.{DOMAIN}", f"{name} is of one host")
    for origin in (site.sso, site.app):
        equal(environment(person.ask(f"{origin}/app/env.cgi"))["REMOTE_USER"], "alice", origin)
        equal(person.ask(f"{origin}/auth/session").expect(200).json["session"]["username"], "alice")


def test_way_back_at_the_issuer(site):
    """Its own origin needs no listing, and its path no origin."""
    person = Person(site)
    location = person.page(f"{site.sso}/app/env.cgi?x").expect(302).header("Location")
    place, _, query = location.partition("?")
    equal(place, f"{site.sso}/auth/login")
    expect(urllib.parse.parse_qs(query)["next"][0] in ("/app/env.cgi?x", f"{site.sso}/app/env.cgi?x"), location)
    for headers in ({}, {"Accept": "application/json"}):
        told = person.ask(f"{site.app}/app/env.cgi", headers=headers).expect(401).all("X-Doorward-Login")
        expect(told in ([], [f"{site.sso}/auth/login?next={urllib.parse.quote(site.app + '/app/env.cgi')}"]), told)


def test_sign_out_at_one_ends_both(site):
    for at, page_of in ((site.app, site.app), (site.sso, site.sso), (site.sso, site.app), (site.app, site.sso)):
        person = Person(site)
        person.sign_in(f"{site.app}/app/env.cgi")
        cookie = person.cookies()[COOKIE][1]
        answer = person.sign_out(at, page_of).expect(200)
        expect("<h1>You have signed out</h1>" in answer.text, answer.text)
        value, attributes = answer.cookies()[COOKIE]
        equal((value, attributes["max-age"], attributes["domain"], attributes["path"]), ("", "0", DOMAIN, "/"), f"{at} from {page_of}")
        out(person, site.sso, site.app)
        for origin in (site.sso, site.app):
            equal(person.ask(f"{origin}/app/env.cgi", headers={"Cookie": f"{COOKIE}={cookie}"}).status, 401, "the session lives")


def test_page_that_asks(site):
    """An application that can only link: the page, its button, the way back."""
    person = Person(site)
    person.sign_in(f"{site.app}/app/env.cgi")
    url = f"{site.sso}/auth/logout?next={urllib.parse.quote(site.app + '/app/env.cgi', safe='')}"
    page = person.page(url, headers={"Sec-Fetch-Site": "same-site"}).expect(200)
    equal(environment(person.ask(f"{site.app}/app/env.cgi"))["REMOTE_USER"], "alice", "the page alone ends nothing")
    fields = {key: html.unescape(value) for key, value in re.findall(r'<input[^>]*name="([^"]+)"[^>]*value="([^"]*)"', page.text)}
    equal(fields["next"], f"{site.app}/app/env.cgi")
    answer = person.ask(f"{site.sso}/auth/logout", method="POST", form=fields, headers={"Accept": "text/html"}).expect(200)
    expect(f"/auth/login?next={urllib.parse.quote(site.app + '/app/env.cgi')}" in html.unescape(answer.text), answer.text)
    out(person, site.sso, site.app)


def test_nobody_elses_page(site):
    """A host of the domain that is not listed may be anybody's, though browsers call it the same site."""
    person = Person(site)
    person.sign_in(f"{site.app}/app/env.cgi")
    rows = [{"Sec-Fetch-Site": "same-site", "Origin": site.foreign}, {"Origin": site.foreign}, {"Sec-Fetch-Site": "same-site"},
            {"Sec-Fetch-Site": "cross-site", "Origin": "null"}, {"Sec-Fetch-Site": "same-site", "Origin": f"https://app.{DOMAIN}:{site.port + 1}"},
            {"Sec-Fetch-Site": "same-site", "Origin": f"http://app.{DOMAIN}:{site.port}"}, {"Sec-Fetch-Site": "cross-site", "Origin": f"https://{DOMAIN}"}]

    def one(headers):
        for origin in (site.sso, site.app):
            answer = person.ask(f"{origin}/auth/logout", method="POST", form={}, headers=headers).expect(403, "csrf")
            equal(answer.all("Set-Cookie"), [])

    fails(rows, one)
    equal(environment(person.ask(f"{site.app}/app/env.cgi"))["REMOTE_USER"], "alice")
    value = {"username": "alice", "password": site.passwords["alice"], "mode": "cookie"}
    site.web("POST", "/auth/login", json=value, headers={"Origin": site.foreign}).expect(403, "csrf")
    Login(site.web("POST", "/auth/login", json=value, headers={"Origin": site.app}).expect(200))


def test_no_way_to_strangers(site):
    """What is not listed is not followed, and nothing is said of it."""
    person = Person(site)
    rows = [f"{site.foreign}/app/", f"https://app.{DOMAIN}/", f"http://app.{DOMAIN}:{site.port}/", f"//app.{DOMAIN}:{site.port}/",
            f"{site.app}@evil.example/", f"https://evil.example@app.{DOMAIN}:{site.port}/", f"{site.app}.evil.example/", f"{site.app}\\@evil.example/",
            f"{site.app.upper()}/", f"{site.app}//evil.example/", f"{site.app}/auth/logout", f"{site.app}/" + "a" * 2000]

    def one(address):
        page = person.page(f"{site.sso}/auth/login?next={urllib.parse.quote(address, safe='')}").expect(200)
        # with the dot, which no token has: four letters of one may be these
        expect('name="next" value="/"' in page.text and "evil." not in page.text, page.text)
        form = {"username": "alice", "password": site.passwords["alice"], "next": address}
        answer = person.page(f"{site.sso}/auth/login", method="POST", form=form, headers={"Sec-Fetch-Site": "same-origin", "Origin": site.sso})
        equal(answer.expect(303).header("Location"), "/")

    fails(rows, one)
    for host in (f"{FOREIGN}:{site.port}", "evil.example", f"app.{DOMAIN}:{site.port}@evil.example", f"APP.{DOMAIN}:{site.port}"):
        answer = site.web("GET", "/app/env.cgi", headers={**BROWSER, "Host": host})
        for location in answer.all("Location"):
            expect(location.startswith(f"{site.sso}/auth/login?next=") and "evil" not in urllib.parse.unquote(location), f"{host}: {location}")


def test_old_cookie_of_one_host(site):
    """From before there was a domain: it opens nothing, and goes with the next login."""
    login = Login(site.web("POST", "/auth/login", json={"username": "alice", "password": site.passwords["alice"], "mode": "both"},
                           headers={"Origin": site.sso}).expect(200))
    cookie = login.answer.cookies()[COOKIE]
    equal(cookie[1] | {"domain": DOMAIN, "path": "/", "secure": "", "samesite": "Lax"}, cookie[1])
    old = {"Cookie": f"__Host-dw_session={cookie[0]}"}
    site.web("GET", "/app/env.cgi", headers=old).expect(401)
    for path, value in (("/auth/login", {"username": "alice", "password": site.passwords["alice"], "mode": "cookie"}), ("/auth/logout", {})):
        answer = site.web("POST", path, json=value, headers={"Origin": site.sso, **old}).expect(200)
        gone = answer.cookies()["__Host-dw_session"]
        equal((gone[0], gone[1].get("max-age"), gone[1].get("domain")), ("", "0", None), path)
    equal(answer.cookies()[COOKIE][0], "")
    equal(answer.cookies()[COOKIE][1]["domain"], DOMAIN)


def test_preflight(site):
    """It reaches the application without anybody's name; nothing else does."""
    asks = {"Origin": "https://other.example", "Access-Control-Request-Method": "PUT"}
    found = environment(site.web("OPTIONS", "/app/env.cgi", headers={**asks, "Remote-User": "mallory"}))
    equal((found["REQUEST_METHOD"], found.get("REMOTE_USER", ""), found.get("REMOTE_GROUPS", "")), ("OPTIONS", "", ""))
    environment(site.web("OPTIONS", "/app/admins/env.cgi", headers=asks))
    for method, headers in (("OPTIONS", {"Origin": "https://other.example"}), ("OPTIONS", {}), ("GET", asks), ("POST", asks), ("options", asks)):
        answer = site.web(method, "/app/env.cgi", headers=headers)
        expect(answer.status in (400, 401, 405, 501) and b"REMOTE_USER" not in answer.body and b"REQUEST_METHOD" not in answer.body, f"{method} {headers}: {answer}")
    for headers in ({"Cookie": f"{COOKIE}=x"}, {"Authorization": "Bearer x.y.z"}):
        site.web("OPTIONS", "/app/env.cgi", headers={**asks, **headers}).expect(401)


def test_any_of_several_groups(site):
    """The configuration says "admins" where it demands a group: here it is a list, of which one is enough."""
    alice, carol = Person(site), Person(site)
    carol.sign_in(f"{site.app}/app/env.cgi", "carol")
    alice.sign_in(f"{site.app}/app/env.cgi")
    equal(environment(carol.ask(f"{site.app}/app/admins/env.cgi"))["REMOTE_GROUPS"], "admins,users")
    alice.ask(f"{site.app}/app/admins/env.cgi").expect(403)
    site.ctl("user", "groups", "alice", "--add", "staff")
    equal(environment(alice.ask(f"{site.app}/app/admins/env.cgi"))["REMOTE_GROUPS"], "staff,users")
    site.ctl("user", "groups", "alice", "--set", "users")
    alice.ask(f"{site.app}/app/admins/env.cgi").expect(403)
