# SPDX-License-Identifier: ISC
"""RabbitMQ in the directory of a test: its programs are called where they are, since Debian's wrapper wants to be root or rabbitmq. Node,
epmd and the management API listen on loopback; everything is ended by its pid."""

import base64
import glob
import http.client
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import urllib.parse

from .check import Failed, Skip, wait_until
from .ports import free_port
from .proc import alive, environment, marked, name_of, tell

USER, VHOST = "doorward", "events"


def _programs():
    found = sorted(glob.glob("/usr/lib/rabbitmq/lib/rabbitmq_server-*/sbin"))
    if not found or shutil.which("epmd") is None:
        raise Skip("rabbitmq-server is not installed")
    return found[-1]


class Rabbit:
    def __init__(self, site, password="a password for tests", certificate=None):
        """certificate: of a further listener with TLS, the authority's file, its own and its key's."""
        self.site = site
        self.sbin = _programs()
        self.dir = f"{site.dir}/rabbit"
        self.password = password
        site.remember(password)
        self.port, self.tls_port, self.api_port, self.epmd_port, self.dist_port = (free_port() for _ in range(5))
        self.certificate = certificate
        self.node = f"dw{self.port}@localhost"
        self.server = self.epmd = None
        for name in ("", "/db", "/log", "/home"):
            os.mkdir(self.dir + name, 0o700)
        self._write_configuration()

    def url(self):
        return f"amqp://{USER}@127.0.0.1:{self.port}/{VHOST}"

    def tls_url(self):
        return f"amqps://{USER}@127.0.0.1:{self.tls_port}/{VHOST}"

    def _write_configuration(self):
        definitions = {
            "users": [{"name": USER, "password": self.password, "tags": "administrator"}], "vhosts": [{"name": VHOST}],
            "permissions": [{"user": USER, "vhost": VHOST, "configure": ".*", "write": ".*", "read": ".*"}],
        }
        pathlib.Path(self.dir, "definitions.json").write_text(json.dumps(definitions))
        pathlib.Path(self.dir, "plugins").write_text("[rabbitmq_management].\n")
        tls = ()
        if self.certificate:
            names = ("cacertfile", "certfile", "keyfile")
            tls = (f"listeners.ssl.1 = 127.0.0.1:{self.tls_port}", *(f"ssl_options.{name} = {file}" for name, file in zip(names, self.certificate)))
        pathlib.Path(self.dir, "rabbitmq.conf").write_text("".join(line + "\n" for line in (
            f"listeners.tcp.1 = 127.0.0.1:{self.port}", "management.tcp.ip = 127.0.0.1", f"management.tcp.port = {self.api_port}",
            f"load_definitions = {self.dir}/definitions.json", "log.console = false", "log.file.level = info",
            "vm_memory_high_watermark.absolute = 512MB", "disk_free_limit.absolute = 1MB", *tls)))

    def environment(self):
        return {
            "HOME": f"{self.dir}/home", "RABBITMQ_NODENAME": self.node, "RABBITMQ_MNESIA_BASE": f"{self.dir}/db",
            "RABBITMQ_LOG_BASE": f"{self.dir}/log", "RABBITMQ_CONFIG_FILE": f"{self.dir}/rabbitmq.conf",
            "RABBITMQ_ENABLED_PLUGINS_FILE": f"{self.dir}/plugins", "RABBITMQ_CONF_ENV_FILE": f"{self.dir}/none",
            "RABBITMQ_DIST_PORT": str(self.dist_port), "RABBITMQ_PID_FILE": f"{self.dir}/pid",
            "RABBITMQ_GENERATED_CONFIG_DIR": f"{self.dir}/generated",
            "ERL_EPMD_PORT": str(self.epmd_port), "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1} +S 1:1 +sbwt none",
            "RABBITMQ_CTL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
        }

    # --- there and not there

    def start(self):
        if self.epmd is None:
            self.epmd = self.site.run("epmd", ["epmd", "-port", str(self.epmd_port), "-address", "127.0.0.1"], env=self.environment())
        self.server = self.site.run("rabbitmq", [f"{self.sbin}/rabbitmq-server"], env=self.environment())
        wait_until(self.answers, "RabbitMQ", 120)

    def answers(self):
        if not self.server.is_running():
            raise Failed(f"RabbitMQ ended: {self.server.text()[-800:]}")
        try:
            return self.api("GET", "/api/overview")[0] == 200 and self._connects()
        except (OSError, http.client.HTTPException):
            return False

    def _connects(self):
        with socket.create_connection(("127.0.0.1", self.port), 1):
            return True

    def pids(self):
        """Its own: the node, and what that started beside it."""
        return [pid for pid in marked(self.site.dir) if any(word in name_of(pid) for word in ("beam", "erl_child_setup", "inet_gethost", "rabbitmq"))]

    def kill(self):
        """As a power cut does it, but for what the kernel has."""
        pids = self.pids()
        for pid in pids:
            tell(pid, signal.SIGKILL)
        self.server.popen.wait()
        wait_until(lambda: not any(alive(pid) for pid in pids), "RabbitMQ to be gone")

    def stop(self):
        if self.server is not None and self.server.is_running():
            self.kill()

    def freeze(self, number=signal.SIGSTOP):
        """It takes connections, as the kernel does, and says nothing. SIGCONT lets it go on."""
        for pid in self.pids():
            tell(pid, number)  # what it runs now and then may have ended

    # --- what is in it

    def ctl(self, *words):
        """RabbitMQ's own program."""
        return subprocess.run([f"{self.sbin}/rabbitmqctl", "-q", "-n", self.node, *words], env={**environment(self.site.dir), **self.environment()},
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120).stdout

    def api(self, method, path, value=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.api_port, timeout=30)
        try:
            word = base64.b64encode(f"{USER}:{self.password}".encode()).decode()
            connection.request(method, path, None if value is None else json.dumps(value),
                               {"Authorization": f"Basic {word}", "Content-Type": "application/json"})
            answer = connection.getresponse()
            body = answer.read()
            return answer.status, json.loads(body) if body[:1] in (b"{", b"[") else None
        finally:
            connection.close()

    def queue(self, name, exchange="doorward", key="doorward.#"):
        """A durable queue, bound to the exchange."""
        self._done("PUT", f"/api/queues/{VHOST}/{name}", {"durable": True})
        self._done("POST", f"/api/bindings/{VHOST}/e/{urllib.parse.quote(exchange)}/q/{name}", {"routing_key": key})

    def _done(self, method, path, value):
        status, _ = self.api(method, path, value)
        if status not in (201, 204):
            raise Failed(f"RabbitMQ: {method} {path} is {status}")

    def exchange(self, name):
        status, found = self.api("GET", f"/api/exchanges/{VHOST}/{urllib.parse.quote(name)}")
        return found if status == 200 else None

    def messages(self, queue):
        """Takes all that are in it: [{"payload", "routing_key", "properties", …}]."""
        found = []
        while True:
            status, some = self.api("POST", f"/api/queues/{VHOST}/{queue}/get",
                                    {"count": 1000, "ackmode": "ack_requeue_false", "encoding": "auto"})
            if status != 200:
                raise Failed(f"RabbitMQ: reading {queue} is {status}")
            if not some:
                return found
            found += some
