# SPDX-License-Identifier: ISC
"""What the load runs against: one site with its Redis, further daemons beside it, the programs to compare with, and the fronts."""

import contextlib
import functools
import json
import os
import pathlib
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request

from dwtest import Site, config, free_port, web
from dwtest.check import Failed, wait_until
from dwtest.client import COOKIE, MOUNT, ORIGIN
from dwtest.fronts import installed
from dwtest.redis import Redis

from . import configs
from .table import Unmeasured

WORKERS = 2
SEEDERS = 4
SEED_TIME_MAX = 300
USERS = 64      # accounts that log in, so that no record fills with one user's sessions
OPTIONS = {"require_tls": False, "session": {"idle": "12h", "absolute": "24h"}}  # long: a session that is touched is measured as two requests


class Running:
    """A doorward: its sockets and its process."""

    def __init__(self, sockets, process):
        self.sockets, self.process = sockets, process

    def status(self):
        try:
            return web.unix(self.sockets["admin"], "GET", "/status?json").json
        except OSError:
            return None

    def ready(self):
        if not self.process.is_running():
            raise Failed(f"doorward ended: {self.process.text()[-500:]}")
        try:
            return web.unix(self.sockets["admin"], "GET", "/health/ready").status == 200
        except OSError:
            return False

    def wait(self):
        wait_until(self.ready, "the daemon", 20.0)
        return self

    @property
    def pid(self):
        return self.process.pid

    def stop(self):
        self.process.stop()


class Daemon(Running):
    """A further doorward on the same keys and accounts, with sockets of its own."""

    def __init__(self, bench, name, conf):
        site = bench.site
        sockets = {pool: f"{site.dir}/sock/{name}-{pool}.sock" for pool in ("check", "login", "admin")}
        self.conf_file = f"{site.dir}/{name}.conf"
        own = {"listen": {"check": sockets["check"], "login": sockets["login"]}, "admin": {"socket": sockets["admin"]},
               "log": {"file": f"{site.dir}/log/doorward-{name}.log"}}
        pathlib.Path(self.conf_file).write_text(config.text(config.merged(config.merged(site.conf, own), conf)))
        super().__init__(sockets, site.run(name, [f"{bench.daemon_dir}/doorward", "-F", "-c", self.conf_file]))


