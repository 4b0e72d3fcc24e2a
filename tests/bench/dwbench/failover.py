# SPDX-License-Identifier: ISC
"""P16: the master of Redis is killed under load. How long after Redis has a new one every check is answered again, and what went wrong."""

import threading
import time

from dwtest.sentinel import NAME, Guarded, Life

from .rig import OPTIONS, WORKERS
from .rows import row

BEYOND = ("Sentinel: without a right answer, beyond Redis' own time", "<=", 0.3, "s")
REFUSED = ("Sentinel: checks of live sessions refused", "<=", 0, "")
BACK = ("Sentinel: acknowledged logouts let in", "<=", 0, "")
# As operators have it: Redis' own time-outs, no cache that would hide anything, and logouts that are to survive.
CONF = {**OPTIONS, "redis": {"command_timeout": "100ms", "durability": "replica", "wait_replicas": "all"}, "cache": {"enabled": False},
        "throttle": {"enabled": False}, "session": {**OPTIONS["session"], "limit": 1000}}


class Probe:
    """Checks without a pause: when the last one failed that was not answered as it should be."""

    def __init__(self, site, cookie):
        self.site, self.cookie = site, cookie
        self.last, self.over = None, threading.Event()
        self.thread = threading.Thread(target=self.run)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()

    def run(self):
        while not self.over.is_set():
            try:
                good = self.site.check(cookie=self.cookie).status == 200
            except (OSError, EOFError):
                good = False
            if not good:
                self.last = time.monotonic()
            time.sleep(0.002)


def new_master(site, old):
    """When a server other than ${old} says that it is a master, which the sentinels name."""
    while True:
        for sentinel in site.sentinels:
            try:
                port = int(sentinel.ask("SENTINEL", "GET-MASTER-ADDR-BY-NAME", NAME, timeout=1.0)[1])
                server = next(one for one in site.servers if one.port == port)
                if server is not old and server.ask("ROLE", timeout=1.0)[0] == b"master":
                    return time.monotonic()
            except (OSError, EOFError, RuntimeError):
                pass
        time.sleep(0.005)


def one_failover(site):
    """Seconds that Redis had no master, and those until the last check failed, both from the kill; and what people met."""
    site.wait_whole()
    cookie = site.login(mode="cookie").cookie
    with Life(site) as life, Probe(site, cookie) as probe:
        time.sleep(1.0)
        old = site.master()
        killed = time.monotonic()
        old.kill()
        redis = new_master(site, old) - killed
        time.sleep(4.0)
    old.start()
    site.wait_whole()
    life.settle()
    return redis, (probe.last or killed) - killed, life


@row("P16", "failover: the master is killed under checks, logins, refreshes and logouts", BEYOND, REFUSED, BACK)
def failover(bench, result):
    site = Guarded(conf=CONF, workers=WORKERS, level="warn")
    bench.stack.callback(bench.close_site, site)
    site.start()
    beyond, refused, back = [], [], []
    for number in range(bench.rounds):
        bench.progress(f"failover {number + 1} of {bench.rounds}")
        redis, ours, life = one_failover(site)
        beyond.append(max(0.0, ours - redis))
        refused.append(len(life.wrong))
        back.append(len(set(life.back)))
        result.note(f"Redis without a master for {redis:.2f} s, the last check failed after {ours:.2f} s; {dict(sorted(life.count.items()))}, "
                    f"logins lost {len(life.lost)}")
    result.add(BEYOND[0], beyond, *BEYOND[1:])
    result.add(REFUSED[0], refused, *REFUSED[1:])
    result.add(BACK[0], back, *BACK[1:])
    result.note("three sentinels, down-after-milliseconds 500, three servers, two workers, all on one machine; no session cache")
