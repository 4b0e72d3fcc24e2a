# SPDX-License-Identifier: ISC
"""A Redis Cluster of three masters with a replica each, every one with a directory and a configuration of its own; a site that finds its
Redis through some of them; and what can happen to a cluster."""

import contextlib
import random
import re
import secrets
import shutil
import subprocess
import threading
import time

from .check import Failed, wait_until
from .sentinel import Life, Replicated, Server
from .site import free_port

NODE_MS = 1500  # a busy machine may not run a node for a while
SLOTS = 16384
SEEDS = 2  # that redis.url names


class Node(Server):
    def __init__(self, site, name, *lines):
        super().__init__(site, name, ['save ""', "appendonly yes", "appendfsync no", "repl-diskless-sync-delay 0", "maxmemory-policy noeviction",
                                      "cluster-enabled yes", "cluster-config-file nodes.conf", f"cluster-node-timeout {NODE_MS}",
                                      "cluster-require-full-coverage no", "cluster-allow-replica-migration no",
                                      f"cluster-port {free_port()}", *lines])

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    @property
    def id(self):
        return self.ask("CLUSTER", "MYID").decode()

    def errors_of(self, word):
        """How many commands it answered with this error."""
        for line in self.ask("INFO", "errorstats").decode().splitlines():
            if line.startswith(f"errorstat_{word}:"):
                return int(line.partition("count=")[2])
        return 0

    def nodes(self):
        """What it thinks of the others: {port: (flags, number of slots)}"""
        out = {}
        for line in self.ask("CLUSTER", "NODES", timeout=1.0).decode().splitlines():
            words = line.split()
            ranges = [w.partition("-") for w in words[8:] if not w.startswith("[")]
            out[int(words[1].partition("@")[0].rpartition(":")[2])] = (
                set(words[2].split(",")), sum(int(last or first) - int(first) + 1 for first, _, last in ranges))
        return out


