# SPDX-License-Identifier: ISC
"""P17: ten minutes of everything at once, with reloads and workers that are told to leave: does anything grow, is anything lost?"""

import contextlib
import json
import os
import signal
import statistics
import time

from .host import memory, workers
from .measure import Load, descendants
from .rows import row
from .table import Unmeasured

SPAN, QUICK_SPAN, FIRST = 600, 40, 60 # seconds: of the run, of a quick one, and of its beginning, in which memory may still grow
RELOAD, LEAVE = 5, 1                  # seconds between two reloads, and between two workers that are told to leave
CHECKS, LOGINS, REFRESHES, LOGOUTS = 300, 3, 20, 20 # a second
PRIVATE = ("growth of private memory after a minute", "<=", 1.01, "x")
DESCRIPTORS = ("growth of descriptors after a minute", "<=", 1.01, "x")
LOST = ("requests without their answer", "<=", 0, "")


def everything(bench, daemon, span):
    """{name: Load}. Connections are new ones: a kept one that is closed while the next request is on its way is the front's to repeat."""
    refresh = bench.fcgi("POST", "/refresh", body=json.dumps({"refresh_token": "@VALUE@"}), headers=[("CONTENT_TYPE", "application/json")])
    check, login = daemon.sockets["check"], daemon.sockets["login"]
    many = int(span * (REFRESHES + LOGOUTS))
    values = {"refreshes": bench.seed(many, "-r", "-t", "refresh"), "logouts": bench.seed(many, "-r")}
    bench.accounts, bench.few # made before anything runs

    def of(where, template, tokens, rate, **kwargs):
        return Load(bench, where, template, values=tokens, rate=rate, keep=False, connections=4, span=span, expect=None, **kwargs)

    return {"checks": of(check, bench.check, bench.few, CHECKS, order="r"),
            "refreshes": of(check, refresh, values["refreshes"], REFRESHES, order="1"),
            "logouts": of(check, bench.logout, values["logouts"], LOGOUTS, order="1"),
            "logins": of(login, bench.sign_in, bench.accounts[0], LOGINS)}


class Sizes:
    """What the processes of a daemon hold, looked at between two disturbances."""

    def __init__(self, pid):
        self.pid, self.private, self.descriptors = pid, [], []

    def look(self):
        private = descriptors = 0
        for pid in descendants(self.pid):
            with contextlib.suppress(FileNotFoundError, ProcessLookupError, PermissionError):
                private += memory(pid)[0]
                descriptors += len(os.listdir(f"/proc/{pid}/fd"))
        self.private.append(private)
        self.descriptors.append(descriptors)


def tell_one_to_leave(daemon, turn):
    there = [worker["pid"] for pool in ("check", "login") for worker in workers(daemon).get(pool, [])]
    if there:
        with contextlib.suppress(ProcessLookupError):
            os.kill(there[turn % len(there)], signal.SIGTERM)


def disturb(daemon, span, sizes):
    """Returns how often; ${sizes} are looked at just before each reload."""
    begun, turn, reloads = time.monotonic(), 0, 0
    while time.monotonic() - begun < span - 2:
        time.sleep(max(0.0, begun + (turn + 1) * LEAVE - time.monotonic()))
        turn += 1
        if turn % (RELOAD // LEAVE) == 0:
            sizes.look()
            os.kill(daemon.pid, signal.SIGHUP)
            reloads += 1
        else:
            tell_one_to_leave(daemon, turn)
    return turn - reloads, reloads


def growth(values, skip):
    """The last third against the first third of what comes after the beginning: the middle ones, as a process may just be leaving."""
    rest = values[skip:]
    third = len(rest) // 3
    if third == 0:
        raise Unmeasured("too short to see anything grow")
    return statistics.median(rest[-third:]) / statistics.median(rest[:third])


@row("P17", "ten minutes of checks, logins, refreshes and logouts; a reload every 5 s, a worker told to leave every second",
     PRIVATE, DESCRIPTORS, LOST)
def soak(bench, result):
    span = QUICK_SPAN if bench.quick else SPAN
    daemon = bench.daemon("soak", {"workers": {"check": 4, "login": 2}})
    sizes = Sizes(daemon.pid)
    running = everything(bench, daemon, span)
    bench.progress(f"{span} s of everything")
    left, reloads = disturb(daemon, span, sizes)
    reports = {name: load.result() for name, load in running.items()}
    daemon.stop()
    result.note(f"{reloads} reloads, {left} workers told to leave; private memory of all processes {min(sizes.private):.1f} to "
                f"{max(sizes.private):.1f} MiB, descriptors {min(sizes.descriptors)} to {max(sizes.descriptors)}")
    for name, report in reports.items():
        result.note(f"{name}: {report['requests']} answered {report['statuses']}, {report['failed']} not")
    lost = sum(report["failed"] + report["requests"] - report["statuses"].get("200", 0) for report in reports.values())
    result.add(LOST[0], [lost], *LOST[1:], target="0")
    if bench.quick:
        raise Unmeasured("--quick stops before anything could have grown")
    result.add(PRIVATE[0], [growth(sizes.private, FIRST // RELOAD)], *PRIVATE[1:])
    result.add(DESCRIPTORS[0], [growth(sizes.descriptors, FIRST // RELOAD)], *DESCRIPTORS[1:])
