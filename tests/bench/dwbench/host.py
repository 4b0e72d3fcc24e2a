# SPDX-License-Identifier: ISC
"""P12 and P13: how soon a logout counts, on this host and on another, and what a worker and a start cost."""

import json
import subprocess
import time

from .checks import check_few, require_hits
from .measure import Load, load
from .rows import row
from .table import Unmeasured

SAME_HOST = ("accepted after the 200 on the same host", "<=", 0, "")
P50 = ("other host, p50", "<=", 0.5, "ms")
P99 = ("other host, p99", "<=", 5.0, "ms")
PRIVATE = ("private memory of a check worker", "<=", 1.0, "MiB")
UNCALLED = ("libraries a check worker maps and never calls", "<=", 0, "")
MODULES = ("libpq", "libldap", "libpam", "libcurl", "librabbitmq", "userdb_", "sink_")
READY = ("master to 16 workers ready", "<=", 100.0, "ms")
BACKGROUND = 2000 # checks/s on each host meanwhile


@row("P12", "logout's 200 until the session is refused", SAME_HOST, P50, P99)
def eviction(bench, result):
    site = bench.site
    other = bench.daemon("other-host")
    check_few(bench, other) # fills its cache
    hits = check_few(bench, other)
    size = 300 if bench.quick else 3000
    figures = []
    for number in range(bench.rounds):
        bench.progress(f"round {number + 1} of {bench.rounds}: {size} logouts under load")
        tokens = bench.seed(size)
        background = [Load(bench, where, bench.check, values=bench.few, rate=BACKGROUND, order="r", connections=8, span=2 + size / 1500, expect=None)
                      for where in (site.sockets["check"], other.sockets["check"])]
        argv = [bench.tool("evict"), site.sockets["check"], other.sockets["check"], tokens, bench.check, bench.logout]
        done = subprocess.run(argv, capture_output=True, text=True, timeout=120, check=False)
        reports = [one.result() for one in background]
        if done.returncode != 0:
            raise Unmeasured(done.stderr.strip())
        figures.append(json.loads(done.stdout))
        failed = sum(report["failed"] + report["requests"] - report["statuses"].get("200", 0) for report in reports)
        result.note(f"other host p50 {figures[-1]['p50_ms']:.3f} p99 {figures[-1]['p99_ms']:.3f} max {figures[-1]['max_ms']:.3f} ms; "
                    f"of the checks in the background {failed} failed")
    other.stop()
    result.add(SAME_HOST[0], [one["accepted_here"] for one in figures], *SAME_HOST[1:], target="0")
    result.note(f"before that, the other host asked Redis {hits['asked']:.4f} times a check")
    require_hits(bench, [hits])
    result.add(P50[0], [one["p50_ms"] for one in figures], *P50[1:])
    result.add(P99[0], [one["p99_ms"] for one in figures], *P99[1:])


def memory(pid):
    """MiB: private, resident, and of that the memory shared with the other processes, board and cache. The kernel calls a page of these
    private as long as only one process has touched it, so the mappings are looked at one by one."""
    private = resident = shared = 0
    with open(f"/proc/{pid}/smaps", encoding="utf-8", errors="replace") as file:
        for line in file:
            name, _, rest = line.partition(":")
            if " " in name: # "55d0-55e0 rw-p 0000 00" and so on: a mapping begins
                is_shared = line.split()[1].endswith("s")
            elif name == "Rss":
                resident += int(rest.split()[0])
                shared += int(rest.split()[0]) if is_shared else 0
            elif name in ("Private_Clean", "Private_Dirty") and not is_shared:
                private += int(rest.split()[0])
    return private / 1024, resident / 1024, shared / 1024


def objects(pid):
    """The shared objects that a process maps."""
    with open(f"/proc/{pid}/maps", encoding="utf-8", errors="replace") as file:
        return {line.split()[-1].rpartition("/")[2] for line in file if ".so" in line}


def workers(daemon):
    return {pool["name"]: [worker for worker in pool["workers"] if worker["state"] in ("ready", "busy")]
            for pool in (daemon.status() or {}).get("pools", [])}


def time_start(bench, number):
    """Milliseconds from the start of the master until the board shows 16 workers ready."""
    from .rig import Daemon

    begun = time.monotonic()
    daemon = Daemon(bench, f"start{number}", {"workers": {"check": 8, "login": 8}})
    while True:
        found = workers(daemon)
        if len(found.get("check", [])) == 8 and len(found.get("login", [])) == 8:
            break
        if time.monotonic() - begun > 10:
            raise Unmeasured("16 workers were not ready within 10 s")
        time.sleep(0.001)
    taken = (time.monotonic() - begun) * 1e3
    daemon.stop()
    return taken


@row("P13", "worker memory, and how long a start takes", PRIVATE, UNCALLED, READY)
def footprint(bench, result):
    site = bench.site
    load(bench, site.sockets["check"], bench.check, values=bench.few)
    pools = workers(bench.site_daemon)
    sizes = [memory(worker["pid"]) for worker in pools["check"]]
    result.add(PRIVATE[0], [max(private for private, _, _ in sizes)], *PRIVATE[1:])
    mapped = [objects(worker["pid"]) for worker in pools["check"]]
    result.add(UNCALLED[0], [max(len([one for one in found if one.startswith(MODULES)]) for found in mapped)], *UNCALLED[1:], target="0")
    result.note(f"a check worker maps {max(map(len, mapped))} shared objects")
    result.note("after runs of checks, the largest; board and cache are one piece of memory that all workers share")
    for name, found in pools.items():
        for worker in found:
            private, rss, shared = memory(worker["pid"])
            result.note(f"{name}: private {private:.2f} MiB, RSS {rss:.2f} MiB, of that board and cache {shared:.2f} MiB")
    starts = []
    for number in range(max(3, bench.rounds)):
        bench.progress(f"start {number + 1}")
        starts.append(time_start(bench, number))
    result.add(READY[0], starts, *READY[1:])
