# SPDX-License-Identifier: ISC
"""A FastCGI client that can also do what no web server does."""

import struct

from .answer import Answer
from .check import Failed
from .unix import connected

BEGIN, ABORT, END, PARAMS, STDIN, STDOUT, STDERR, DATA, GET_VALUES, GET_VALUES_RESULT, UNKNOWN = range(1, 12)
RESPONDER, AUTHORIZER, FILTER = 1, 2, 3
KEEP_CONN = 1


def record(kind, content=b"", request_id=1, version=1, padding=0):
    return struct.pack(">BBHHBx", version, kind, request_id, len(content), padding) + content + b"\0" * padding


def begin(role=RESPONDER, keep=False, request_id=1):
    return record(BEGIN, struct.pack(">HB5x", role, KEEP_CONN if keep else 0), request_id)


def length(number):
    return bytes([number]) if number < 128 else struct.pack(">I", number | 0x80000000)


def pair(name, value):
    name, value = (item if isinstance(item, bytes) else item.encode("utf-8", "surrogateescape") for item in (name, value))
    return length(len(name)) + length(len(value)) + name + value


def stream(kind, content, request_id=1):
    """All of content and the empty record that ends the stream."""
    out = b""
    for at in range(0, len(content), 0xFFF8):
        out += record(kind, content[at:at + 0xFFF8], request_id)
    return out + record(kind, b"", request_id)


def params(pairs, request_id=1):
    pairs = pairs.items() if isinstance(pairs, dict) else pairs
    return stream(PARAMS, b"".join(pair(name, value) for name, value in pairs), request_id)


def request(pairs, body=b"", role=RESPONDER, keep=False, request_id=1):
    """The bytes of one whole request. An Authorizer gets no STDIN at all, as from lighttpd."""
    out = begin(role, keep, request_id) + params(pairs, request_id)
    return out if role == AUTHORIZER else out + stream(STDIN, body, request_id)


class Connection:
    """One connection to a FastCGI socket."""

    def __init__(self, path, timeout=30.0):
        self.socket = connected(path, timeout)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def _exactly(self, count):
        data = b""
        while len(data) < count:
            more = self.socket.recv(count - len(data))
            if not more:
                raise EOFError(f"closed after {len(data)} of {count} bytes")
            data += more
        return data

    def read_record(self):
        _, kind, request_id, size, padding = struct.unpack(">BBHHBx", self._exactly(8))
        content = self._exactly(size)
        self._exactly(padding)
        return kind, request_id, content

    def answer(self):
        """Reads up to END_REQUEST. EOFError if the connection is closed before it."""
        out = err = b""
        while True:
            kind, _, content = self.read_record()
            if kind == STDOUT:
                out += content
            elif kind == STDERR:
                err += content
            elif kind == END:
                status, protocol = struct.unpack(">IB3x", content)
                if protocol != 0:
                    raise Failed(f"END_REQUEST says protocol status {protocol}")
                if not out:
                    raise Failed(f"END_REQUEST without an answer, status {status}")
                return Answer.from_cgi(out, err)

    def ask(self, *args, **kwargs):
        self.send(request(*args, **kwargs))
        return self.answer()

    def is_closed(self):
        """Waits for the other side to close; False if it does not within the timeout."""
        try:
            while self.socket.recv(65536):
                pass
        except TimeoutError:
            return False
        except OSError:
            pass
        return True


def ask(path, pairs, body=b"", role=RESPONDER, timeout=30.0):
    with Connection(path, timeout) as connection:
        try:
            return connection.ask(pairs, body, role)
        except (BrokenPipeError, ConnectionResetError):  # the latter where it left something unread
            return connection.answer()  # it answered before it had read everything
