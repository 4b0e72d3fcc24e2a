# SPDX-License-Identifier: ISC
"""A site: a directory, Redis, doorward and, if wanted, a front server; and at the end, the proof that nothing was left or leaked."""

import contextlib
import json
import os
import pathlib
import random
import re
import secrets as randomness
import shutil
import signal
import sqlite3
import string
import subprocess
import tempfile
import threading
import time

from . import config, fcgi, web
from .check import PATIENCE, Failed, Skip, equal, expect, wait_until
from .client import COOKIE, HOST, MOUNT, ORIGIN, Client
from .fronts import Fronts, installed
from .ports import free_port
from .proc import Process, alive, descriptors, environment, marked, name_of, parent, read, tell
from .redis import Redis

TOP = pathlib.Path(__file__).resolve().parents[3]


def build_dir():
    where = os.environ.get("DOORWARD_BUILD")
    if not where:
        raise Skip("DOORWARD_BUILD does not say where the programs are built")
    return pathlib.Path(where)


def program(name):
    path = build_dir() / name
    if not os.access(path, os.X_OK):
        raise Failed(f"{path} is not there")
    return str(path)


class Events:
    """doorwardctl watch, running; its lines as they come."""

    def __init__(self, process):
        self.process = process

    def all(self, kind=None, **members):
        whole = self.process.text().rpartition("\n")[0]  # of the last line there may be only a part
        events = [json.loads(line) for line in whole.splitlines() if line.startswith("{")]
        return [e for e in events if (kind is None or e["type"] == kind) and all(e.get(k) == v for k, v in members.items())]

    def wait(self, kind, count=1, timeout=PATIENCE, **members):
        """Waits for that many events, gives a further one the time to show up, and wants exactly ${count}."""
        wait_until(lambda: len(self.all(kind, **members)) >= count, f"{count} event(s) {kind} {members}", timeout)
        time.sleep(0.05)
        found = self.all(kind, **members)
        equal(len(found), count, f"events {kind} {members}")
        return found


