# SPDX-License-Identifier: ISC
"""P6, P7 and P8: what a login costs beyond its hash, the hash itself, and checks while passwords are hashed."""

import json
import subprocess

from .measure import Load, alternate, load
from .rig import WORKERS
from .rows import row
from .table import Unmeasured

BEYOND = ("CPU of a login beyond the bare hash", "<=", 1.0, "ms")
BOTH = ("logins/s against bare hashes/s, all cores", ">=", 0.95, "x")
PBKDF2 = ("speed against PKCS5_PBKDF2_HMAC", ">=", 2.0, "x")
P99 = ("p99 of checks while logins hammer", "<=", 5.0, "ms")
GUESSED = ("p99 of checks while 64 clients guess", "<=", 5.0, "ms")
GUESSERS = 64
FAILED = ("failed checks", "<=", 0, "")
ITERATIONS = 100000
CHECKS_A_SECOND = 2000


def tool(bench, *words):
    done = subprocess.run([bench.tool(words[0]), *map(str, words[1:])], capture_output=True, text=True, check=False, timeout=120)
    if done.returncode != 0:
        raise Unmeasured(done.stderr.strip())
    return json.loads(done.stdout)


def logins(bench, clients, **kwargs):
    """Not kept: the login pool takes one connection a worker and closes it."""
    site = bench.site
    return Load(bench, site.sockets["login"], bench.sign_in, values=bench.accounts[0], keep=False, connections=clients,
                roots=bench.roots(site.daemon.pid), **kwargs)


@row("P6", "login: beyond the bare hash", BEYOND, BOTH)
def login_cost(bench, result):
    bench.accounts  # made before anything is timed
    span = bench.span * 2 # a login is long, a run must hold many
    results = alternate(bench, {
        "bare hashes": lambda: tool(bench, "hash", "bare", span, WORKERS),
        "logins": lambda: logins(bench, 2 * WORKERS, span=span).result()})
    pairs = list(zip(results["logins"], results["bare hashes"]))
    result.contender("logins", results["logins"])
    for one, bare in pairs:
        result.note(f"{one['rate']:.1f} logins/s at {one['cpu']['app'] / 1e3:.2f} + Redis {one['cpu']['redis'] / 1e3:.3f} ms of CPU; "
                    f"{bare['rate']:.1f} bare hashes/s at {bare['cpu_us'] / 1e3:.2f} ms; {one['idle']:.0%} of the machine idle during the logins")
    result.add(BEYOND[0], [(one["cpu_all"] - bare["cpu_us"]) / 1e3 for one, bare in pairs], *BEYOND[1:])
    result.add(BOTH[0], [one["rate"] / bare["rate"] for one, bare in pairs], *BOTH[1:])


@row("P7", "PBKDF2-SHA256 verification", PBKDF2)
def pbkdf2(bench, result):
    runs = [tool(bench, "hash", "pbkdf2", ITERATIONS, bench.span) for _ in range(bench.rounds)]
    result.add(PBKDF2[0], [run["openssl_ms"] / run["ours_ms"] for run in runs], *PBKDF2[1:])
    result.note(f"{ITERATIONS} iterations: {runs[0]['ours_ms']:.1f} ms against {runs[0]['openssl_ms']:.1f} ms")


def checks(bench, **kwargs):
    return Load(bench, bench.site.sockets["check"], bench.check, values=bench.few, rate=CHECKS_A_SECOND, order="r", expect=None, **kwargs)


def guesses(bench, **kwargs):
    """From one address, at every account: after a while all of them are refused without a hash."""
    return Load(bench, bench.site.sockets["login"], bench.guess, values=bench.accounts[0], keep=False, connections=GUESSERS, expect=None,
                **kwargs)


def summary(name, report):
    latency = report["latency_us"]
    line = f"{name}: p50 {latency['p50']:.0f} p99 {latency['p99']:.0f} max {latency['max']:.0f} µs"
    if "logins" in report:
        line += f", {report['logins']:.1f} logins/s meanwhile"
    if "guesses" in report:
        line += f", {report['guesses']['rate']:.0f} guesses/s meanwhile, answered {report['guesses']['statuses']}"
    return line


@row("P8", f"checks at {CHECKS_A_SECOND}/s while twice as many clients as login workers log in, and while {GUESSERS} guess", P99, GUESSED,
     FAILED)
def checks_under_logins(bench, result):
    bench.accounts, bench.few  # made before anything is timed
    span = bench.span * 2

    def hammered():
        logging_in = logins(bench, 2 * WORKERS, span=span + 0.5)
        report = checks(bench, span=span).result()
        report["logins"] = logging_in.result()["rate"]
        return report

    def guessed():
        guessing = guesses(bench, span=span + 0.5)
        report = checks(bench, span=span).result()
        report["guesses"] = guessing.result()
        return report

    results = alternate(bench, {"idle": lambda: checks(bench, span=span).result(), "hammered": hammered, "guessed": guessed})
    failed = 0
    for name, reports in results.items():
        for report in reports:
            failed += report["failed"] + sum(n for status, n in report["statuses"].items() if status != "200")
            result.note(summary(name, report))
    idle = sorted(report["latency_us"]["p99"] / 1e3 for report in results["idle"])[bench.rounds // 2]
    limit = max(P99[2], 2 * idle)
    result.add(P99[0], [report["latency_us"]["p99"] / 1e3 for report in results["hammered"]], "<=", limit, "ms",
               target=f"<= 2 x {idle:.2f} or 5 ms")
    result.add(GUESSED[0], [report["latency_us"]["p99"] / 1e3 for report in results["guessed"]], "<=", limit, "ms",
               target=f"<= 2 x {idle:.2f} or 5 ms")
    result.add(FAILED[0], [failed], *FAILED[1:], target="0")
