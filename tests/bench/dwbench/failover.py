# SPDX-License-Identifier: ISC
"""P16: a master of Redis is killed under load. How long after Redis has a new one every check is answered again, and what went wrong."""

import itertools
import threading
import time

from dwtest.cluster import Clustered, Crowd
from dwtest.sentinel import NAME, Guarded, Life

from .rig import OPTIONS, WORKERS
from .rows import row

USERS = [f"user{i:02}" for i in range(12)]
BEYOND = ("without a right answer, beyond Redis' own time", "<=", 0.3, "s")
REFUSED = ("checks of live sessions refused", "<=", 0, "")
BACK = ("acknowledged logouts let in", "<=", 0, "")
# As operators have it: Redis' own time-outs, no cache that would hide anything, and logouts that are to survive.
CONF = {**OPTIONS, "redis": {"command_timeout": "100ms", "durability": "replica", "wait_replicas": "all"}, "cache": {"enabled": False},
        "throttle": {"enabled": False}, "session": {**OPTIONS["session"], "limit": 1000}}


class Probe:
    """Checks without a pause: when the last one failed that was not answered as it should be."""

    def __init__(self, site, cookies):
        self.site, self.cookies = site, cookies
        self.last, self.over = None, threading.Event()
        self.thread = threading.Thread(target=self.run)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()

    def run(self):
        for cookie in itertools.cycle(self.cookies):
            if self.over.is_set():
                return
            try:
                good = self.site.check(cookie=cookie).status == 200
            except (OSError, EOFError):
                good = False
            if not good:
                self.last = time.monotonic()
            time.sleep(0.002)


class Sentinel:
    name, life, users = "Sentinel", Life, ["alice"]
    note = "three sentinels, down-after-milliseconds 500, three servers"

    def __init__(self):
        self.site = Guarded(conf=CONF, users=self.users, workers=WORKERS, level="warn")

    def victim(self):
        return self.site.master()

    def has_another(self, old):
        """A server other than ${old} says that it is a master, and the sentinels name it."""
        for sentinel in self.site.sentinels:
            port = int(sentinel.ask("SENTINEL", "GET-MASTER-ADDR-BY-NAME", NAME, timeout=1.0)[1])
            server = next(one for one in self.site.servers if one.port == port)
            if server is not old and server.ask("ROLE", timeout=1.0)[0] == b"master":
                return True
        return False


class Cluster:
    name, life, users = "Cluster", Crowd, USERS
    note = "three masters with a replica each, cluster-node-timeout 1500"

    def __init__(self):
        self.site = Clustered(conf=CONF, users=self.users, workers=WORKERS, level="warn")

    def victim(self):
        self.replica = self.site.replica_of(self.site.busiest())
        return self.site.busiest()

    def has_another(self, old):
        return self.replica.ask("ROLE", timeout=1.0)[0] == b"master"


def new_master(kind, old):
    """When Redis has one again."""
    while True:
        try:
            if kind.has_another(old):
                return time.monotonic()
        except (OSError, EOFError, RuntimeError):
            pass
        time.sleep(0.005)


def one_failover(kind):
    """Seconds that Redis had no master, and those until the last check failed, both from the kill; and what people met."""
    site = kind.site
    site.wait_whole()
    cookies = [site.login(user, mode="cookie").cookie for user in kind.users]
    with kind.life(site) as life, Probe(site, cookies) as probe:
        time.sleep(1.0)
        old = kind.victim()
        killed = time.monotonic()
        old.kill()
        redis = new_master(kind, old) - killed
        time.sleep(4.0)
    old.start()
    site.wait_whole()
    life.settle()
    return redis, (probe.last or killed) - killed, life


def measure(bench, result, kind):
    bench.stack.callback(bench.close_site, kind.site)
    kind.site.start()
    values = {BEYOND: [], REFUSED: [], BACK: []}
    for number in range(bench.rounds):
        bench.progress(f"{kind.name}, failover {number + 1} of {bench.rounds}")
        redis, ours, life = one_failover(kind)
        values[BEYOND].append(max(0.0, ours - redis))
        values[REFUSED].append(len(life.wrong))
        values[BACK].append(len(set(life.back)))
        result.note(f"{kind.name}: Redis without a master for {redis:.2f} s, the last check failed after {ours:.2f} s; "
                    f"{dict(sorted(life.count.items()))}, logins lost {len(life.lost)}")
    for figure, measured in values.items():
        result.add(f"{kind.name}: {figure[0]}", measured, *figure[1:])
    result.note(f"{kind.name}: {kind.note}, two workers, all on one machine; no session cache")


@row("P16", "failover: a master is killed under checks, logins, refreshes and logouts",
     *[(f"{kind.name}: {figure[0]}", *figure[1:]) for kind in (Sentinel, Cluster) for figure in (BEYOND, REFUSED, BACK)])
def failover(bench, result):
    for kind in (Sentinel, Cluster):
        measure(bench, result, kind())
