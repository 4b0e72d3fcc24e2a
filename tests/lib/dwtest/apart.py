# SPDX-License-Identifier: ISC
"""Namespaces of a test's own, where the machine allows it: a network in which ports below 1024 are free and cables can be cut, and mounts.
Nothing of it is left when the test has ended."""

import os
import pathlib
import socket
import struct
import subprocess
import sys
import threading

from .check import Skip, wait_until

MARK = "DWTEST_APART"
DNS = 53


def enter():
    """Runs this program once more, in a network and among mounts of its own. To be called before anything else is done."""
    if MARK in os.environ:
        return
    argv = ["unshare", "--net", "--mount", *([] if os.geteuid() == 0 else ["--user", "--map-root-user"])]
    up = ["ip", "link", "set", "lo", "up"]
    try:
        possible = subprocess.run([*argv, *up], stderr=subprocess.DEVNULL, check=False).returncode == 0
    except FileNotFoundError:
        possible = False
    if possible:
        os.environ[MARK] = "1"
        os.execvp(argv[0], [*argv, "sh", "-c", f'{" ".join(up)} && exec "$@"', "sh", sys.executable, *sys.argv])


def is_entered():
    return MARK in os.environ


def needed():
    if not is_entered():
        raise Skip("no network namespaces here")


def run(*argv):
    subprocess.run(argv, check=True, stdout=subprocess.DEVNULL)


class Cable:
    """Another network, and a cable from there to this one, where every packet can be lost: no connection is refused, none is closed."""

    HERE, THERE, LENGTH = "10.231.7.1", "10.231.7.2", 24
    NOBODY = "02:00:00:00:00:01"  # a station to which what is sent when the cable is cut goes

    def __init__(self, site):
        needed()
        holder = site.run("far", ["unshare", "--net", "sleep", "infinity"])
        wait_until(lambda: self.network(holder.pid) != self.network("self"), "another network")
        self.enter = ["nsenter", f"--net=/proc/{holder.pid}/ns/net"]
        run("ip", "link", "add", "near", "type", "veth", "peer", "name", "far", "netns", str(holder.pid))
        for enter, end, address in (([], "near", self.HERE), (self.enter, "far", self.THERE)):
            run(*enter, "ip", "address", "add", f"{address}/{self.LENGTH}", "dev", end)
            run(*enter, "ip", "link", "set", end, "up")

    @staticmethod
    def network(pid):
        return os.readlink(f"/proc/{pid}/ns/net")

    def cut(self):
        run("ip", "neighbour", "replace", self.THERE, "lladdr", self.NOBODY, "dev", "near", "nud", "permanent")
        run(*self.enter, "ip", "neighbour", "replace", self.HERE, "lladdr", self.NOBODY, "dev", "far", "nud", "permanent")

    def mend(self):
        run("ip", "neighbour", "delete", self.THERE, "dev", "near")
        run(*self.enter, "ip", "neighbour", "delete", self.HERE, "dev", "far")


class Names:
    """The server of names that the resolver of this machine asks; it answers with addresses of this table, unless it is to be silent."""

    def __init__(self, directory, table):
        needed()
        self.table, self.silent, self.unanswered = table, False, 0
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", DNS))
        self.mount(directory, "/etc/resolv.conf", "nameserver 127.0.0.1\noptions timeout:5 attempts:2\n")
        self.mount(directory, "/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\n")
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    @staticmethod
    def mount(directory, path, text):
        if not os.path.exists(path):
            raise Skip(f"there is no {path} to mount another one on")
        ours = pathlib.Path(directory, os.path.basename(path))
        ours.write_text(text, encoding="ascii")
        ours.chmod(0o644)
        run("mount", "--bind", str(ours), os.path.realpath(path))

    def serve(self):
        while True:
            question, peer = self.socket.recvfrom(512)
            if self.silent:
                self.unanswered += 1
            else:
                self.socket.sendto(self.answer(question), peer)

    def answer(self, question):
        labels, at = [], 12
        while question[at]:
            labels.append(question[at + 1:at + 1 + question[at]].decode("ascii"))
            at += 1 + question[at]
        asked, = struct.unpack_from("!H", question, at + 1)
        address = self.table.get(".".join(labels).lower())
        record = b""
        if address and asked == 1:
            record = struct.pack("!HHHIH", 0xc00c, 1, 1, 0, 4) + socket.inet_aton(address)
        flags = 0x8180 if address else 0x8183
        return question[:2] + struct.pack("!HHHHH", flags, 1, 1 if record else 0, 0, 0) + question[12:at + 5] + record
