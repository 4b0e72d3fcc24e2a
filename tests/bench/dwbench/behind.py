# SPDX-License-Identifier: ISC
"""P3, P4 and P5: checks behind a web server, against the article's design and the floor."""

from dwtest.client import COOKIE as SECURE_COOKIE

from .measure import alternate, cpu, load, rate, ratios
from .rows import NO_CACHE, row
from .table import Unmeasured

NGINX = ("CPU front + app + Redis, against Go/gin", "<=", 0.33, "x")
AUTH = ("the same by auth_request, against Go/gin", "<=", 0.72, "x")
LIGHTTPD = ("req/s against plain libfcgi hello", ">=", 1.25, "x")
MISS = ("CPU front + app + Redis, against Go/gin", "<=", 0.62, "x")
MISS_SHARE = 0.95 # of the checks must have asked Redis

# The fronts are asked over plain http, where the cookie has no prefix.
COOKIE = SECURE_COOKIE.removeprefix("__Host-")


def through_nginx(bench, name, values, cookie, app, path=None, **kwargs):
    front, port = bench.nginx
    return lambda: load(bench, port, bench.http(path or f"/{name}", cookie), values=values, http=True,
                        roots=bench.roots(app.pid, front.pid), **kwargs)


def doorward(bench, values, path=None):
    return through_nginx(bench, "doorward", values, COOKIE, bench.site.daemon, path)


def article(bench, path=None):
    return through_nginx(bench, "article", bench.plain_sessions, "sid", bench.article[0], path)


def show(result, results):
    for name, reports in results.items():
        result.contender(name, reports)


@row("P3", "check behind nginx, kept connections; in front of a static file by auth_request", NGINX, AUTH)
def behind_nginx(bench, result):
    runs = {"nginx -> doorward": doorward(bench, bench.few), "nginx -> Go/gin + Redis": article(bench)}
    if not bench.quick:
        runs |= {"auth_request, doorward": doorward(bench, bench.few, "/app/doorward"),
                 "auth_request, Go/gin + Redis": article(bench, "/app/article")}
    results = alternate(bench, runs)
    show(result, results)
    if not bench.has_cache:
        result.note(f"{NO_CACHE}: every check asked Redis")
    result.add(NGINX[0], ratios(results, "nginx -> doorward", "nginx -> Go/gin + Redis", cpu), *NGINX[1:])
    if bench.quick:
        raise Unmeasured("--quick leaves auth_request out")
    result.add(AUTH[0], ratios(results, "auth_request, doorward", "auth_request, Go/gin + Redis", cpu), *AUTH[1:])
    others(bench, result)


def others(bench, result):
    """The surroundings of these figures, once each: what the front, the transport and simpler programs cost."""
    front, port = bench.nginx

    def run(name, app, cookie=None, values=None):
        return load(bench, port, bench.http(name, cookie), values=values, http=True, roots=bench.roots(app.pid, front.pid))

    bench.progress("what else stands behind nginx")
    result.contender("nginx static file", [run("/static.txt", front)])
    result.contender("nginx -> our hello, kept connections", [run("/hello", bench.hello[0])])
    result.contender("nginx -> plain libfcgi hello, 2 workers", [run("/plain", bench.plain[0])])
    result.contender("nginx -> libfcgi + GETEX, 4 workers", [run("/first", bench.first[0], "sid", bench.plain_sessions)])


@row("P4", "check behind lighttpd, which never keeps connections, against hello by plain libfcgi", LIGHTTPD)
def behind_lighttpd(bench, result):
    front, port = bench.lighttpd

    def run(path, app, cookie=None, values=None):
        return lambda: load(bench, port, bench.http(path, cookie), values=values, http=True, roots=bench.roots(app.pid, front.pid))

    results = alternate(bench, {
        "lighttpd -> doorward": run("/auth/check", bench.site.daemon, COOKIE, bench.few),
        "lighttpd -> plain libfcgi hello": run("/plain", bench.plain[0], COOKIE, bench.few)})
    show(result, results)
    if not bench.has_cache:
        result.note(f"{NO_CACHE}: every check asked Redis")
    result.add(LIGHTTPD[0], ratios(results, "lighttpd -> doorward", "lighttpd -> plain libfcgi hello", rate), *LIGHTTPD[1:])
    if not bench.quick:
        bench.progress("lighttpd static file")
        result.contender("lighttpd static file", [run("/static.txt", front)()])


@row("P5", "check behind nginx, L1 miss: the Redis path", MISS)
def miss(bench, result):
    asked = []
    bench.many, bench.nginx # made before anything is counted

    def one():
        with bench.site.redis() as redis:
            before = redis.calls()
            report = doorward(bench, bench.many)()
            asked.append((redis.calls() - before) / report["requests"])
        return report

    results = alternate(bench, {"doorward": one, "Go/gin + Redis": article(bench)})
    show(result, results)
    result.note(f"Redis commands a check of doorward: {min(asked):.2f}")
    if min(asked) < MISS_SHARE:
        raise Unmeasured(f"only {min(asked):.0%} of the checks asked Redis")
    result.add(MISS[0], ratios(results, "doorward", "Go/gin + Redis", cpu), *MISS[1:])
