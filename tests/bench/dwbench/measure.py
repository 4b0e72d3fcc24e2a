# SPDX-License-Identifier: ISC
"""Measuring: runs of the load generator, CPU time of groups of processes, Redis's own account of its commands."""

import json
import os
import subprocess

from dwtest.proc import parent

from .table import Unmeasured

CONNECTIONS = 16
TICKS = os.sysconf("SC_CLK_TCK")


def descendants(pid):
    """pid and everything below it."""
    children = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            children.setdefault(parent(int(name)), []).append(int(name))
    found, todo = [], [pid]
    while todo:
        found.append(todo.pop())
        todo += children.get(found[-1], [])
    return found


def cpu_ns(pids):
    """Time on a CPU of all threads of these processes, from the scheduler's own account."""
    total = 0
    for pid in pids:
        try:
            for task in os.listdir(f"/proc/{pid}/task"):
                with open(f"/proc/{pid}/task/{task}/schedstat", encoding="ascii") as file:
                    total += int(file.read().split()[0])
        except (FileNotFoundError, ProcessLookupError):
            continue
    return total


def machine_seconds():
    """Since the start of the machine, over all its cores: busy, idle."""
    with open("/proc/stat", encoding="ascii") as file:
        ticks = [int(word) for word in file.readline().split()[1:9]]
    idle = ticks[3] + ticks[4]
    return (sum(ticks) - idle) / TICKS, idle / TICKS


class Groups:
    """What happens between start and end: CPU time of named groups of processes, and what the rest of the machine did meanwhile."""

    def __init__(self, **roots):
        self.pids = {name: [pid for root in pids for pid in descendants(root)] for name, pids in roots.items()}
        self.before = {name: cpu_ns(pids) for name, pids in self.pids.items()}
        self.machine = machine_seconds()

    def end(self, requests, own_cpu):
        """Microseconds a request by group, their sum; and the shares of the machine that lay idle and that went to others than these."""
        used = {name: cpu_ns(pids) - self.before[name] for name, pids in self.pids.items()}
        busy, idle = (now - before for now, before in zip(machine_seconds(), self.machine))
        others = busy - sum(used.values()) / 1e9 - own_cpu
        both = busy + idle or 1.0  # five requests may take less than the kernel's tick
        per_request = {name: ns / 1e3 / max(requests, 1) for name, ns in used.items()}
        return {"cpu": per_request, "cpu_all": sum(per_request.values()), "idle": idle / both, "others": max(0.0, others) / both}


class Load:
    """One run of the load generator, started; result() waits for it."""

    def __init__(self, bench, where, template, *, values=None, span=None, connections=CONNECTIONS, rate=None, keep=True, http=False,
                 order="", expect=(200,), roots=None):
        self.expect = expect
        self.groups = Groups(**{name: pids for name, pids in (roots or {}).items() if pids})
        self.span = bench.span if span is None else span
        argv = [bench.tool("load"), "-c", str(connections), "-d", str(self.span)]
        argv += ["-k"] if keep else []
        argv += ["-h"] if http else []
        argv += [f"-{order}"] if order else []
        argv += ["-R", str(rate)] if rate else []
        argv += ["-v", values] if values else []
        self.popen = subprocess.Popen([*argv, str(where), template], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        bench.note_process(self.popen)

    def result(self):
        """The generator's report, and what Groups adds to it. Wrong answers make it worthless, unless nothing is expected."""
        out, wrong = self.popen.communicate(timeout=self.span + 30)
        if self.popen.returncode != 0:
            raise Unmeasured(f"the load generator failed: {wrong.strip()}")
        report = json.loads(out)
        report |= self.groups.end(report["requests"], report["own_cpu"])
        others = {status: n for status, n in report["statuses"].items() if self.expect and int(status) not in self.expect}
        if report["requests"] == 0 or (self.expect and (others or report["failed"])):
            raise Unmeasured(f"of {report['requests']} answers some were wrong: {others}, {report['failed']} failed. {wrong.strip()}")
        return report


def load(bench, where, template, **kwargs):
    return Load(bench, where, template, **kwargs).result()


def alternate(bench, runs):
    """{name: function} in turns, A B A B, as many rounds as the bench has; {name: [results]}."""
    results = {name: [] for name in runs}
    for number in range(bench.rounds):
        for name, run in runs.items():
            bench.progress(f"round {number + 1} of {bench.rounds}: {name}")
            results[name].append(run())
    return results


def ratios(results, one, other, what):
    """what(result) of one against the other, round by round."""
    return [what(a) / what(b) for a, b in zip(results[one], results[other])]


def rate(report):
    return report["rate"]


def cpu(report):
    return report["cpu_all"]


class CommandStats:
    """Redis's own account between two moments."""

    def __init__(self, redis):
        self.redis = redis
        redis("CONFIG", "RESETSTAT")

    def read(self):
        """{command: (calls, microseconds)}"""
        out = {}
        for line in self.redis("INFO", "commandstats").decode().split("\r\n"):
            if line.startswith("cmdstat_"):
                name, _, rest = line[len("cmdstat_"):].partition(":")
                numbers = dict(item.split("=") for item in rest.split(","))
                out[name] = (int(numbers["calls"]), int(numbers["usec"]))
        return out
