# SPDX-License-Identifier: ISC
"""A directory (OpenLDAP's slapd) in the directory of a test, with certificates of an authority of its own; and what may stand between it and
doorward on a bad day."""

import base64
import os
import pathlib
import shutil
import socket
import subprocess
import threading
import time

from .authority import Authority
from .check import Failed, Skip, wait_until
from .ports import free_port

BASE = "dc=example,dc=org"
PEOPLE, GROUPS = f"ou=people,{BASE}", f"ou=groups,{BASE}"
SEARCHER = f"cn=searcher,{BASE}"
ROOT = f"cn=root,{BASE}"
SBIN = "/usr/local/sbin:/usr/sbin:/sbin"
SCHEMA = "/etc/ldap/schema"


def _program(name):
    path = shutil.which(name) or shutil.which(name, path=SBIN)
    if path is None:
        raise Skip(f"{name} is not installed")
    return path


def _line(name, value):
    """Of LDIF; base64 for whatever might be misread."""
    return f"{name}:: {base64.b64encode(value.encode()).decode()}\n"


class Ldap:
    def __init__(self, site, san="IP:127.0.0.1,DNS:localhost"):
        self.site = site
        self.dir = f"{site.dir}/ldap"
        self.slapd = _program("slapd")
        self.tool = {name: _program(name) for name in ("ldapmodify", "ldapsearch", "slappasswd")}
        if not os.path.isdir(SCHEMA):
            raise Skip("slapd's schemas are not installed")
        self.server = None
        self.secret, self.root_secret = "the searcher's secret word", "the root's secret word"
        site.remember(self.secret, self.root_secret)
        for name in ("", "/db"):
            os.mkdir(self.dir + name, 0o700)
        self.port, self.tls_port, self.socket = free_port(), free_port(), f"{self.dir}/ldapi"
        self.authority = Authority(f"{self.dir}/ca")
        self.ca_file = self.authority.file
        self.password_file = f"{self.dir}/secret"
        self._private(self.password_file, self.secret + "\n")
        self._private(f"{self.dir}/root", self.root_secret)
        self._write_configuration(*self.authority.certificate("directory", san))

    @staticmethod
    def _private(path, text):
        pathlib.Path(path).touch(0o600)
        pathlib.Path(path).write_text(text)

    def hash(self, password):
        return subprocess.run([self.tool["slappasswd"], "-h", "{SSHA}", "-T", "/dev/stdin"], input=password, text=True, check=True,
                              stdout=subprocess.PIPE, timeout=60).stdout.strip()

    def _write_configuration(self, cert, key):
        self._private(f"{self.dir}/slapd.conf", "".join(line + "\n" for line in (
            *(f"include {SCHEMA}/{name}.schema" for name in ("core", "cosine", "inetorgperson", "nis")),
            "modulepath /usr/lib/ldap", "moduleload back_mdb", f"pidfile {self.dir}/pid", "sizelimit 5000", "loglevel none", "threads 4",
            f"TLSCACertificateFile {self.ca_file}", f"TLSCertificateFile {cert}", f"TLSCertificateKeyFile {key}",
            "database mdb", f'suffix "{BASE}"', f'rootdn "{ROOT}"', f"rootpw {self.hash(self.root_secret)}", f"directory {self.dir}/db", "dbnosync",
            "maxsize 67108864", "index uid,mail,entryUUID,member,memberUid,objectClass eq",
            # Nobody but who searches may see anything, and he sees no password.
            "access to attrs=userPassword by anonymous auth by * none", f'access to * by dn.exact="{SEARCHER}" read by anonymous auth by * none')))

    # --- there and not there

    def start(self):
        listen = f"ldap://127.0.0.1:{self.port} ldaps://127.0.0.1:{self.tls_port} ldapi://{self.socket.replace('/', '%2F')}"
        self.server = self.site.run("slapd", [self.slapd, "-d", "0", "-f", f"{self.dir}/slapd.conf", "-h", listen])
        wait_until(self._answers, "slapd")

    def _answers(self):
        if not self.server.is_running():
            raise Failed(f"slapd ended: {self.server.text()[-800:]}")
        try:
            for port in (self.port, self.tls_port):  # it begins to listen on one after the other
                socket.create_connection(("127.0.0.1", port), 1).close()
            return os.path.exists(self.socket)
        except OSError:
            return False

    def stop(self):
        self.server.stop()

    def signal(self, number):
        os.kill(self.server.pid, number)

    # --- what is in it

    def modify(self, ldif, status=0, manage=False):
        done = subprocess.run([self.tool["ldapmodify"], "-x", "-H", f"ldap://127.0.0.1:{self.port}", "-D", ROOT, "-y", f"{self.dir}/root",
                               *(["-M"] if manage else [])], input=ldif, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60, env={"LDAPNOINIT": "1"})
        if done.returncode != status:
            raise Failed(f"ldapmodify: {done.returncode} {done.stdout}\n{ldif}")

    def add(self, dn, manage=False, **attributes):
        """A value, or a list of them, for each attribute. manage: a referral is an entry like any other."""
        lines = _line("dn", dn) + "changetype: add\n"
        for name, values in attributes.items():
            for value in values if isinstance(values, (list, tuple)) else [values]:
                lines += _line(name, value)
        self.modify(lines, manage=manage)

    def replace(self, dn, attribute, *values):
        self.modify(_line("dn", dn) + f"changetype: modify\nreplace: {attribute}\n" + "".join(_line(attribute, v) for v in values))

    def delete(self, dn, manage=False):
        self.modify(_line("dn", dn) + "changetype: delete\n", manage=manage)

    def fill(self):
        self.add(BASE, objectClass=["dcObject", "organization"], dc="example", o="Example")
        self.add(PEOPLE, objectClass="organizationalUnit", ou="people")
        self.add(GROUPS, objectClass="organizationalUnit", ou="groups")
        self.add(SEARCHER, objectClass=["person", "simpleSecurityObject"], cn="searcher", sn="searcher", userPassword=self.hash(self.secret))

    def add_user(self, uid, password=None, rdn=None, **attributes):
        """Its DN. password None: a new one, remembered in the site."""
        if password is None:
            password = self.site.new_password()
        first = uid if isinstance(uid, str) else uid[0]
        self.site.passwords[first] = password
        dn = rdn or f"uid={first.replace(',', chr(92) + ',')},{PEOPLE}"
        values = {"objectClass": "inetOrgPerson", "uid": uid, "cn": "Some Body", "sn": "Body", "userPassword": self.hash(password)}
        self.add(dn, **(values | attributes))
        return dn

    def add_group(self, name, *members):
        self.add(f"cn={name},{GROUPS}", objectClass="groupOfNames", cn=name, member=list(members) or [BASE])

    def uuid(self, dn):
        out = subprocess.run([self.tool["ldapsearch"], "-x", "-LLL", "-H", f"ldap://127.0.0.1:{self.port}", "-D", ROOT, "-y", f"{self.dir}/root",
                              "-b", dn, "-s", "base", "entryUUID"], text=True, check=True, stdout=subprocess.PIPE, timeout=60,
                             env={"LDAPNOINIT": "1"}).stdout
        return next(line.split(": ")[1] for line in out.splitlines() if line.startswith("entryUUID"))


