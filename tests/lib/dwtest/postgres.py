# SPDX-License-Identifier: ISC
"""A PostgreSQL of the test's own on unix sockets, and a way to it that can fail in all the ways that a network can."""

import os
import pathlib
import pwd
import secrets as randomness
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import threading
import time

from .check import Failed, Skip, wait_until
from .proc import Process, environment, tell
from .site import Site

PORT = 5432  # part of the sockets' name only
FORGED = "2000-01-01T00:00:00.000Z error [master 1] a line of the server's"
ROLE, DATABASE = "doorward", "accounts"


def programs():
    """Where the server's programs are: Debian keeps them out of the way, a directory a version."""
    found = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found:
        raise Skip("PostgreSQL is not installed")
    return found[-1].parent


def account():
    """Who it runs as: its programs refuse root."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            pass
    raise Skip("there is no user to run PostgreSQL as")


READY = b"Z\0\0\0\5I"  # the last message of an answer


def notice():
    fields = b"".join(letter + text.encode() + b"\0" for letter, text in ((b"S", "WARNING"), (b"C", "01000"), (b"M", "a\n" + FORGED))) + b"\0"
    return b"N" + (len(fields) + 4).to_bytes(4, "big") + fields


class Postgres:
    def __init__(self, site):
        self.site = site
        self.bin = programs()
        self.account = account()
        self.dir = tempfile.mkdtemp(prefix="dwpg", dir="/tmp")
        os.chmod(self.dir, 0o711)
        self.sockets = f"{self.dir}/sock"
        self.data = f"{self.dir}/data"
        for path, mode in ((self.sockets, 0o755), (self.data, 0o700)):
            os.mkdir(path, mode)
            if self.account:
                os.chown(path, self.account.pw_uid, self.account.pw_gid)
        self.port = PORT
        self.password = "Pg " + randomness.token_hex(12)
        site.remember(self.password, self.password[3:])
        self.process = None
        self.extra = {}  # options of the server besides those of start()

    def listen_tls(self, port, certificate, key):
        """From its next start on a port of the loopback address too, with TLS only. The key becomes its user's."""
        for source, name in ((certificate, "server.crt"), (key, "server.key")):
            path = f"{self.dir}/{name}"
            shutil.copy(source, path)
            os.chmod(path, 0o600)
            if self.account:
                os.chown(path, self.account.pw_uid, self.account.pw_gid)
        self.extra = {"listen_addresses": "127.0.0.1", "port": str(port), "ssl": "on", "ssl_cert_file": f"{self.dir}/server.crt",
                      "ssl_key_file": f"{self.dir}/server.key"}
        self.port = port

    def _as(self):
        a = self.account
        return {"user": a.pw_uid, "group": a.pw_gid, "extra_groups": []} if a else {}

    def create(self):
        env = environment(self.site.dir) | {"HOME": self.dir, "TMPDIR": self.dir}
        done = subprocess.run([self.bin / "initdb", "-D", self.data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale", "-N"],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=self.dir, env=env, text=True, **self._as())
        if done.returncode != 0:
            raise Failed(f"initdb: {done.stdout}")
        pathlib.Path(self.data, "pg_hba.conf").write_text(
            "local all postgres trust\nlocal all all scram-sha-256\nhostssl all all 127.0.0.1/32 scram-sha-256\n")
        self.start()
        self.sql(f"CREATE ROLE {ROLE} LOGIN PASSWORD '{self.password}'")
        self.sql(f"CREATE DATABASE {DATABASE} OWNER {ROLE}")

    def start(self):
        options = {"listen_addresses": "", "unix_socket_directories": self.sockets, "fsync": "off", "shared_buffers": "16MB",
                   "max_connections": "40", "log_statement": "none", **self.extra}
        words = [f"-c{name}={value}" for name, value in options.items()]
        self.process = Process([str(self.bin / "postgres"), "-D", self.data, *words], self.dir, f"{self.dir}/postgres.out", **self._as())
        wait_until(self.answers, "PostgreSQL")

    def answers(self):
        return self.psql("SELECT 1", "postgres").returncode == 0

    def psql(self, sql, database=DATABASE):
        return subprocess.run(["psql", "-XAtqw", "-v", "ON_ERROR_STOP=1", "-h", self.sockets, "-p", str(self.port), "-U", "postgres", "-d", database],
                              input=sql, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd="/", timeout=60)

    def sql(self, sql, database=None):
        """Runs it as the superuser; the rows, a list of columns each."""
        database = database or ("postgres" if sql.startswith(("CREATE ROLE", "CREATE DATABASE", "ALTER ROLE")) else DATABASE)
        done = self.psql(sql, database)
        if done.returncode != 0:
            raise Failed(f"psql: {done.stderr}")
        return [line.split("|") for line in done.stdout.splitlines()]

    def stop(self):
        if self.process is not None and self.process.is_running():
            self.hang(False)
            self.process.stop(signal.SIGINT)

    def hang(self, hung=True):
        """All its processes: a stopped postmaster alone would leave connections that work."""
        number = signal.SIGSTOP if hung else signal.SIGCONT
        tell(self.process.pid, number)  # first: it starts no further one then
        for pid in self.children():
            tell(pid, number)

    def children(self):
        done = subprocess.run(["ps", "-o", "pid=", "--ppid", str(self.process.pid)], stdout=subprocess.PIPE, text=True)
        return [int(word) for word in done.stdout.split()]

    def url(self, directory=None):
        return f"postgresql://{ROLE}@/{DATABASE}?host={directory or self.sockets}"

    def remove(self):
        shutil.rmtree(self.dir, ignore_errors=True)


class Wire:
    """A socket directory that leads to the server. how: "through", "silent" (takes connections and says nothing), "cut" (ends in the middle
    of the next answer), "slow" (each answer after ${delay}), "refuse", "chatty" (a notice stands before each answer), "flood" (notices
    without an end in the place of each), "copy" (begins a COPY in the place of each)."""

    def __init__(self, postgres, directory=None):
        """On a socket in ${directory}, or on a port of the loopback address."""
        self.postgres = postgres
        self.dir = directory
        self.how, self.delay = "through", 0.0
        self.accepted = 0
        self.listener = socket.socket(socket.AF_UNIX if directory else socket.AF_INET)
        if directory:
            os.makedirs(directory, exist_ok=True)
            self.listener.bind(f"{directory}/.s.PGSQL.{PORT}")
        else:
            self.listener.bind(("127.0.0.1", 0))
            self.port = self.listener.getsockname()[1]
        self.listener.listen(64)
        self.pairs = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            self.accepted += 1
            if self.how == "refuse":
                client.close()
                continue
            server = socket.socket(socket.AF_UNIX)
            if self.how != "silent":
                try:
                    server.connect(f"{self.postgres.sockets}/.s.PGSQL.{self.postgres.port}")
                except OSError:
                    client.close()
                    continue
            self.pairs.append((client, server))
            if self.how != "silent":
                threading.Thread(target=self._forward, args=(client, server), daemon=True).start()
                threading.Thread(target=self._answer, args=(client, server), daemon=True).start()

    def _forward(self, client, server):
        try:
            while data := client.recv(65536):
                server.sendall(data)
        except OSError:
            pass
        self._end(client, server)

    def _answer(self, client, server):
        try:
            while data := server.recv(65536):
                while self.how == "silent":
                    time.sleep(0.02)
                if self.how == "slow":
                    time.sleep(self.delay)
                if self.how == "cut":
                    client.sendall(data[:len(data) // 2])
                    break
                if data.endswith(READY) and self.how == "flood":
                    while True:
                        client.sendall(notice() * 100)
                if data.endswith(READY) and self.how == "copy":
                    data = b"H" + struct.pack("!ibh", 7, 0, 0)
                if data.endswith(READY) and self.how == "chatty":
                    data = data[:-len(READY)] + notice() + READY
                client.sendall(data)
        except OSError:
            pass
        self._end(client, server)

    @staticmethod
    def _end(*ends):
        for one in ends:
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def hang_up(self):
        """Ends the connections there are."""
        for pair in self.pairs:
            self._end(*pair)
        self.pairs.clear()

    def close(self):
        self._end(self.listener)  # a thread that waits in it would take one more
        self.listener.close()
        self.hang_up()


class PostgresSite(Site):
    """A site whose accounts are in PostgreSQL. own: in our tables; else the test makes its own and gives the statements."""

    def __init__(self, conf=None, own=True, **kwargs):
        programs()
        super().__init__(conf=conf, **kwargs)
        self.own = own
        self.postgres = Postgres(self)
        self.wire = Wire(self.postgres, f"{self.dir}/wire")
        path = pathlib.Path(self.dir, "pg-password")
        path.touch(0o600)
        path.write_text(self.postgres.password + "\n")
        self.write_conf(userdb={"url": self.postgres.url(self.wire.dir), "password_file": str(path)})

    def start(self):
        self.postgres.create()
        if self.own:
            self.ctl("userdb", "init")
        super().start()

    def clear(self, before, conf):
        self.wire.how = "through"
        self.wire.hang_up()
        if self.postgres.process.is_running():
            self.postgres.hang(False)
        else:
            self.postgres.start()
        super().clear(before, conf)

    def stop(self):
        try:
            super().stop()
        finally:
            self.wire.close()
            self.postgres.stop()

    def remove(self, keep=False):
        super().remove(keep)
        if not keep:
            self.postgres.remove()
