# SPDX-License-Identifier: ISC
"""P1, P2 and P14: checks without a front, on kept connections, against the transport alone."""

from .measure import CommandStats, alternate, cpu, load, rate, ratios
from .rows import NO_CACHE, row
from .table import Unmeasured

HIT_SHARE = 0.95 # of the checks must not have asked Redis for a run to count as one of hits

HIT = ("req/s against our hello", ">=", 0.85, "x")
HIT_CPU = ("CPU of the application against our hello", "<=", 1.25, "x")
NEW = ("new connections, against libfcgi", ">=", 2.0, "x")
KEPT = ("kept connections, against libfcgi", ">=", 3.5, "x")
NO_COMMANDS = ("Redis commands for 1000 forged tokens", "<=", 0, "")
FORGED = ("forged tokens, req/s against a hit", ">=", 0.9, "x")
MALFORMED = ("malformed tokens, req/s against a hit", ">=", 0.9, "x")


def check_few(bench, daemon=None):
    """A run of checks of few sessions, with the number of Redis commands a check in "asked"."""
    daemon = daemon or bench.site_daemon
    bench.few # made before anything is counted
    with bench.site.redis() as redis:
        before = redis.calls()
        report = load(bench, daemon.sockets["check"], bench.check, values=bench.few, roots=bench.roots(daemon.pid))
        report["asked"] = (redis.calls() - before) / report["requests"]
    return report


def require_hits(bench, reports):
    if not bench.has_cache:
        raise Unmeasured(NO_CACHE)
    worst = max(report["asked"] for report in reports)
    if worst > 1 - HIT_SHARE:
        raise Unmeasured(f"{worst:.0%} of the checks asked Redis: they were no hits")


@row("P1", "check, L1 hit, kept connections, against hello on the same transport", HIT, HIT_CPU)
def hit_against_hello(bench, result):
    process, path = bench.hello
    check_few(bench)
    results = alternate(bench, {
        "check": lambda: check_few(bench),
        "hello": lambda: load(bench, path, bench.check, values=bench.few, roots={"app": [process.pid]})})
    for name, reports in results.items():
        result.contender(name, reports)
    require_hits(bench, results["check"])
    result.add(HIT[0], ratios(results, "check", "hello", rate), *HIT[1:])
    result.add(HIT_CPU[0], ratios(results, "check", "hello", lambda report: report["cpu"]["app"]), *HIT_CPU[1:])


@row("P2", "transport: our hello against plain libfcgi hello", NEW, KEPT)
def transport(bench, result):
    (ours, our_path), (theirs, their_path) = bench.hello, bench.plain
    hello = bench.fcgi("GET", "/hello")

    def run(process, path, keep, connections):
        return lambda: load(bench, path, hello, keep=keep, connections=connections, roots={"app": [process.pid]})

    # Plain libfcgi gives a kept connection a process of its own: more of them than processes would wait for ever.
    results = alternate(bench, {
        "ours, new connections": run(ours, our_path, False, 16), "libfcgi, new connections": run(theirs, their_path, False, 16),
        "ours, 16 kept connections": run(ours, our_path, True, 16), "libfcgi, 2 kept connections": run(theirs, their_path, True, 2)})
    for name, reports in results.items():
        result.contender(name, reports)
    result.add(NEW[0], ratios(results, "ours, new connections", "libfcgi, new connections", rate), *NEW[1:])
    result.add(KEPT[0], ratios(results, "ours, 16 kept connections", "libfcgi, 2 kept connections", rate), *KEPT[1:])


def forge(bench):
    """Of real tokens: files of some whose last character differs, and of some that no token could be."""
    with open(bench.few, encoding="ascii") as file:
        tokens = file.read().split()
    forged = "".join(f"{token[:-1]}{'A' if token[-1] != 'A' else 'B'}\n" for token in tokens)
    malformed = "".join(f"{token[:-8]}.malform\n" for token in tokens)
    return bench.file(forged), bench.file(malformed)


@row("P14", "forged or malformed token: Redis commands, and rate against a hit", NO_COMMANDS, FORGED, MALFORMED)
def forged_tokens(bench, result):
    site = bench.site
    forged, malformed = forge(bench)

    def refused(values):
        return lambda: load(bench, site.sockets["check"], bench.check, values=values, expect=(401,), roots=bench.roots(site.daemon.pid))

    with site.redis() as redis:
        stats = CommandStats(redis)
        before = redis.calls()
        report = load(bench, site.sockets["check"], bench.check, values=forged, order="1", expect=(401,))
        commands = redis.calls() - before
        seen = ", ".join(f"{name} {calls}" for name, (calls, _) in sorted(stats.read().items()) if name not in ("config|resetstat", "info"))
    result.add(NO_COMMANDS[0], [commands], *NO_COMMANDS[1:], target="0")
    result.note(f"during {report['requests']} forged tokens Redis saw: {seen or 'nothing'} (PING and TIME are housekeeping)")
    check_few(bench)
    results = alternate(bench, {"hit": lambda: check_few(bench), "forged": refused(forged), "malformed": refused(malformed)})
    for name, reports in results.items():
        result.contender(name if bench.has_cache or name != "hit" else "check on the Redis path", reports)
    require_hits(bench, results["hit"])
    result.add(FORGED[0], ratios(results, "forged", "hit", rate), *FORGED[1:])
    result.add(MALFORMED[0], ratios(results, "malformed", "hit", rate), *MALFORMED[1:])
    result.note(f"CPU of a forged token against a hit: {ratios(results, 'forged', 'hit', cpu)[0]:.2f} x")
