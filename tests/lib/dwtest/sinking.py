# SPDX-License-Identifier: ISC
"""A site whose events go somewhere: an HTTPS receiver with a certificate of its own authority, and rows of sinks that lead to it."""

import base64
import os
import pathlib
import secrets

from .authority import Authority
from .check import wait_until
from .receiver import Receiver
from .site import Site

AUDIENCE = "https://receiver.example"


def new_secret():
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


class Sinking(Site):
    """kinds: types of sinks that POST; each becomes a row of its own name, and the path of it at the receiver. sinks: further rows.
    san: for what the receiver's certificate is."""

    def __init__(self, kinds=("webhook",), sinks=(), row=None, conf=None, san="IP:127.0.0.1", **kwargs):
        super().__init__(conf={"relay": {"retry_max": "1s"}, **(conf or {})}, **kwargs)
        self.authority = Authority(f"{self.dir}/tls")
        self.receiver = Receiver(self.authority.certificate("receiver", san))
        self.secret = new_secret()
        self.remember(self.secret, self.secret[len("whsec_"):])
        self.secret_file = self.private("webhook.secret", self.secret + "\n")
        self.rows = [self.row(kind, **(row or {})) for kind in kinds] + list(sinks)
        self.write_conf(sinks=self.rows)

    def private(self, name, text):
        """Also anew, while somebody reads it."""
        path, new = pathlib.Path(self.dir, name), pathlib.Path(self.dir, f"{name}.new")
        new.touch(0o600)
        new.write_text(text)
        new.replace(path)
        return str(path)

    def row(self, kind, name=None, **members):
        own = {"secret_file": self.secret_file} if kind == "webhook" else {"audience": AUDIENCE}
        return {"name": name or kind, "type": kind, "url": self.receiver.url("/" + (name or kind)), "ca_file": self.authority.file,
                "allow_private": True, **own, **members}

    def sink(self, name):
        """Its row of `doorwardctl outbox status`."""
        return next(row for row in self.ctl_json("outbox", "status")["sinks"] if row["sink"] == name)

    def relay(self):
        """The pid of the relay; None while there is none."""
        for pool in self.admin("GET", "/status?json").expect(200).json["pools"]:
            if pool["name"] == "relay":
                return next((worker["pid"] for worker in pool.get("workers", pool.get("processes", []))), None)
        return None

    def wait_taken(self, path, count, timeout=60.0):
        """Waits until the receiver took that many different ones at ${path}."""
        wait_until(lambda: len(self.receiver.taken(path)) >= count, f"{count} at {path}, there are {len(self.receiver.taken(path))}", timeout)
        return self.receiver.taken(path)

    def clear(self, before, conf):
        self.receiver.behave = None
        self.receiver.down()
        self.receiver.up()
        super().clear(before, conf)

    def stop(self):
        self.receiver.stop()
        super().stop()
