# SPDX-License-Identifier: ISC
"""As much of a Redis client as the tests need: they look at the store, the program under test does the work."""

import socket


class Redis:
    def __init__(self, path, timeout=15.0):
        """path: of a unix socket, or (host, port)."""
        self.socket = socket.socket(socket.AF_INET if isinstance(path, tuple) else socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(timeout)
        self.socket.connect(path)
        self.file = self.socket.makefile("rb")

    def close(self):
        self.file.close()
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _reply(self):
        line = self.file.readline()
        if not line.endswith(b"\r\n"):
            raise EOFError("Redis closed the connection")
        kind, rest = line[:1], line[1:-2]
        if kind == b"+":
            return rest.decode()
        if kind == b"-":
            raise RuntimeError(rest.decode())
        if kind == b":":
            return int(rest)
        if kind == b"$":
            if rest == b"-1":
                return None
            data = self.file.read(int(rest) + 2)
            return data[:-2]
        return None if rest == b"-1" else [self._reply() for _ in range(int(rest))]

    def __call__(self, *words):
        out = b"*%d\r\n" % len(words)
        for word in words:
            word = word if isinstance(word, bytes) else str(word).encode()
            out += b"$%d\r\n%s\r\n" % (len(word), word)
        self.socket.sendall(out)
        return self._reply()

    def calls(self):
        """How many commands about data there were: what housekeeping sends by itself is left out, and so is the script of a look at the
        server, which is loaded each time. For sites without a relay, which asks of its own accord."""
        housekeeping = {"ping", "info", "client", "config", "time", "hello", "auth", "select", "script", "subscribe", "pubsub",
                        "command", "role", "xread"}  # xread: a watch, which asks of its own accord
        total = 0
        for line in self("INFO", "commandstats").decode().split("\r\n"):
            if line.startswith("cmdstat_"):
                name, _, rest = line[len("cmdstat_"):].partition(":")
                calls = int(rest.split(",")[0].partition("=")[2])
                if name == "script|load":
                    total -= calls
                if name.split("|")[0] not in housekeeping:
                    total += calls
        return total

    def everything(self):
        """The bytes of all keys and values, as DUMP and the type's own reader show them."""
        out = []
        for key in self("KEYS", "*"):
            kind = self("TYPE", key)
            out.append(key)
            reader = {"hash": ("HGETALL", key), "string": ("GET", key), "stream": ("XRANGE", key, "-", "+"),
                      "set": ("SMEMBERS", key), "zset": ("ZRANGE", key, 0, -1), "list": ("LRANGE", key, 0, -1)}[kind]
            _flatten(self(*reader), out)
        return b"\n".join(out)


def _flatten(value, out):
    if isinstance(value, list):
        for item in value:
            _flatten(item, out)
    elif value is not None:
        out.append(value if isinstance(value, bytes) else str(value).encode())
