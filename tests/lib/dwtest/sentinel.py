# SPDX-License-Identifier: ISC
"""A master, two replicas and three sentinels, each with a directory and a configuration of its own (Sentinel rewrites them); a site that
finds its Redis through them; and people who go on with what they do while something happens to one of these."""

import contextlib
import os
import pathlib
import random
import secrets
import shutil
import signal
import time

from .check import Failed, expect, wait_until
from .client import Login
from .load import Busy
from .redis import Redis
from .site import Site, free_port

NAME = "mymaster"
DOWN_MS = 500
CACHED = 1.0 # seconds after which no other host believes what it has cached of a session that was ended elsewhere
# What doorward.conf(5) says a user of the sentinels needs.
RULES = ("resetkeys resetchannels -@all &+switch-master &+promoted-slave +auth +ping +subscribe +sentinel|get-master-addr-by-name "
         "+sentinel|master")


class Server:
    """One redis-server, as data server or as sentinel."""

    def __init__(self, site, name, lines, sentinel=False, host="127.0.0.1"):
        self.site, self.name, self.sentinel = site, name, sentinel
        self.port = free_port()
        self.dir = pathlib.Path(site.dir, "tmp", name)
        self.dir.mkdir()
        self.conf = pathlib.Path(self.dir, "server.conf")
        bind = "127.0.0.1" if host == "127.0.0.1" else f"127.0.0.1 {host}\nprotected-mode no"
        self.conf.write_text(f"bind {bind}\nport {self.port}\ndir {self.dir}\n" + "".join(line + "\n" for line in lines))
        self.process = None

    def start(self):
        argv = [shutil.which("redis-server") or "redis-server", str(self.conf)] + (["--sentinel"] if self.sentinel else [])
        self.process = self.site.run(self.name, argv)
        wait_until(self.answers, self.name)

    def client(self, timeout=15.0):
        return Redis(("127.0.0.1", self.port), timeout)

    def ask(self, *words, timeout=15.0):
        with self.client(timeout) as redis:
            return redis(*words)

    def answers(self):
        try:
            return self.ask("PING", timeout=1.0) == "PONG"
        except (OSError, RuntimeError, EOFError):
            return False

    def kill(self):
        self.process.popen.kill()
        self.process.popen.wait()

    def pause(self):
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self):
        self.process.send_signal(signal.SIGCONT)


class Replicated(Site):
    """A site whose Redis is several servers, which agree before it starts."""

    whole = ""  # what they are then
    servers, sentinels = (), ()

    def start(self):
        self.start_servers()
        super().start()

    def is_whole(self):
        try:
            return self.agree()
        except (OSError, RuntimeError, EOFError, TypeError):  # somebody does not answer, or knows nobody yet
            return False

    def wait_whole(self, timeout=90):
        wait_until(self.is_whole, self.whole, timeout)

    def clear(self, before, conf):
        """Those that lie down get up, or go on."""
        for server in [*self.servers, *self.sentinels]:
            server.go_on()
            if not server.process.is_running():
                server.start()
        super().clear(before | {server.process.pid for server in [*self.servers, *self.sentinels]}, conf)

    @staticmethod
    def first_answer(servers, question):
        for server in servers:
            try:
                return question(server)
            except (OSError, RuntimeError, EOFError):
                continue
        raise Failed("no server answers")