class Bench:
    def __init__(self, daemon_dir, tools, no_article, quick):
        os.environ["DOORWARD_BUILD"] = str(daemon_dir)
        self.daemon_dir, self.tools, self.no_article, self.quick = daemon_dir, tools, no_article, quick
        self.rounds = 1 if quick else 3
        self.span = 1.0 if quick else 3.0
        self.started = []
        self.files = 0
        self.first_user = 0
        self.label = ""
        self.begun = time.monotonic()
        self.width = 0

    # --- telling

    def progress(self, text):
        line = f"[{time.monotonic() - self.begun:5.0f} s] {self.label}{text}"
        if sys.stderr.isatty():
            print("\r" + line.ljust(self.width)[:200], end="", file=sys.stderr, flush=True)
            self.width = len(line)
        else:
            print(line, file=sys.stderr, flush=True)

    def tool(self, name):
        return str(self.tools / name)

    def note_process(self, popen):
        self.started = [p for p in self.started if p.poll() is None] + [popen]

    # --- the site

    @functools.cached_property
    def site(self):
        site = Site(conf=OPTIONS, users=(), workers=WORKERS, level="warn")
        self.stack.callback(self.close_site, site)
        site.start()
        return site

    def close_site(self, site):
        try:
            site.stop()
        except Failed as error:
            print(f"warning: {error}", file=sys.stderr)
        site.remove()

    def __enter__(self):
        self.stack = contextlib.ExitStack()
        return self

    def __exit__(self, *_):
        for popen in self.started:
            if popen.poll() is None:
                popen.kill()
                popen.wait()
        self.stack.close()

    def daemon(self, name, conf=None):
        return Daemon(self, name, conf or {}).wait()

    def understands(self, conf):
        """Whether the daemon knows these options."""
        with tempfile.NamedTemporaryFile("w", dir=self.site.dir, suffix=".conf") as file:
            file.write(config.text(config.merged(self.site.conf, conf)))
            file.flush()
            return subprocess.run([f"{self.daemon_dir}/doorward", "-t", "-c", file.name], capture_output=True, check=False).returncode == 0

    @functools.cached_property
    def has_cache(self):
        return self.understands({"cache": {"enabled": True}})

    @functools.cached_property
    def uncached(self):
        """A daemon whose every check asks Redis; the site's own as long as there is no cache to be turned off."""
        return self.daemon("uncached", {"cache": {"enabled": False}}) if self.has_cache else self.site_daemon

    @property
    def site_daemon(self):
        return Running(self.site.sockets, self.site.daemon)

    def roots(self, app, front=None):
        return {"front": [front] if front else [], "app": [app], "redis": [self.site.redis_process.pid]}

    def another_redis(self, name):
        """Path of the socket, and the process."""
        path = f"{self.site.dir}/sock/{name}.sock"
        conf = f"{self.site.dir}/{name}.redis"
        pathlib.Path(conf).write_text(f'port 0\nunixsocket {path}\nunixsocketperm 700\nsave ""\nappendonly no\ndir {self.site.dir}/tmp\n'
                                      "maxmemory-policy noeviction\n")
        process = self.site.run(name, [shutil.which("redis-server") or "redis-server", conf])

        def answers():
            try:
                with Redis(path) as redis:
                    return redis("PING") == "PONG"
            except (OSError, EOFError, RuntimeError):
                return False

        wait_until(answers, "Redis")
        return path, process

    # --- files for the load generator

    def file(self, text):
        self.files += 1
        path = f"{self.site.dir}/tmp/bench{self.files}"
        with open(path, "w", encoding="latin-1", newline="") as file:
            file.write(text)
        return path

    def fcgi(self, method, path, *, cookie=False, body="", headers=()):
        """A template; cookie: the value goes into the session cookie."""
        pairs = [("REQUEST_METHOD", method), ("SCRIPT_NAME", MOUNT + path), ("PATH_INFO", ""), ("REQUEST_URI", MOUNT + path), ("QUERY_STRING", ""),
                 ("SERVER_PROTOCOL", "HTTP/1.1"), ("SERVER_SOFTWARE", "bench"), ("SERVER_NAME", "localhost"), ("SERVER_ADDR", "127.0.0.1"),
                 ("SERVER_PORT", "443"), ("GATEWAY_INTERFACE", "CGI/1.1"), ("REMOTE_ADDR", "127.0.0.1"), ("REMOTE_PORT", "40000"),
                 ("REQUEST_SCHEME", "https"), ("HTTPS", "on"), ("HTTP_HOST", "localhost"), ("HTTP_ACCEPT", "*/*")]
        pairs += [("HTTP_COOKIE", f"{COOKIE}=@VALUE@")] if cookie else []
        return self.file("".join(f"{name}={value}\n" for name, value in [*pairs, *headers]) + (f"\n{body}" if body else ""))

    def http(self, path, cookie=None):
        line = f"Cookie: {cookie}=@VALUE@\r\n" if cookie else ""
        return self.file(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\n{line}\r\n")

    @functools.cached_property
    def check(self):
        return self.fcgi("GET", "/check", cookie=True)

    @functools.cached_property
    def logout(self):
        return self.fcgi("POST", "/logout", cookie=True, headers=[("HTTP_ORIGIN", ORIGIN)])

    # --- populations

    def seed(self, users, *flags, conf=None, sessions=1, seeders=SEEDERS):
        """A file with the tokens of new users' sessions, made by several at once."""
        self.files += 1
        path = f"{self.site.dir}/tmp/bench{self.files}"
        each = max(1, users // seeders)
        outs = [open(f"{path}.{i}", "wb") for i in range(min(seeders, users))]
        running = []
        for out in outs:
            argv = [self.tool("seed"), "-c", conf or self.site.conf_file, "-n", str(each), "-f", str(self.first_user), "-p", str(sessions), *flags]
            running.append(subprocess.Popen(argv, stdout=out))
            self.note_process(running[-1])
            self.first_user += each
        codes = [seeder.wait(SEED_TIME_MAX) for seeder in running]
        for out in outs:
            out.close()
        if any(codes):
            raise Unmeasured("the sessions could not be made")
        with open(path, "wb") as whole:
            for out in outs:
                with open(out.name, "rb") as part:
                    shutil.copyfileobj(part, whole)
                os.unlink(out.name)
        return path

    @functools.cached_property
    def few(self):
        """Tokens of a thousand sessions: what a cache holds easily."""
        return self.seed(1000)

    @functools.cached_property
    def many(self):
        """Tokens of so many sessions that, asked one after another, each comes again only after its cache entry has passed."""
        return self.seed(60000 if self.quick else 100000)

    @functools.cached_property
    def accounts(self):
        """A file with the names of accounts, and their one password."""
        names = [f"bench{i:03d}" for i in range(16 if self.quick else USERS)]
        password = "Pw " + secrets.token_hex(12)
        for name in names:
            self.progress(f"adding {name}")
            self.site.add_user(name, "users", password=password)
        return self.file("".join(f"{name}\n" for name in names)), password

    @functools.cached_property
    def sign_in(self):
        body = json.dumps({"username": "@VALUE@", "password": self.accounts[1], "mode": "cookie"})
        return self.fcgi("POST", "/login", body=body, headers=[("CONTENT_TYPE", "application/json"), ("HTTP_ORIGIN", ORIGIN)])

    @functools.cached_property
    def guess(self):
        body = json.dumps({"username": "@VALUE@", "password": "not the password"})
        return self.fcgi("POST", "/login", body=body, headers=[("CONTENT_TYPE", "application/json")])

    @functools.cached_property
    def plain_sessions(self):
        """Session ids of the article's design and of the first try: a key a session with flat JSON, as many as ours."""
        ids = [secrets.token_hex(16) for _ in range(60000 if self.quick else 100000)]
        commands = []
        with self.site.redis() as redis:
            for i, sid in enumerate(ids):
                value = json.dumps({"user": f"user{i:07d}", "id": f"u{i:021d}", "groups": ["staff", "users"], "device": "web"}, separators=(",", ":"))
                words = ("SET", f"session:{sid}", value, "EX", "86400")
                commands.append(b"*5\r\n" + b"".join(b"$%d\r\n%s\r\n" % (len(word), word.encode()) for word in words))
                if len(commands) == 1000 or i == len(ids) - 1:
                    redis.socket.sendall(b"".join(commands))
                    for _ in commands:
                        redis.file.readline()
                    commands = []
        return self.file("".join(f"{sid}\n" for sid in ids))

    # --- programs to compare with

    def compared(self, name, *args):
        path = f"{self.site.dir}/sock/{name}.sock"
        process = self.site.run(name, [self.tool(name), path, *map(str, args)])
        wait_until(lambda: os.path.exists(path), name)
        return process, path

    @functools.cached_property
    def plain(self):
        return self.compared("plain", WORKERS)

    @functools.cached_property
    def hello(self):
        return self.compared("hello", WORKERS)

    @functools.cached_property
    def first(self):
        return self.compared("first", 4, self.site.redis_socket)

    @functools.cached_property
    def article(self):
        if self.no_article:
            raise Unmeasured(f"the article's design was not built: {self.no_article.splitlines()[-1]}")
        return self.compared("article", self.site.redis_socket)

    # --- fronts

    def front(self, name, argv_of, text):
        try:
            program = installed(name)
        except Exception as reason:
            raise Unmeasured(f"{name} is not installed") from reason
        site = self.site
        conf = f"{site.dir}/{name}.conf"
        pathlib.Path(conf).write_text(text)
        pathlib.Path(f"{site.dir}/www/static.txt").write_text("hello\n")
        process = site.run(name, argv_of(program, conf))
        return process

    def wait_for_front(self, process, port):
        def answers():
            if not process.is_running():
                raise Unmeasured(f"the front ended: {process.text()[-500:]}")
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/static.txt", timeout=5) as reply:
                    return reply.status == 200
            except OSError:
                return False

        wait_until(answers, "the front")

    @functools.cached_property
    def nginx(self):
        """Process and port."""
        port = free_port()
        article = "" if self.no_article else self.article[1]
        text = configs.nginx(self.site.dir, port, self.site.sockets["check"], self.hello[1], self.plain[1], self.first[1], article)
        process = self.front("nginx", lambda program, conf: [program, "-p", self.site.dir + "/", "-c", conf, "-e", f"{self.site.dir}/log/nginx.log"],
                             text)
        self.wait_for_front(process, port)
        return process, port

    @functools.cached_property
    def lighttpd(self):
        port = free_port()
        text = configs.lighttpd(self.site.dir, port, self.site.sockets["check"], self.plain[1])
        process = self.front("lighttpd", lambda program, conf: [program, "-D", "-f", conf], text)
        self.wait_for_front(process, port)
        return process, port