class Between:
    """Stands between doorward and a server on a port of its own, and lets through what its ${mode} says:

    "pass"; "refuse" (nobody listens); "silent" (connections are taken and nothing is ever answered); "close" (taken and closed);
    a number n: n bytes of the server's answers on each connection, and then it is closed; ("stall", n): n bytes, and then nothing more comes;
    ("drip", n): n bytes, and after them one every 50 ms.
    """

    def __init__(self, port):
        self.to = port
        self.mode = "pass"
        self.taken = 0  # connections
        self.listener = None
        self.threads, self.open = [], []
        self.port = free_port()
        self._listen()

    def _listen(self):
        self.listener = socket.create_server(("127.0.0.1", self.port))
        thread = threading.Thread(target=self._accept, args=(self.listener,), daemon=True)
        thread.start()

    def set(self, mode):
        """From now on, also for the connections that there are: these are closed."""
        if mode == "refuse" and self.listener is not None:
            self.listener.shutdown(socket.SHUT_RDWR)
            self.listener.close()
            self.listener = None
        self.mode = mode
        self.cut()
        if mode != "refuse" and self.listener is None:
            self._listen()

    def cut(self):
        for one in self.open:
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        self.open = []

    def _accept(self, listener):
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            self.taken += 1
            self.open.append(client)
            if self.mode == "close":
                client.close()
            elif self.mode != "silent":
                threading.Thread(target=self._serve, args=(client, self.mode), daemon=True).start()

    def _serve(self, client, mode):
        try:
            server = socket.create_connection(("127.0.0.1", self.to), 5)
        except OSError:
            client.close()
            return
        self.open.append(server)
        thread = threading.Thread(target=self._copy, args=(client, server, "pass"), daemon=True)
        thread.start()
        self._copy(server, client, mode)
        thread.join()
        client.close()
        server.close()

    @staticmethod
    def _copy(source, target, mode):
        kind, left = mode if isinstance(mode, tuple) else ("cut", mode) if isinstance(mode, int) else ("pass", 0)
        try:
            while data := source.recv(65536):
                if kind != "pass":
                    now, rest = data[:left], data[left:]
                    left -= len(now)
                    target.sendall(now)
                    if rest and kind == "cut":
                        break
                    for byte in rest if kind == "drip" else b"":
                        time.sleep(0.05)
                        target.sendall(bytes([byte]))
                else:
                    target.sendall(data)
        except OSError:
            pass
        for one in (source, target):
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def close(self):
        self.set("refuse")