class Guarded(Replicated):
    whole = "one master, two replicas and three sentinels that agree"

    def __init__(self, conf=None, expected=(), users=("alice",), host="127.0.0.1", **kwargs):
        """host: the address that the servers know each other by, and are known by."""
        password, self.host = secrets.token_hex(16), host
        super().__init__(conf=conf, redis="none", users=users, files={"sentinel.pw": password + "\n"},
                         expected=[r"(?i)redis", r"(?i)sentinel", r"store", r"[Ss]pool", r"outbox", *expected], **kwargs)
        self.remember(password)
        data = ['save ""', "appendonly yes", "appendfsync no", "repl-diskless-sync-delay 0", "repl-timeout 5", "maxmemory-policy noeviction"]
        self.servers = [Server(self, f"data{i}", data, host=host) for i in range(3)]
        for server in self.servers[1:]:
            with open(server.conf, "a", encoding="ascii") as file:
                file.write(f"replicaof {host} {self.servers[0].port}\n")
        guard = [f"sentinel monitor {NAME} {host} {self.servers[0].port} 2", f"sentinel down-after-milliseconds {NAME} {DOWN_MS}",
                 f"sentinel failover-timeout {NAME} 4000", f"sentinel parallel-syncs {NAME} 2", f"user doorward on >{password} {RULES}"]
        self.sentinels = [Server(self, f"sentinel{i}", guard, True, host) for i in range(3)]
        self.url = "sentinel://" + ",".join(f"{host}:{s.port}" for s in self.sentinels) + f"/{NAME}"
        self.write_conf(redis={"url": self.url, "sentinel_user": "doorward", "sentinel_password_file": f"{self.dir}/sentinel.pw"})

    def start_servers(self):
        for server in self.servers:
            server.start()
        for sentinel in self.sentinels:
            sentinel.start()
        self.wait_whole()

    # --- who is who

    def master(self):
        """The server that the sentinels name."""
        port = self.first_answer(self.sentinels, lambda s: int(s.ask("SENTINEL", "GET-MASTER-ADDR-BY-NAME", NAME, timeout=1.0)[1]))
        return next(server for server in self.servers if server.port == port)

    def replicas(self):
        master = self.master()
        return [server for server in self.servers if server is not master]

    def redis(self):
        return self.master().client()

    def agree(self):
        """One master that all sentinels name, and two replicas that are in step."""
        named = {sentinel.ask("SENTINEL", "GET-MASTER-ADDR-BY-NAME", NAME, timeout=1.0)[1] for sentinel in self.sentinels}
        info = [dict(zip(r[::2], r[1::2])) for r in (s.ask("SENTINEL", "MASTER", NAME, timeout=1.0) for s in self.sentinels)]
        with self.redis() as redis:
            redis("SET", "in-step", random.random())
            return len(named) == 1 and redis("WAIT", 2, 200) == 2 and all(
                i[b"flags"] == b"master" and i[b"num-slaves"] == b"2" and i[b"num-other-sentinels"] == b"2" for i in info)

    # --- what happens to them

    def fail_over(self, tell=False):
        """By hand: the old master is well, and goes on taking writes until it is told. tell: at once; a sentinel waits for eight seconds."""
        old = self.master()

        def asked():
            try:
                return self.sentinels[0].ask("SENTINEL", "FAILOVER", NAME) == "OK"
            except RuntimeError:  # the last one is still under way
                return False

        for _ in range(3):  # a sentinel gives up what does not come to an end, and says so to nobody
            wait_until(asked, "a sentinel to begin")
            with contextlib.suppress(Failed):
                self.wait_other(old, 20)
                return old.ask("REPLICAOF", self.host, self.master().port) if tell else None
        raise Failed("no sentinel brings a failover to its end")

    def kill_unheard(self, seconds=1.5):
        """The master dies with what it has told nobody for some time, not even by way of a socket's buffer."""
        old, replicas = self.master(), self.replicas()
        for replica in replicas:
            replica.pause()
        old.ask("CLIENT", "KILL", "TYPE", "replica")
        time.sleep(seconds)
        old.kill()
        for replica in replicas:
            replica.go_on()
        self.wait_other(old)
        old.start()

    def wait_other(self, old, timeout=120):
        wait_until(lambda: self.master() is not old, "another master", timeout)


