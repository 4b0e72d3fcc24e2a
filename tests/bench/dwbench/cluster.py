# SPDX-License-Identifier: ISC
"""P18: how a Cluster's masters share the checks that ask them, and how many questions go to the wrong one."""

from dwtest.cluster import Clustered

from .measure import CommandStats, load
from .rig import OPTIONS, WORKERS
from .rows import row

SHARE = ("checks by master, most against mean", "<=", 1.1, "x")
REDIRECTED = ("commands redirected after the first second", "<=", 0, "")
SESSIONS = 6000
WARM = 1.5  # seconds: the first one, in which each process finds out where everybody is
CONF = {**OPTIONS, "cache": {"enabled": False}, "throttle": {"enabled": False}}


def redirected(site):
    return sum(server.errors_of(word) for server in site.servers for word in ("MOVED", "ASK"))


def one_run(bench, site, tokens):
    """Checks that each master answered, how many were sent elsewhere, and the generator's report."""
    def ask(**kwargs):
        return load(bench, site.sockets["check"], bench.check, values=tokens, order="r", **kwargs)

    ask(span=WARM)
    stats = [CommandStats(redis) for redis in site.data()]
    before = redirected(site)
    report = ask(roots={"app": [site.daemon.pid], "redis": [server.process.pid for server in site.servers]})
    return [one.read().get("hmget", (0, 0))[0] for one in stats], redirected(site) - before, report


@row("P18", "a Cluster of three masters, L1 off", SHARE, REDIRECTED)
def cluster(bench, result):
    site = Clustered(conf=CONF, users=(), workers=WORKERS, level="warn")
    bench.stack.callback(bench.close_site, site)
    site.start()
    bench.progress("making sessions")
    tokens = bench.seed(SESSIONS, conf=site.conf_file)
    shares, astray, reports = [], [], []
    for number in range(bench.rounds):
        bench.progress(f"round {number + 1} of {bench.rounds}")
        counts, sent_elsewhere, report = one_run(bench, site, tokens)
        shares.append(max(counts) * len(counts) / sum(counts))
        astray.append(sent_elsewhere)
        reports.append(report)
        result.note(f"checks by master: {', '.join(str(count) for count in counts)}, of {report['requests']}")
    result.add(SHARE[0], shares, *SHARE[1:])
    result.add(REDIRECTED[0], astray, *REDIRECTED[1:])
    result.contender("checks", reports)
    result.note(f"{SESSIONS} sessions of as many users, asked for at random; six nodes, all on one machine; the first {WARM:g} s are not counted")
