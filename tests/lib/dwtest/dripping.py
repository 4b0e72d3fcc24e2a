# SPDX-License-Identifier: ISC
"""What strangers with patience send through a front that passes requests on as they come (Apache, Caddy): slow, dripping and chunked bodies. For
the tests of fronts; the others, which collect a request first, have to behave alike."""

import http.client
import json
import socket
import ssl
import time

from .answer import Answer
from .check import equal, expect, wait_until

GUESS = json.dumps({"username": "nobody", "password": "wrong password"}).encode()


class Slow:
    """One TLS connection to the front, on which a request is sent by hand."""

    def __init__(self, site, timeout=30.0):
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        plain = socket.create_connection(("127.0.0.1", site.port), timeout)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.site, self.socket = site, context.wrap_socket(plain)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def head(self, target, length, kind="application/json"):
        """length: None = chunked."""
        how = "Transfer-Encoding: chunked" if length is None else f"Content-Length: {length}"
        self.send(f"POST {target} HTTP/1.1\r\nHost: 127.0.0.1:{self.site.port}\r\nOrigin: {self.site.origin}\r\nContent-Type: {kind}\r\n{how}\r\n\r\n".encode())

    def chunk(self, data):
        self.send(f"{len(data):x}\r\n".encode() + data + b"\r\n")

    def answer(self):
        reply = http.client.HTTPResponse(self.socket)
        reply.begin()
        answer = Answer(reply.status, reply.getheaders(), reply.read())
        self.site.note_secrets(answer)
        return answer


def credentials(site, name="alice"):
    return json.dumps({"username": name, "password": site.passwords[name]}).encode()


def chunked(site, target, pieces, kind="application/json", pause=0.0):
    with Slow(site) as client:
        client.head(target, None, kind)
        for piece in pieces:
            client.chunk(piece)
            time.sleep(pause)
        client.send(b"0\r\n\r\n")
        return client.answer()


def in_pieces(data, size):
    return [data[at:at + size] for at in range(0, len(data), size)]


def test_slow_logins_keep_nobody_out(site):
    """Sixty bodies that stop half-way. One after the other until their deadlines they would keep everybody out for minutes."""
    slow = [Slow(site) for _ in range(60)]
    for client in slow:
        client.head("/auth/login", len(GUESS))
        client.send(GUESS[:20])
    for _ in range(4):
        login = site.web("POST", "/auth/login", body=credentials(site), headers={"Content-Type": "application/json"}).expect(200)
        site.web("GET", "/app/env.cgi", bearer=login.json["access_token"]).expect(200)
    for client in slow[:4]:
        client.send(GUESS[20:])
    for client in slow[:4]:
        expect(client.answer().status in (401, 429, 502, 503), "not judged, and no gateway's error for what came too late")
    for client in slow:
        client.socket.close()


def test_dripping_bodies(site):
    """A login in more pieces than a socket holds, while others want to be checked."""
    body = credentials(site)[:-1] + b',"x":"' + b"x" * 100 + b'"}'
    with Slow(site) as client:
        client.head("/auth/login", len(body))
        for piece in in_pieces(body, 1):
            client.send(piece)
            time.sleep(0.002)
        equal(client.answer().status, 200)
    with Slow(site) as client:
        client.head("/auth/refresh", 200)
        for piece in in_pieces(b"x" * 199, 1):
            client.send(piece)
        site.web("GET", "/app/env.cgi").expect(401)
        client.send(b"x")
        equal(client.answer().status, 400)


def test_chunked_bodies(site):
    body = credentials(site)
    for pieces in ([body], in_pieces(body, 7), in_pieces(body, 1)):
        chunked(site, "/auth/login", pieces).expect(200)
    form = f"username=alice&password={site.passwords['alice'].replace(' ', '+')}&mode=token".encode()
    chunked(site, "/auth/login", in_pieces(form, 5), "application/x-www-form-urlencoded").expect(200)
    chunked(site, "/auth/login", in_pieces(body, 9), pause=0.005).expect(200)
    access = chunked(site, "/auth/login", [body]).json["access_token"]
    for _ in range(2):
        equal(site.web("POST", "/auth/logout", bearer=access).expect(200).json["already"], _ == 1)
    chunked(site, "/auth/login", [GUESS]).expect(401, "invalid_credentials")
    chunked(site, "/auth/login", [GUESS[:-1]]).expect(400, "invalid_request")
    chunked(site, "/auth/login", []).expect(400, "invalid_request")
    chunked(site, "/auth/refresh", []).expect(400, "invalid_request")
    chunked(site, "/auth/logout", []).expect(200)


def test_chunked_bodies_are_bounded(site):
    for target in ("/auth/login", "/auth/refresh"):
        chunked(site, target, in_pieces(b" " * 16385, 1000)).expect(413, "payload_too_large")
        chunked(site, target, in_pieces(b" " * 200_000, 8000)).expect(413, "payload_too_large")
    site.web("GET", "/app/env.cgi").expect(401)


def test_cut_chunked_bodies(site):
    """A client that goes away in the middle has not logged in, whatever the half of its body would mean."""
    before = site.log().count("login refused")
    for piece in (GUESS, GUESS[:30], b"username=nobody&password=wrong"):
        with Slow(site) as client:
            client.head("/auth/login", None, "application/json" if piece[:1] == b"{" else "application/x-www-form-urlencoded")
            client.chunk(piece)
            time.sleep(0.05)
    wait_until(lambda: site.web("GET", "/app/env.cgi").status == 401, "an answer")
    equal(site.log().count("login refused"), before)


def test_large_headers(site):
    """Refused by the server or by us, but never an error of the gateway."""
    for size in (30, 60, 90):
        answer = site.web("GET", "/auth/session", headers=[(f"X-Large-{i}", "v" * 8000) for i in range(size)])
        expect(answer.status in (400, 431), f"{size} headers of 8000 bytes: {answer}")
    site.web("GET", "/app/env.cgi").expect(401)
