# SPDX-License-Identifier: ISC
"""P15: how soon somebody else hears of a logout, how many events a second one relay carries, and what it costs."""

import json
import os
import pathlib
import signal
import time

from dwtest import Site, relay
from dwtest.check import Failed, Skip, wait_until
from dwtest.rabbit import Rabbit
from dwtest.sinking import Sinking

from . import configs
from .measure import cpu_ns
from .rig import OPTIONS, WORKERS
from .rows import row
from .table import Unmeasured

IDLE = ("idle: the webhook after the 200, p50", "<=", 5.0, "ms")
IDLE99 = ("idle: p99", "<=", 25.0, "ms")
BUSY = ("at 200 endings/s: p50", "<=", 5.0, "ms")
BUSY99 = ("at 200 endings/s: p99", "<=", 25.0, "ms")
WEBHOOK = ("events/s to one webhook", ">=", 2000.0, "/s")
RABBIT = ("events/s to RabbitMQ", ">=", 5000.0, "/s")
CPU = ("CPU of the relay a logout", "<=", 100.0, "us")
RATE = 200 # endings a second
FILL = "for i = 2, #ARGV do redis.call('XADD', KEYS[1], '*', 'e', ARGV[i]) end"
BATCH = 100
DRAIN_MAX = 120 # seconds
LOOK = 0.05
# How many outboxes hold something that a group, which may not be there yet, has not acknowledged.
BEHIND = """
local behind = #KEYS
for _, key in ipairs(KEYS) do
	local last = redis.call('XREVRANGE', key, '+', '-', 'COUNT', 1)[1][1]
	for _, flat in ipairs(redis.call('XINFO', 'GROUPS', key)) do
		local g = {}
		for i = 1, #flat, 2 do g[flat[i]] = flat[i + 1] end
		if g.name == ARGV[1] and g.pending == 0 and g['last-delivered-id'] == last then behind = behind - 1 end
	end
end
return behind
"""


def quantile(values, q):
    return sorted(values)[min(len(values) - 1, int(q * len(values)))]


def relay_pid(site):
    pools = site.admin("GET", "/status?json").json["pools"]
    return next(worker["pid"] for pool in pools if pool["name"] == "relay" for worker in pool["workers"])


def sessions(bench, site, count):
    """Tokens of so many; the events of their logins are delivered by then, and in nobody's way."""
    tokens = pathlib.Path(bench.seed(count, conf=site.conf_file)).read_text().split()
    relay.drained(site)
    return tokens


def end(site, token):
    """Ends the session of ${token}; returns it and when the answer was there."""
    answer = site.logout(cookie=token).expect(200)
    return answer.json["logout"]["session_id"], time.monotonic()


def delays(site, ended):
    """Milliseconds from each answer until the receiver had its webhook; one that was there first counts as none."""
    def arrived():
        found = {}
        for posted in list(site.receiver.posted):
            if b'"logout"' in posted.body:
                found.setdefault(json.loads(posted.body)["session_id"], posted.at)
        return found

    try:
        wait_until(lambda: set(arrived()) >= {session for session, _ in ended}, "the webhooks", 30)
    except Failed as error:
        raise Unmeasured(str(error)) from error
    found = arrived()
    return [max(0.0, (found[session] - at) * 1e3) for session, at in ended]


def one_by_one(site, tokens):
    ended = []
    for token in tokens:
        ended.append(end(site, token))
        time.sleep(0.02)
    return delays(site, ended)


def at_a_rate(site, tokens):
    begun, ended = time.monotonic(), []
    for i, token in enumerate(tokens):
        time.sleep(max(0.0, begun + i / RATE - time.monotonic()))
        ended.append(end(site, token))
    return delays(site, ended), len(tokens) / (ended[-1][1] - begun)


def latencies(bench, result):
    site = Sinking(conf=OPTIONS, users=(), workers=WORKERS, level="warn")
    bench.stack.callback(bench.close_site, site)
    site.start()
    end(site, sessions(bench, site, 8)[0]) # the connection is made
    idle, busy, costs = [], [], []
    for number in range(bench.rounds):
        bench.progress(f"round {number + 1} of {bench.rounds}")
        idle.append(one_by_one(site, sessions(bench, site, 100 if bench.quick else 400)))
        tokens = sessions(bench, site, 600 if bench.quick else 2000)
        pid = relay_pid(site)
        before = cpu_ns([pid])
        some, rate = at_a_rate(site, tokens)
        busy.append(some)
        costs.append((cpu_ns([pid]) - before) / 1e3 / len(tokens))
        result.note(f"idle p50 {quantile(idle[-1], .5):.2f} p99 {quantile(idle[-1], .99):.2f} max {max(idle[-1]):.1f} ms; at {rate:.0f}/s p50 "
                    f"{quantile(some, .5):.2f} p99 {quantile(some, .99):.2f} max {max(some):.1f} ms")
    result.add(IDLE[0], [quantile(some, .5) for some in idle], *IDLE[1:])
    result.add(IDLE99[0], [quantile(some, .99) for some in idle], *IDLE99[1:])
    result.add(BUSY[0], [quantile(some, .5) for some in busy], *BUSY[1:])
    result.add(BUSY99[0], [quantile(some, .99) for some in busy], *BUSY99[1:])
    result.add(CPU[0], costs, *CPU[1:])
    result.note("the receiver is of the bench's own process, over kept TLS connections; the relay's CPU is for webhook and ledger")