def _ber(tag, *content):
    body = b"".join(content)
    size = len(body)
    return bytes([tag]) + (bytes([size]) if size < 128 else b"\x84" + size.to_bytes(4, "big")) + body


def _text(value):
    return _ber(4, value if isinstance(value, bytes) else value.encode())


BIND, SEARCH = 0x60, 0x63  # requests; each answer's tag is one more


class Liar:
    """A server that speaks LDAP and answers what a test wants: ${answers}(tag, id) returns bytes, or None to close."""

    def __init__(self):
        self.answers = self.honest
        self.asked = []  # tags of the requests
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    @staticmethod
    def message(number, *op):
        return _ber(0x30, _ber(2, bytes([number])), *op)

    @classmethod
    def result(cls, number, tag, code):
        return cls.message(number, _ber(tag, _ber(10, bytes([code])), _text(""), _text("")))

    @classmethod
    def entry(cls, number, dn=f"uid=alice,{PEOPLE}", **attributes):
        values = {"uid": ["alice"], "entryUUID": ["01234567-89ab-cdef-0123-456789abcdef"]} | attributes
        rows = (_ber(0x30, _text(name), _ber(0x31, *map(_text, many))) for name, many in values.items())
        return cls.message(number, _ber(0x64, _text(dn), _ber(0x30, *rows)))

    def honest(self, tag, number, **attributes):
        """alice is there, whatever is asked for, and every password is hers."""
        return (self.entry(number, **attributes) if tag == SEARCH else b"") + self.result(number, tag + (2 if tag == SEARCH else 1), 0)

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        with client:
            try:
                while (data := client.recv(65536)) and len(data) > 6:
                    skip = 2 if data[1] < 128 else 2 + (data[1] & 0x7F)
                    number, tag = data[skip + 2], data[skip + 3]  # of less than 128
                    if tag not in (BIND, SEARCH):
                        continue
                    self.asked.append(tag)
                    answer = self.answers(tag, number)
                    if answer is None:
                        return
                    client.sendall(answer)
            except OSError:
                pass

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