class Clustered(Replicated):
    whole = "a cluster whose nodes agree"

    def __init__(self, conf=None, expected=(), users=("alice",), masters=3, lines=(), **kwargs):
        super().__init__(conf=conf, redis="none", users=users,
                         expected=[r"(?i)redis", r"(?i)cluster", r"store", r"[Ss]pool", r"outbox", *expected], **kwargs)
        self.lines = lines
        self.servers = [Node(self, f"node{i}", *lines) for i in range(2 * masters)]
        self.url = "cluster://" + ",".join(s.address for s in self.servers[:SEEDS])
        self.write_conf(redis={"url": self.url})

    def cli(self, *words, timeout=60):
        argv = [shutil.which("redis-cli") or "redis-cli", "--cluster", *map(str, words)]
        done = subprocess.run(argv, capture_output=True, text=True, timeout=timeout, check=False, stdin=subprocess.DEVNULL)
        if done.returncode != 0:
            raise Failed(f"{' '.join(argv)}: {done.stdout[-500:]} {done.stderr[-500:]}")
        return done.stdout

    def start_servers(self):
        for server in self.servers:
            server.start()
        self.cli("create", *[s.address for s in self.servers], "--cluster-replicas", 1, "--cluster-yes")
        self.wait_whole()

    # --- who is who

    def view(self):
        """What the first node that answers thinks of all of them."""
        return self.first_answer(self.servers, Node.nodes)

    def masters(self):
        view = self.view()
        return [s for s in self.servers if "master" in view.get(s.port, ((), 0))[0] and "fail" not in view[s.port][0] and view[s.port][1] > 0]

    def busiest(self):
        """The master that has most users: there are some, wherever keys fell."""
        return max(self.masters(), key=lambda master: len(master.ask("KEYS", "dw:{*")))

    def replica_of(self, master):
        info = master.ask("INFO", "replication").decode()
        port = int(info.partition("slave0:")[2].partition("port=")[2].partition(",")[0])
        return next(s for s in self.servers if s.port == port)

    def redis(self):
        return self.masters()[0].client()

    def map_changes(self):
        """How often doorward's map of the slots was another than before."""
        return int(re.search(r"^doorward_cluster_map_changes_total (\d+)$", self.admin("GET", "/metrics").text, re.M)[1])

    def data(self):
        return [master.client() for master in self.masters()]

    def agree(self):
        """On who is who; every slot is served, and every replica is in step with its master."""
        views = [s.nodes() for s in self.servers]
        for view in views:
            if {p: (f - {"myself"}, n) for p, (f, n) in view.items()} != {p: (f - {"myself"}, n) for p, (f, n) in views[0].items()}:
                return False
            if any({"fail", "fail?", "handshake", "noaddr"} & f for f, _ in view.values()) or sum(n for _, n in view.values()) != SLOTS:
                return False
        return all("master_link_status:down" not in s.ask("INFO", "replication").decode() and
                   "cluster_state:ok" in s.ask("CLUSTER", "INFO").decode() for s in self.servers)

    # --- what happens to it

    def wait_taken(self, old, timeout=60):
        """Somebody else has the slots of that master."""
        def taken():
            others = [s for s in self.servers if s is not old]
            try:
                return all(sum(n for p, (f, n) in s.nodes().items() if "fail" not in f and p != old.port) == SLOTS for s in others)
            except (OSError, RuntimeError, EOFError):
                return False

        wait_until(taken, "a replica in its place", timeout)

    def kill_unheard(self, meanwhile):
        """The busiest master dies after ${meanwhile}, of which its replica has not heard, not even by way of a socket's buffer."""
        old = self.busiest()
        replica = self.replica_of(old)
        replica.pause()
        old.ask("CLIENT", "KILL", "TYPE", "replica")
        meanwhile()
        old.kill()
        replica.go_on()
        self.wait_taken(old)
        old.start()

    def fail_over(self):
        """By hand: a replica takes its master's place, and the master lets it."""
        old = self.masters()[0]
        replica = self.replica_of(old)
        for _ in range(5):  # a busy machine may not have them agree in the five seconds that it takes at most
            with contextlib.suppress(RuntimeError):  # it is the master by now
                replica.ask("CLUSTER", "FAILOVER")
            try:
                return self.wait_taken(old, 8)
            except Failed:
                continue
        raise Failed("no failover by hand")

    def add(self):
        """One more master, without slots yet."""
        node = Node(self, f"node{len(self.servers)}", *self.lines)
        node.start()
        self.cli("add-node", node.address, self.servers[0].address)
        self.servers.append(node)
        self.wait_whole()
        return node

    def move(self, source, target, slots):
        self.wait_whole()
        self.cli("reshard", target.address, "--cluster-from", source.id, "--cluster-to", target.id, "--cluster-slots", slots,
                 "--cluster-yes", timeout=300)

    def remove_node(self, node):
        """It has no slots any more."""
        self.wait_whole()
        self.cli("del-node", next(s for s in self.servers if s is not node).address, node.id)
        self.servers.remove(node)


class Crowd(Life):
    """Life of many users: each of the masters has some of them."""

    def __init__(self, site, **kwargs):
        super().__init__(site, sessions=0, chains=0, leaving=0, **kwargs)
        self.users = [user if isinstance(user, str) else user[0] for user in site.users]
        self.live = [site.login(username=user, mode="cookie", device_id=f"live-device-{user}") for user in self.users]
        self.tokens = {user: site.login(username=user, mode="token", device_id=f"chain-device-{user}").refresh for user in self.users}
        work = [self.check, self.check, self.come_and_go, self.come_and_go, self.look_back, self.refresh_some]
        self.threads = [threading.Thread(target=self.run, args=(one,)) for one in work]

    def refresh_some(self):
        user = random.choice(self.users)
        answer = self.site.post_refresh(self.tokens[user], device_id=f"chain-device-{user}")
        self.note("refresh", answer.status)
        if answer.status == 200:
            self.tokens[user] = answer.json["refresh_token"]
        elif answer.status != 503:
            self.blame(f"chain of {user}: {answer.status} {answer.body[:200]}")
            time.sleep(1)

    def log_in(self):
        return self.site.post_login(random.choice(self.users), mode="cookie", device_id=f"guest-device-{secrets.token_hex(4)}")

    def settle(self):
        super().settle()
        for user, token in self.tokens.items():
            self.must(lambda user=user, token=token: self.site.post_refresh(token, device_id=f"chain-device-{user}"), 200, f"chain of {user}")