def fill(site, count):
    """Events of so many users, as the scripts write them, over all outboxes; returns these."""
    event = {"id": "", "type": "logout", "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "user_id": "", "username": "somebody",
             "session_id": "", "device_id": "ZGV2aWNl", "client_id": "default", "ip": "192.0.2.1", "reason": "user", "ended": True,
             "access_exp": None, "trace_id": "0af7651916cd43dd8448eb211c80319c"}
    filled = set()
    with site.redis() as redis:
        for first in range(0, count, BATCH):
            texts = []
            for i in range(first, first + BATCH):
                texts.append(json.dumps({**event, "id": f"bench{i:017d}", "user_id": f"user{i:018d}", "session_id": f"session{i:016d}"},
                                        separators=(",", ":")))
            outbox = "dwo:{%03x}" % (first // BATCH * 37 % 1024)
            redis("EVAL", FILL, 1, outbox, "", *texts)
            filled.add(outbox)
    return sorted(filled)


def drain(site, sink, count):
    """Events a second, of so many that lie there when the relay, which was held for that, goes on: until Redis has the last acknowledgement.
    The counters of /metrics would not do: they are looked at every five seconds."""
    pid = relay_pid(site)
    os.kill(pid, signal.SIGSTOP)
    try:
        filled = fill(site, count)
    finally:
        os.kill(pid, signal.SIGCONT)
    begun = time.monotonic()
    with site.redis() as redis:
        while redis("EVAL", BEHIND, len(filled), *filled, sink) > 0:
            if time.monotonic() - begun > DRAIN_MAX:
                raise Unmeasured(f"{count} events were not delivered in {DRAIN_MAX} s")
            time.sleep(LOOK)
    taken = time.monotonic() - begun
    relay.drained(site, DRAIN_MAX) # by the ledger, too: it is not to be in the way of the next round
    return count / taken


def throughput(bench, site, sink):
    count = 20000 if bench.quick else 40000
    return [drain(site, sink, count) for _ in range(bench.rounds)]


def to_webhook(bench, result):
    """nginx takes them: a receiver in Python would be what is measured."""
    site = Sinking(conf=OPTIONS, users=(), workers=WORKERS, level="warn")
    bench.stack.callback(bench.close_site, site)
    port = site.receiver.port
    site.receiver.down()
    pathlib.Path(f"{site.dir}/nginx.conf").write_text(configs.receiver(site.dir, port, *site.receiver.certificate))
    site.run("nginx", ["nginx", "-p", site.dir + "/", "-c", f"{site.dir}/nginx.conf", "-e", f"{site.dir}/log/nginx.log"])
    site.start()
    bench.progress("events to one webhook")
    result.add(WEBHOOK[0], throughput(bench, site, "webhook"), *WEBHOOK[1:])
    site.stop_daemon()


class Messaging(Site):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.rabbit = Rabbit(self)
        path = pathlib.Path(self.dir, "rabbit.password")
        path.touch(0o600)
        path.write_text(self.rabbit.password)
        self.write_conf(sinks=[{"name": "mq", "type": "amqp", "url": self.rabbit.url(), "password_file": str(path)}])

    def start(self):
        self.rabbit.start()
        super().start()
        wait_until(lambda: self.rabbit.exchange("doorward"), "the exchange")
        self.rabbit.queue("all")

    def stop(self):
        self.rabbit.stop()
        super().stop()


def to_rabbit(bench, result):
    try:
        site = Messaging(conf=OPTIONS, users=(), workers=WORKERS, level="warn")
    except Skip as reason:
        result.miss(*RABBIT, why=str(reason))
        return
    bench.stack.callback(bench.close_site, site)
    bench.progress("RabbitMQ starts")
    site.start()
    bench.progress("events to RabbitMQ")
    result.add(RABBIT[0], throughput(bench, site, "mq"), *RABBIT[1:])
    result.note("persistent messages to a durable queue, each confirmed; RabbitMQ has one scheduler")


@row("P15", "logout's 200 until others know; events a second through one relay", IDLE, IDLE99, BUSY, BUSY99, WEBHOOK, RABBIT, CPU)
def events(bench, result):
    latencies(bench, result)
    to_webhook(bench, result)
    to_rabbit(bench, result)