class Site(Client, Fronts):
    def __init__(self, conf=None, needs=(), redis="own", front=None, users=("alice",), files=None, expected=(), workers=2,
                 level="debug"):
        """conf: options laid over the kit's; files: {name: content}, private; @DIR@ is the site's directory in both. redis: "own" (the kit's),
        "spawn" (the master's) or "none". front: "lighttpd" or "nginx", or "later", with which start_front() may be called. users: names,
        or tuples of a name and its groups. needs: programs without which nothing here can run. expected: patterns of error lines."""
        program("doorward")
        for name in needs:
            installed(name)
        self.dir = tempfile.mkdtemp(prefix="dw", dir=os.environ.get("TMPDIR") or "/tmp")
        self.secrets = set()
        self.passwords = {}
        self.processes = []
        self.expected = [re.compile(pattern) for pattern in expected]
        self.front = front
        self.redis_kind = redis
        self.users = users
        self.daemon = self.redis_process = None
        self.redis_env = {}
        for name in ("log", "state", "sock", "tmp", "www"):
            os.mkdir(f"{self.dir}/{name}", 0o700)
        self.sockets = {name: f"{self.dir}/sock/{name}.sock" for name in ("check", "login", "admin")}
        self.redis_socket = f"{self.dir}/state/redis/redis.sock" if redis == "spawn" else f"{self.dir}/sock/redis.sock"
        self.log_file = f"{self.dir}/log/doorward.log"
        self.conf_file = f"{self.dir}/doorward.conf"
        self.port = free_port() if front else None
        self.origin = f"https://127.0.0.1:{self.port}" if front else ORIGIN
        base = {
            "state_dir": f"{self.dir}/state", "issuer": self.origin + MOUNT,
            "listen": {"check": self.sockets["check"], "login": self.sockets["login"]}, "admin": {"socket": self.sockets["admin"]},
            "workers": {"check": workers, "login": workers},
            # A busy machine may not run Redis for a tenth of a second: only tests of outages wait no longer than users do.
            "redis": {"command_timeout": "1s"} | ({"spawn": True} if redis == "spawn" else {"url": f"unix:{self.redis_socket}"}),
            "userdb": {"url": "sqlite:users.db"}, "log": {"file": self.log_file, "level": level},
        }
        self.conf = config.merged(base, conf or {})
        for name, content in (files or {}).items():
            path = pathlib.Path(self.dir, name)
            path.parent.mkdir(mode=0o700, exist_ok=True)
            path.touch(0o600)
            path.write_text(content.replace("@DIR@", self.dir))
        self.write_conf()

    # --- configuration and processes

    def write_conf(self, **changes):
        """By rename: a reload that was asked for before may be reading it just now."""
        self.conf = config.merged(self.conf, changes)
        new = pathlib.Path(f"{self.conf_file}.new")
        new.write_text(config.text(self.conf).replace("@DIR@", self.dir))
        new.replace(self.conf_file)

    def run(self, name, argv, **kwargs):
        """Starts a program of this site; it is ended with it."""
        process = Process([str(word) for word in argv], self.dir, f"{self.dir}/log/{name}.out", **kwargs)
        self.processes.append(process)
        return process

    def start_redis(self, keep=False):
        """An empty one, or with what the last one had. It writes its log, as doorward wants it, but does not wait for the disk."""
        conf = f"{self.dir}/redis.conf"
        if not keep:
            shutil.rmtree(f"{self.dir}/tmp/appendonlydir", ignore_errors=True)
        pathlib.Path(conf).write_text(f'port 0\nunixsocket {self.redis_socket}\nunixsocketperm 700\nsave ""\nappendonly yes\n'
                                      f"appendfsync no\ndir {self.dir}/tmp\nmaxmemory-policy noeviction\n")
        self.redis_process = self.run("redis", [shutil.which("redis-server") or "redis-server", conf], env=self.redis_env)
        wait_until(self.redis_answers, "Redis")

    def redis(self):
        return Redis(self.redis_socket)

    def data(self):
        """A connection to each server that has a part of what there is."""
        return [self.redis()]

    def redis_answers(self):
        try:
            with Redis(self.redis_socket, 1.0) as redis:
                return redis("PING") == "PONG"
        except (OSError, RuntimeError, EOFError):
            return False

    def start_daemon(self):
        self.daemon = self.run("doorward", [program("doorward"), "-F", "-c", self.conf_file])
        self.wait_ready()

    def wait_ready(self, timeout=PATIENCE):
        def ready():
            if not self.daemon.is_running():
                raise Failed(f"doorward ended with {self.daemon.popen.returncode}: {self.daemon.text()[-1000:]} {self.log()[-1000:]}")
            try:
                return self.admin("GET", "/health/ready").status == 200 and self.get("/check").status == 401 and \
                    self.get("/login").status == 200
            except (OSError, EOFError):
                return False

        wait_until(ready, "doorward to be ready", timeout)

    def reload(self, word="the one before it finishes", alone=True, **changes):
        """Lays ${changes} over the configuration, sends HUP and waits until the log says ${word}. alone: and until the last process of
        before is gone, which else may still answer for a moment."""
        seen = self.log().count(word)
        self.write_conf(**changes)
        os.kill(self.daemon.pid, signal.SIGHUP)
        wait_until(lambda: self.log().count(word) > seen, f"a reload ending with: {word}")
        if alone:
            wait_until(self.is_of_one_generation, "the end of the processes of before")

    def status(self):
        return self.admin("GET", "/status?json").expect(200).json

    def is_of_one_generation(self):
        try:
            value = self.status()
        except (OSError, EOFError):
            return False
        return all(worker["generation"] >= value["generation"] for pool in value["pools"] for worker in pool["workers"])

    def wait_store(self):
        """Until every process that serves takes Redis for something that answers: each looks for itself, whoever is asked."""
        def all_closed():
            try:
                pools = self.status()["pools"]
            except (OSError, EOFError):
                return False
            return {worker["breaker"] for pool in pools if pool["name"] in ("check", "login") for worker in pool["workers"]} == {"closed"}

        wait_until(all_closed, "all breakers to be closed")

    def stop_daemon(self, number=signal.SIGTERM):
        code = self.daemon.stop(number)
        equal(code, 0, "exit code of doorward")
        wait_until(lambda: not [pid for pid in marked(self.dir) if "doorward" in name_of(pid) and "doorwardctl" not in name_of(pid)],
                   "the workers' end")

    def start(self):
        if self.redis_kind == "own":
            self.start_redis()
        self.start_daemon()
        for user in self.users:
            self.add_user(*(user if isinstance(user, tuple) else (user, "users")))
        if self.front not in (None, "later"):
            self.start_front(self.front)

    # --- the other programs

    def ctl(self, *words, input=None, status=0):
        """Runs doorwardctl and returns what it wrote; status None: any, and the finished process is returned."""
        done = subprocess.run([program("doorwardctl"), "-c", self.conf_file, *words], input=input, text=True, timeout=60,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(self.dir), cwd=self.dir)
        for text in (done.stdout, done.stderr):
            expect("Sanitizer" not in text and "runtime error:" not in text, f"doorwardctl {words}: {text}")
            for secret in (input or "").split():
                expect(len(secret) < 8 or secret not in text, f"doorwardctl {words} shows what it was given on stdin")
        if status is None:
            return done
        equal(done.returncode, status, f"exit code of doorwardctl {' '.join(words)}: {done.stdout}{done.stderr}")
        return done.stdout

    def ctl_json(self, *words):
        return json.loads(self.ctl(*words, "--json"))

    def new_password(self):
        value = "Pw " + randomness.token_hex(12)
        self.remember(value, value[3:])
        return value

    def add_user(self, name, *groups, password=None):
        password = password or self.new_password()
        self.passwords[name] = password
        self.remember(password)
        self.ctl("user", "add", name, *(word for group in groups for word in ("--group", group)), "--password-stdin", input=password + "\n")
        return password

    def copy_accounts(self, other):
        """Gives another site what there is, whoever writes to it meanwhile, as the relay does: files that are copied one after the other may
        belong to different moments."""
        copy = f"{other.dir}/state/users.db"
        pathlib.Path(copy).touch(0o600)
        with contextlib.closing(sqlite3.connect(f"{self.dir}/state/users.db", timeout=PATIENCE)) as ours, \
                contextlib.closing(sqlite3.connect(copy)) as theirs:
            ours.backup(theirs)

    def watch(self):
        """Starts doorwardctl watch and waits until it is subscribed."""
        name = f"watch{len(self.processes)}"
        process = self.run(name, [program("doorwardctl"), "-c", self.conf_file, "watch"])
        wait_until(lambda: "waiting for events" in process.text(), "doorwardctl watch to be subscribed")
        return Events(process)

    def admin(self, method, target, value=None, headers=(), timeout=30.0):
        body = b"" if value is None else json.dumps(value).encode()
        headers = list(headers) + ([("Content-Type", "application/json")] if value is not None else [])
        return web.unix(self.sockets["admin"], method, target, headers, body, timeout)

    def workers(self):
        """Pids of the master's children that are doorward."""
        return [pid for pid in marked(self.dir) if parent(pid) == self.daemon.pid and b"doorward" in read(pid, "cmdline")]

    def log(self):
        try:
            with open(self.log_file, encoding="utf-8", errors="replace") as file:
                return file.read()
        except FileNotFoundError:
            return ""

    # --- after a test that failed

    def processes_now(self):
        return set(marked(self.dir))

    def clear(self, before, conf):
        """Ends what a failed test started and left, so that the next one finds what it would have found: the processes of ${before}, and
        this configuration."""
        keep = before | ({self.daemon.pid} if self.daemon is not None else set())
        for pid in marked(self.dir):
            tell(pid, signal.SIGCONT)
            if pid not in keep and parent(pid) not in keep:
                tell(pid, signal.SIGKILL)
        if self.redis_process is not None and self.redis_kind == "own" and not self.redis_process.is_running():
            self.start_redis(keep=True)
        if self.daemon is None or self.daemon.pid not in before:
            return
        if self.conf != conf:
            self.conf = conf
            self.write_conf()
            self.daemon.stop()
        if not self.daemon.is_running():
            self.start_daemon()

    # --- the end

    def check_descriptors(self):
        """A further round of everyday and broken requests leaves no descriptor open in any process."""
        if self.daemon is None or not self.daemon.is_running():
            raise Skip("doorward is not running")
        for _ in range(15):
            before = self.count_descriptors()
            if None in before.values():
                raise Skip("descriptors cannot be seen")
            self.disturb()
            try:
                wait_until(lambda: not self.grown(before), "descriptors to be closed", 1.0)
                return  # what was opened once, for good, does not open again in the next round; a leak does
            except Failed:
                pass
        after = self.count_descriptors()
        raise Failed("; ".join(f"{name_of(pid)}: {before[pid]} then {after[pid]}" for pid in self.grown(before)))

    def count_descriptors(self):
        return {pid: descriptors(pid) for pid in [self.daemon.pid, *self.workers()]}

    def grown(self, before):
        after = self.count_descriptors()
        return [pid for pid in before if len(after.get(pid) or []) > len(before[pid])]

    def disturb(self):
        for pool in ("check", "login"):
            for _ in range(8):
                self.request("GET", "/check", pool=pool)
                self.request("GET", "/check", pool=pool, cookie="dws_" + "A" * 60)
                with fcgi.Connection(self.sockets[pool]) as connection:
                    connection.send(fcgi.begin() + fcgi.record(fcgi.PARAMS, fcgi.pair("REQUEST_METHOD", "GET")))
                with fcgi.Connection(self.sockets[pool]) as connection:
                    connection.send(b"\x01")

    def stop(self):
        """Ends every process and collects all that is wrong with what they did."""
        wrong = []
        wrong += self.secrets_on_display()
        for process in reversed(self.processes):
            if process.is_running():
                try:
                    code = process.stop()
                    if process is self.daemon and code != 0:
                        wrong.append(f"doorward ended with {code}")
                except AssertionError as error:
                    wrong.append(str(error))
        try:
            wait_until(lambda: not marked(self.dir), "all processes to be gone")
        except Failed:
            for pid in marked(self.dir):
                wrong.append(f"left running: {pid} {name_of(pid)}")
                tell(pid, signal.SIGKILL)
        for name in ("check", "login", "admin"):
            if self.daemon is not None and os.path.exists(self.sockets[name]):
                wrong.append(f"socket left: {self.sockets[name]}")
        wrong += self.complaints_in_logs()
        wrong += self.secrets_in_logs()
        if wrong:
            raise Failed("\n    ".join(["what was left behind:", *wrong]))

    def files(self):
        for path in sorted(pathlib.Path(self.dir, "log").iterdir()):
            yield path, path.read_bytes()

    def complaints_in_logs(self):
        for path, content in self.files():
            for line in content.decode("utf-8", "replace").splitlines():
                bad = "Sanitizer" in line or "runtime error:" in line
                bad = bad or (path.name.startswith("doorward") and re.match(r"\S+ error \[", line))
                if bad and not any(pattern.search(line) for pattern in self.expected):
                    yield f"{path.name}: {line[:300]}"

    def secrets_in_logs(self):
        for path, content in self.files():
            for secret in self.secrets:
                if secret.encode() in content:
                    yield f"{path.name} holds a secret: {secret[:6]}…"

    def secrets_on_display(self):
        for pid in marked(self.dir):
            for name in ("cmdline", "environ"):
                content = read(pid, name)
                for secret in self.secrets:
                    if secret.encode() in content:
                        yield f"{name} of {pid} {name_of(pid)[:60]} holds a secret: {secret[:6]}…"

    def show_logs(self):
        for path, content in self.files():
            print(f"# --- {path.name}")
            for line in content.decode("utf-8", "replace").splitlines()[-40:]:
                print("#   " + line[:400])

    def remove(self, keep=False):
        if keep:
            print(f"# kept: {self.dir}")
        else:
            shutil.rmtree(self.dir, ignore_errors=True)


def together(count, body):
    """Runs body(i) in ${count} threads that start at the same moment; returns their results, raises the first failure."""
    barrier = threading.Barrier(count)
    results, errors = [None] * count, []

    def work(i):
        try:
            barrier.wait()
            results[i] = body(i)
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return results


def random_name(prefix):
    return prefix + "".join(random.choices(string.ascii_lowercase, k=8))
