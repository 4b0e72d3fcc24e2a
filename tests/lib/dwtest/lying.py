# SPDX-License-Identifier: ISC
"""One Redis that passes for a cluster: an address for each of many nodes, of which one has all the slots, and what a node that is broken, or
somebody's else, may answer instead."""

import socket
import threading

from .cluster import SLOTS
from .site import Site, free_port

RECORDS = (b"EVALSHA", b"HGETALL", b"HMGET", b"HGET")  # commands that only the master of a slot answers


def slot_of(words):
    for word in words:
        tag = word.partition(b"{")[2].partition(b"}")
        if tag[1] and tag[0]:
            crc = 0
            for byte in tag[0]:
                crc ^= byte << 8
                for _ in range(8):
                    crc = (crc << 1 ^ 0x1021) & 0xffff if crc & 0x8000 else crc << 1
            return crc % SLOTS
    return 0


def read_command(stream):
    line = stream.readline()
    if not line:
        raise EOFError
    return [stream.read(int(stream.readline()[1:]) + 2)[:-2] for _ in range(int(line[1:]))]


def read_reply(stream):
    line = stream.readline()
    if line[:1] == b"$" and int(line[1:]) >= 0:
        return line + stream.read(int(line[1:]) + 2)
    if line[:1] == b"*":
        return line + b"".join(read_reply(stream) for _ in range(int(line[1:])))
    return line


def text(words):
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words)


class Nodes:
    """Nodes in front of ${redis}, a socket. .master: the number of the one that has the slots. .lie: what is answered instead of the truth by
    node i to a command, in one piece or many, None = the truth."""

    def __init__(self, redis, port, count):
        self.redis, self.port, self.master, self.lie = redis, port, 0, lambda i, words: None
        self.hosts = [f"127.0.7.{i + 1}" for i in range(count)]
        self.listening = [socket.create_server((host, port), backlog=128) for host in self.hosts]
        for i, listening in enumerate(self.listening):
            threading.Thread(target=self.accept, args=(i, listening), daemon=True).start()

    def close(self):
        for listening in self.listening:
            listening.shutdown(socket.SHUT_RDWR)
            listening.close()

    def accept(self, i, listening):
        try:
            while True:
                threading.Thread(target=self.serve, args=(i, listening.accept()[0]), daemon=True).start()
        except OSError:
            pass

    def redirect(self, words, to, how=b"MOVED"):
        return b"-%s %d %s:%d\r\n" % (how, slot_of(words), self.hosts[to].encode(), self.port)

    def slots(self):
        host = self.hosts[self.master].encode()
        return b"*1\r\n*3\r\n:0\r\n:%d\r\n*3\r\n$%d\r\n%s\r\n:%d\r\n$2\r\nid\r\n" % (SLOTS - 1, len(host), host, self.port)

    def invented(self, i, words):
        name = words[0].upper()
        if name == b"CLUSTER":
            return self.slots()
        if name == b"ASKING":
            return b"+OK\r\n"
        return self.lie(i, words) or (self.redirect(words, self.master) if name in RECORDS and i != self.master else None)

    def serve(self, i, client):
        with client, socket.socket(socket.AF_UNIX) as redis:
            try:
                redis.connect(self.redis)
                asked, answered = client.makefile("rb"), redis.makefile("rb")
                while True:
                    words = read_command(asked)
                    answer = self.invented(i, words)
                    if answer is None:
                        redis.sendall(text(words))
                        answer = read_reply(answered)
                    for piece in [answer] if isinstance(answer, bytes) else answer:
                        client.sendall(piece)
                    if words[0].upper() == b"SUBSCRIBE":
                        threading.Thread(target=self.pass_on, args=(answered, client), daemon=True).start()
                        self.pass_on(asked, redis)
            except (OSError, EOFError, ValueError):
                pass

    @staticmethod
    def pass_on(stream, to):
        try:
            while data := stream.read1(65536):
                to.sendall(data)
        except (OSError, ValueError):
            pass


class Lied(Site):
    """A site whose Redis is such a cluster. As a context: while it runs."""

    def __init__(self, count, **conf):
        super().__init__(conf={"throttle": {"enabled": False}, "password": {"argon2_memory": "1m", "argon2_time": 1}, **conf}, expected=[r"(?i)redis", r"(?i)cluster", r"store", r"[Ss]pool", r"outbox"])
        port = free_port()
        self.nodes = Nodes(self.redis_socket, port, count)
        self.write_conf(redis={"url": f"cluster://{self.nodes.hosts[0]}:{port}"})

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        try:
            self.stop()
        finally:
            self.nodes.close()
            self.remove()
