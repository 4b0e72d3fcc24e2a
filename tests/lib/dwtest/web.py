# SPDX-License-Identifier: ISC
"""HTTP over TLS to a front server, or in plain to a unix socket; answers keep every header line."""

import http.client
import socket
import ssl

from .answer import Answer
from .unix import connected


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path, timeout):
        super().__init__("localhost", timeout=timeout)
        self.path = path

    def connect(self):
        self.sock = connected(self.path, self.timeout)


def _exchange(connection, method, target, headers, body):
    try:
        names = {name.lower() for name, _ in headers}
        connection.putrequest(method, target, skip_host="host" in names, skip_accept_encoding=True)
        for name, value in headers:
            connection.putheader(name, value)
        if "content-length" not in names and (body or method in ("POST", "PUT", "PATCH")):
            connection.putheader("Content-Length", str(len(body)))
        try:
            connection.endheaders(body or None)
        except OSError:
            if connection.sock is None:
                raise
            # it may have answered before it had read everything
        reply = connection.getresponse()
        return Answer(reply.status, reply.getheaders(), reply.read())
    finally:
        connection.close()


def _context():
    """The certificate is self-signed, and not what is tested here."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def https(port, method, target, headers=(), body=b"", timeout=30.0):
    connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=timeout, context=_context())
    return _exchange(connection, method, target, list(headers), body)


def raw(port, request, timeout=30.0):
    """Sends these bytes over TLS, as no client would, and returns what comes until the end."""
    with _context().wrap_socket(socket.create_connection(("127.0.0.1", port), timeout)) as connection:
        connection.sendall(request)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def unix(path, method, target, headers=(), body=b"", timeout=30.0):
    return _exchange(UnixConnection(path, timeout), method, target, list(headers), body)
