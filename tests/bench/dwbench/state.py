# SPDX-License-Identifier: ISC
"""P9, P10 and P11: what sessions cost in Redis, in time and in memory, and whether their number matters."""

import json
import re
import time

from dwtest import config
from dwtest.redis import Redis

from .measure import CommandStats, alternate, cpu, cpu_ns, load
from .rows import row
from .table import Unmeasured

SERVER_TIME = {"check": 3.5, "refresh": 16.0, "logout": 20.0, "login": 25.0}
SHAPES = ( # name, flags of the seeder, limits at one and at five sessions a user
    ("cookie session", (), 285, 110),
    ("with refresh family and logout record", ("-r", "-e"), 415, 240),
    ("with a chosen device id too", ("-r", "-e", "-d"), 480, 290),
    ("cookie session, and what risk.enabled remembers", ("-m",), 350, 125))
LATENCY = ("latency, mean of one client", "<=", 1.1, "x")
CHECK_CPU = ("CPU application + Redis a check", "<=", 1.1, "x")
BYTES = ("bytes a session", "<=", 1.1, "x")


class Monitor:
    """What a client sends to Redis, told from what scripts do there."""

    END = "end-of-the-look"

    def __init__(self, bench):
        self.bench = bench
        self.redis = bench.site.redis()
        self.redis("MONITOR")

    def commands(self):
        """{command: times}, as it came from clients, until now."""
        with self.bench.site.redis() as redis:
            redis("ECHO", self.END)
        found = {}
        while True:
            line = self.redis.file.readline()
            if not line or self.END.encode() in line:
                break
            match = re.match(rb'\+\S+ \[\d+ (\S+)\] "([^"]+)"', line)
            if match and match[1] != b"lua":
                name = match[2].decode().lower()
                found[name] = found.get(name, 0) + 1
        self.redis.close()
        return found


def sent_by(bench, values, ask):
    """The commands one request sends, seen over some: housekeeping comes less often than once in two."""
    monitor = Monitor(bench)
    count = ask(values)["requests"]
    return {name for name, times in monitor.commands().items() if times * 2 >= count}


def operations(bench):
    """{operation: (tokens for a look, tokens for the measurement, ask(tokens))}. One client: the times are those of a clock on the wall, and
    a Redis that others keep from its core in the middle of a command would be charged for them."""
    sockets = bench.site.sockets
    size = 5000 if bench.quick else 20000
    refresh = bench.fcgi("POST", "/refresh", body=json.dumps({"refresh_token": "@VALUE@"}), headers=[("CONTENT_TYPE", "application/json")])

    def once(template, where=None):
        return lambda values: load(bench, where or sockets["check"], template, values=values, order="1", span=60, connections=1)

    uncached = once(bench.check, bench.uncached.sockets["check"])
    return {"check": (bench.seed(40), bench.seed(size), uncached),
            "refresh": (bench.seed(40, "-r", "-t", "refresh"), bench.seed(size, "-r", "-t", "refresh"), once(refresh)),
            "logout": (bench.seed(40, "-r"), bench.seed(size, "-r"), once(bench.logout))}


def server_time(bench, redis, sent, run):
    """Microseconds a request in these commands, and of Redis's CPU in all."""
    pids = [bench.site.redis_process.pid]
    stats, before = CommandStats(redis), cpu_ns(pids)
    requests = run()
    spent = (cpu_ns(pids) - before) / 1e3
    numbers = stats.read()
    return sum(numbers[name][1] for name in sent if name in numbers) / requests, spent / requests


@row("P9", "Redis server time, by its commandstats, of everything a request sends",
     *[(name, "<=", limit, "µs") for name, limit in SERVER_TIME.items()])
def redis_time(bench, result):
    size = 5000 if bench.quick else 20000

    def seeded():
        bench.seed(size, "-r", seeders=1)
        return size

    with bench.site.redis() as redis:
        values, whole = {name: [] for name in SERVER_TIME}, {}
        for number in range(bench.rounds):
            bench.progress(f"round {number + 1} of {bench.rounds}")
            for name, (few, tokens, ask) in operations(bench).items():
                sent = sent_by(bench, few, ask)
                spent, whole[name] = server_time(bench, redis, sent, lambda ask=ask, tokens=tokens: ask(tokens)["requests"])
                values[name].append(spent)
                if number == 0:
                    result.note(f"{name} sends {', '.join(sorted(sent))}")
            spent, whole["login"] = server_time(bench, redis, {"evalsha"}, seeded)
            values["login"].append(spent)
    result.note("login: the script alone, a new user's first, with cookie and refresh family")
    result.note("CPU of Redis a request, reading and writing included: " + ", ".join(f"{name} {spent:.1f}" for name, spent in whole.items()) + " µs")
    for name, limit in SERVER_TIME.items():
        result.add(name, values[name], "<=", limit, "µs")