class Life(Busy):
    """with Life(site) as life: … – checks, logins, refreshes and logouts without a pause, each counted by what came of it.

    wrong: what must never be. Sessions of before the fault stay alive, and their refresh tokens good; one whose logout was acknowledged
    stays out. 503 is no wrong answer, and a client that gets one, or none, asks again with what it has."""

    def __init__(self, site, other=None, sessions=12, chains=6, leaving=24, pause=0.02):
        """other: a second host on the same Redis, which is asked as well."""
        self.site, self.other, self.pause = site, other, pause
        self.count, self.wrong, self.lost = {}, [], []
        self.back = []  # sessions that were logged out and are let in
        self.live = [site.login(mode="cookie", device_id=f"live-device-{i:04}") for i in range(sessions)]
        self.chains = [site.login(mode="token", device_id=f"chain-device-{i:04}").refresh for i in range(chains)]
        self.leaving = [site.login(mode="cookie", device_id=f"leaver-device-{i:04}") for i in range(leaving)]
        self.ended = []
        self.number = 0
        work = [self.check, self.check, self.come_and_go, self.leave, self.look_back, *[lambda i=i: self.refresh(i) for i in range(chains)]]
        work += [self.check_there, self.look_back_there] if other else []
        super().__init__([lambda one=one: self.run(one) for one in work])

    def run(self, work):
        while not self.over.is_set():
            try:
                work()
            except (OSError, EOFError) as error:
                self.note("all", type(error).__name__)
            except Exception as error:  # a thread that ends would make the test prove less
                self.blame(f"{type(error).__name__}: {error}")
            time.sleep(self.pause)

    def note(self, kind, status):
        with self.lock:
            self.count[f"{kind} {status}"] = self.count.get(f"{kind} {status}", 0) + 1

    def blame(self, what):
        with self.lock:
            self.wrong.append(f"{time.strftime('%H:%M:%S')} {what}")

    def check_there(self):
        self.check(self.other)

    def look_back_there(self):
        self.look_back(self.other)

    def check(self, place=None):
        login = random.choice(self.live)
        answer = (place or self.site).check(cookie=login.cookie)
        self.note("check" if place is None else "check there", answer.status)
        if answer.status not in (200, 503):
            self.blame(f"a live session: {answer.status} {answer.body[:100]}")

    def refresh(self, i):
        answer = self.site.post_refresh(self.chains[i], device_id=f"chain-device-{i:04}")
        self.note("refresh", answer.status)
        if answer.status == 200:
            self.chains[i] = answer.json["refresh_token"]
        elif answer.status != 503:
            self.blame(f"chain {i}: {answer.status} {answer.body[:200]}")
            time.sleep(1)

    def log_in(self):
        self.number += 1
        return self.site.post_login(mode="cookie", device_id=f"guest-device-{self.number:04}")

    def come_and_go(self):
        """A login of its own device, and its logout. A login that a failover has lost is told apart: it was not there to be ended."""
        answer = self.log_in()
        self.note("login", answer.status)
        if answer.status != 200:
            return
        self.log_out(Login(answer))

    def leave(self):
        """The logout of one who was there before the fault: all servers know him, and some may not hear that he has left."""
        if self.leaving:
            self.log_out(self.leaving.pop())
        time.sleep(0.2)

    def log_out(self, login):
        for _ in range(200):
            answer = self.site.logout(cookie=login.cookie)
            self.note("logout", answer.status)
            if answer.status in (200, 202):
                with self.lock:
                    self.ended.append((login, answer.status, time.monotonic()))
            elif answer.status == 401:
                self.lost.append(login)
            elif answer.status == 503 and not self.over.is_set():
                time.sleep(self.pause)
                continue
            return

    def look_back(self, place=None):
        """Another host knows what was acknowledged, after the moment that it believes its cache; what is pending it cannot know."""
        with self.lock:
            known = self.ended if place is None else [e for e in self.ended if e[1] == 200 and time.monotonic() - e[2] > CACHED]
            if not known:
                return
            login, status, _ = random.choice(known[-50:] if random.random() < 0.7 else known)
        answer = (place or self.site).check(cookie=login.cookie)
        self.note("ended" if place is None else "ended there", answer.status)
        if answer.status not in (401, 503):
            with self.lock:
                self.back.append((login.id, status))

    def settle(self):
        """After it is over: what everybody has now."""
        for login in self.live:
            self.must(lambda login=login: self.site.check(cookie=login.cookie), 200, "a live session")
        for i, token in enumerate(self.chains):
            self.must(lambda token=token, i=i: self.site.post_refresh(token, device_id=f"chain-device-{i:04}"), 200, f"chain {i}")
        for login, status, _ in self.ended:
            answer = self.answer(lambda login=login: self.site.check(cookie=login.cookie))
            if answer.status != 401:
                self.back.append((login.id, status))

    def answer(self, ask, timeout=60):
        end = time.monotonic() + timeout
        while True:
            answer = ask()
            if answer.status != 503 or time.monotonic() > end:
                return answer
            time.sleep(0.05)

    def must(self, ask, status, what):
        answer = self.answer(ask)
        if answer.status != status:
            self.blame(f"at the end: {what}: {answer.status} {answer.body[:200]}")

    def report(self, title):
        counts = ", ".join(f"{name}: {n}" for name, n in sorted(self.count.items()))
        print(f"# {title}: {counts}; logins lost: {len(self.lost)}; logged out and back: {len(set(self.back))}", flush=True)

    def expect_good(self, title, back=0):
        self.report(title)
        expect(not self.wrong, f"{len(self.wrong)} wrong: {self.wrong[:5]}")
        expect(back is None or len(set(self.back)) <= back, f"logged out, acknowledged and let in: {self.back[:5]}")
