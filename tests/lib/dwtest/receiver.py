# SPDX-License-Identifier: ISC
"""An HTTPS server that takes what sinks send, and can be every kind of bad receiver."""

import collections
import json
import socket
import ssl
import threading
import time

from .ports import free_port

Posted = collections.namedtuple("Posted", "at path headers body taken")  # taken: it was answered with 2xx

STATUS = {200: "OK", 202: "Accepted", 302: "Found", 400: "Bad Request", 410: "Gone", 500: "Internal Server Error"}


class _Silence(Exception):
    """This connection gets no further word."""


class Receiver:
    """Listens on a port of its own. ${behave}(path, body) says how the next request is answered: a word of the methods below, a status, or
    a status with a body; None is 200. It may be changed at any time."""

    def __init__(self, certificate, behave=None):
        self.certificate = certificate
        self.behave = behave
        self.posted = []
        self.connections = 0
        self.socket = None
        self.port = free_port()
        self._open = set()
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self.up()

    def url(self, path="/hook"):
        return f"https://127.0.0.1:{self.port}{path}"

    # --- there and not there

    def up(self):
        self._stop = threading.Event()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self.certificate)
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(("127.0.0.1", self.port))
        self.socket.listen(256)
        threading.Thread(target=self._accept, args=(self.socket, context, self._stop), daemon=True).start()

    def down(self):
        """Nobody listens any more, and all connections are cut."""
        self._stop.set()
        self._shut(self.socket)
        with self._lock:
            for connection in list(self._open):
                self._shut(connection)

    stop = down

    @staticmethod
    def _shut(connection):
        try:
            connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        connection.close()

    # --- what came

    def taken(self, path=None):
        """What was answered with 2xx."""
        return [p for p in list(self.posted) if p.taken and (path is None or p.path == path)]

    def events(self, path=None):
        """The bodies of webhooks that were taken, in the order of the answers."""
        return [json.loads(p.body) for p in self.taken(path)]

    # --- one connection

    def _accept(self, listener, context, stop):
        while not stop.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.connections += 1
            threading.Thread(target=self._serve, args=(connection, context, stop), daemon=True).start()

    def _serve(self, plain, context, stop):
        with self._lock:
            self._open.add(plain)
        try:
            with context.wrap_socket(plain, server_side=True) as connection:
                with self._lock:
                    if stop.is_set():  # down() has not seen this one, whose handshake was under way
                        return
                    self._open.add(connection)
                file = connection.makefile("rb")
                while self._request(connection, file, stop):
                    pass
        except (OSError, ValueError, _Silence):
            pass
        finally:
            with self._lock:
                self._open.discard(plain)

    def _request(self, connection, file, stop):
        line = file.readline(4096)
        if not line:
            return False
        path, headers = line.split()[1].decode(), {}
        while (line := file.readline(8192)) not in (b"\r\n", b"\n", b""):
            name, _, value = line.decode().partition(":")
            headers[name.strip().lower()] = value.strip()
        body = file.read(int(headers.get("content-length", 0)))
        at = time.monotonic()
        how = self.behave(path, body) if self.behave else None
        status, text = how if isinstance(how, tuple) else (200 if how is None else how, "")
        if isinstance(status, str):
            self.posted.append(Posted(at, path, headers, body, status == "huge"))
            return getattr(self, "_" + status)(connection, stop)
        # Before the answer: who has it must be able to rely on its being here.
        self.posted.append(Posted(at, path, headers, body, 200 <= status < 300))
        self._answer(connection, status, text)
        return True

    @staticmethod
    def _answer(connection, status, text=""):
        more = "Location: https://127.0.0.1:1/elsewhere\r\n" if status == 302 else ""
        connection.sendall(f"HTTP/1.1 {status} {STATUS.get(status, 'X')}\r\n{more}Content-Length: {len(text)}\r\n\r\n{text}".encode())

    # --- the bad ones

    def _hang(self, _, stop):
        stop.wait(120)
        raise _Silence

    def _slow(self, connection, stop):
        stop.wait(13)
        self._answer(connection, 200)
        return True

    def _trickle(self, connection, stop):
        for byte in b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX-Word: " + b"x" * 1000:
            connection.sendall(bytes([byte]))
            if stop.wait(0.2):
                break
        raise _Silence

    def _cut(self, connection, _):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf of")
        raise _Silence

    def _close(self, *_):
        raise _Silence

    def _huge(self, connection, stop):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
        while not stop.is_set():
            connection.sendall(b"x" * 65536)