# Copies the records, and nothing else, to a database that is empty.
COPY_ALL = """
local cursor, copied = '0', 0
repeat
	local reply = redis.call('SCAN', cursor, 'MATCH', 'dw:*', 'COUNT', 1000)
	cursor = reply[1]
	for _, key in ipairs(reply[2]) do copied = copied + redis.call('COPY', key, key, 'DB', 1) end
until cursor == '0'
return copied
"""


class Population:
    """Sessions in a Redis of their own."""

    def __init__(self, bench, name):
        self.bench = bench
        self.path, self.process = bench.another_redis(name)
        self.conf = f"{bench.site.dir}/{name}.conf"
        self.url = {"redis": {"url": f"unix:{self.path}"}}
        with open(self.conf, "w", encoding="utf-8") as file:
            file.write(config.text(config.merged(bench.site.conf, self.url)))

    @staticmethod
    def settled_memory(redis):
        """Bytes in use once a table that is being rebuilt has been."""
        last = None
        for _ in range(20):
            size = int(re.search(rb"used_memory:(\d+)", redis("INFO", "memory"))[1])
            if size == last:
                break
            last = size
            time.sleep(0.25)
        return last

    def bytes(self, sessions):
        """Bytes a session: what a copy of all records adds, keys, table and expiry included; so neither the outbox nor connections count."""
        with Redis(self.path, 120.0) as redis:
            for _ in range(2): # the first time other things grow with it
                before = self.settled_memory(redis)
                if redis("EVAL", COPY_ALL, 0) == 0:
                    raise Unmeasured("there are no records")
                added = self.settled_memory(redis) - before
                redis("SELECT", 1)
                redis("FLUSHDB", "SYNC")
                redis("SELECT", 0)
        return added / sessions

    def fill(self, users, *flags, sessions=1):
        """Tokens, and bytes a session."""
        tokens = self.bench.seed(users, *flags, conf=self.conf, sessions=sessions)
        return tokens, self.bytes(users * sessions)

    def stop(self):
        self.process.stop()


def shape_name(name, sessions):
    return f"{name}, {sessions} a user"


@row("P10", "Redis bytes per live session, with name and groups",
     *[(shape_name(name, n), "<=", limit, "B") for name, _, one, five in SHAPES for n, limit in ((1, one), (5, five))])
def redis_bytes(bench, result):
    total = 25000 if bench.quick else 100000
    for name, flags, one, five in SHAPES:
        for sessions, limit in ((1, one), (5, five)):
            bench.progress(shape_name(name, sessions))
            population = Population(bench, f"bytes{bench.files}")
            size = population.fill(total // sessions, *flags, sessions=sessions)[1]
            population.stop()
            result.add(shape_name(name, sessions), [size], "<=", limit, "B")
    result.note(f"{total} sessions each: what a copy of the records adds to used_memory, keys, table and expiry included; user id of 22 bytes, name "
                "of 11, groups of 11, IPv4; the logout record is that of an earlier login, the chosen device id has 40 characters")


@row("P11", "checks and memory at 10^6 sessions against 10^3, L1 off", LATENCY, CHECK_CPU, BYTES)
def population(bench, result):
    large = 100000 if bench.quick else 1000000
    sizes = {"10^3": 1000, f"10^{len(str(large)) - 1}": large}
    runs, sizes_of, daemons = {}, {}, []
    off = {"cache": {"enabled": False}} if bench.has_cache else {}
    for name, users in sizes.items():
        bench.progress(f"making {users} sessions")
        place = Population(bench, f"population{users}")
        tokens, sizes_of[name] = place.fill(users)
        daemon = bench.daemon(f"population-{users}", config.merged(place.url, off))
        daemons.append((daemon, place))
        roots = {"app": [daemon.pid], "redis": [place.process.pid]}
        runs[name] = lambda daemon=daemon, tokens=tokens, roots=roots: load(bench, daemon.sockets["check"], bench.check, values=tokens, order="r",
                                                                            connections=1, roots=roots)
    results = alternate(bench, runs)
    for daemon, place in daemons:
        daemon.stop()
        place.stop()
    for name, reports in results.items():
        result.contender(f"{name} sessions of {sizes_of[name]:.0f} B", reports)
    small, big = sizes
    pairs = list(zip(results[big], results[small]))
    figures = {LATENCY: [a["latency_us"]["mean"] / b["latency_us"]["mean"] for a, b in pairs], CHECK_CPU: [cpu(a) / cpu(b) for a, b in pairs],
               BYTES: [sizes_of[big] / sizes_of[small]]}
    if bench.quick:
        shown = ", ".join(f"{figure[0]} {sorted(values)[len(values) // 2]:.2f} x" for figure, values in figures.items())
        result.note(f"at 10^5 against 10^3: {shown}")
        raise Unmeasured("--quick stops at 10^5 sessions")
    for figure, values in figures.items():
        result.add(figure[0], values, *figure[1:])
