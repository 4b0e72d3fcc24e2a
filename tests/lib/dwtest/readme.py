# SPDX-License-Identifier: ISC
"""A site behind the very lines that the README gives for a web server, put where it says: into the part that describes the https site."""

import pathlib
import re
import shutil

from .check import Failed, expect, wait_until
from .fronted import Fronted
from .fronts import TOP

# The rest of a configuration, from contrib/fronts: what stands between these two lines there is replaced by the README's.
AROUND = {
    "lighttpd": ("lighttpd.conf", "# The application: CGI scripts", None),
    "nginx": ("nginx.conf", "\t\tlocation = /auth/login {", "\t}\n}\n"),
    "Apache": ("apache-authnz.conf", "# The login has a pool of its own", "<VirtualHost "),
}


def blocks(server):
    """The indented blocks of the section that begins with the server's name."""
    text = (TOP / "README").read_text(encoding="utf-8")
    section = re.search(rf"(?ms)^{server}\. .*?(?=^(?:lighttpd|nginx|Apache)\. |^To demand a group)", text)
    if section is None:
        raise Failed(f"README has no section on {server}")
    return re.findall(r"(?m)(?:^\t.*\n|^\n(?=\t))+", section[0])


def group_lines(server):
    """Those that demand a group."""
    section = re.search(r"(?ms)^To demand a group.*?(?=^One sign-in)", (TOP / "README").read_text(encoding="utf-8"))
    found = section and re.search(rf"(?m)^{server}[;,].*\n\n((?:\t.*\n)+)", section[0])
    if not found:
        raise Failed(f"README does not say how {server} demands a group")
    return found[1]


def with_group(server, text):
    """Put where the README says."""
    lines = group_lines(server)
    if server != "nginx":
        return text + lines
    first, _, others = lines.partition("\n")
    places = (r"(?m)^(.*doorward_check_params;\n)", first + "\n"), (r"(?m)^(\tlocation /app/ \{\n)", others)
    for place, more in places:
        text, times = re.subn(place, lambda match, more=more: match[1] + more, text, count=1)
        expect(times == 1, f"no {place} in the README's lines")
    return text


def in_virtual_host(quoted, rest):
    """Apache takes some lines only outside of <VirtualHost>, and a site of Debian is one: the README says which line stands where."""
    first, _, others = quoted.lstrip("\n").partition("\n")
    opening, _, rest = rest.partition("\n")
    return f"{first}\n{opening}\n{others}{rest}"


class Quoted(Fronted):
    """server: as the README calls it; change: what a test makes of the README's blocks, else the first is taken as it stands."""

    def __init__(self, server, run, change=None, **kwargs):
        self.server, self.change = server, change
        super().__init__(AROUND[server][0], run, **kwargs)

    def places(self):
        return {"/run/doorward/": f"{self.dir}/sock/", "/usr/share/doorward/": f"{self.dir}/", "/run/fcgiwrap.socket": f"{self.dir}/sock/cgi.sock",
                "/var/www": f"{self.dir}/www", "127.0.0.1:9181": f"127.0.0.1:{self.values['CHECK_PORT']}"}

    def quoted(self):
        found = blocks(self.server)
        text = with_group(self.server, self.change(self, found) if self.change else found[0])
        for place, ours in self.places().items():
            text = text.replace(place, ours)
        return text

    def put_file(self, name):
        super().put_file(name)
        file = pathlib.Path(self.dir, name)
        _, first, last = AROUND[self.server]
        text = file.read_text()
        head, found, tail = text.partition(first)
        rest = last + tail.rpartition(last)[2] if last and last in tail else ""
        if not found or (last and not rest):
            raise Failed(f"{name} has no {first!r} or {last!r}")
        file.write_text(head + (in_virtual_host(self.quoted(), rest) if self.server == "Apache" else self.quoted() + rest))
        for params in ("doorward_params", "doorward_check_params"):
            shutil.copy(TOP / "contrib" / "fronts" / params, self.dir)


def test_two_pools(site):
    """Logins, and nothing else, go to the login socket."""
    def status(path):
        return site.web("GET", path).status

    for pool, path, other in (("login", "/auth/login", "/auth/check"), ("check", "/auth/check", "/auth/login")):
        socket = pathlib.Path(site.sockets[pool])
        away = socket.rename(f"{socket}.away")
        try:
            expect(status(path) in (500, 502, 503), f"{path} is answered though the {pool} socket is gone")
            expect(status(other) in (200, 401), f"{other} needs the {pool} socket")
            expect(status("/app/env.cgi") != 200, "the script ran")
        finally:
            away.rename(socket)
        wait_until(lambda path=path: status(path) in (200, 401), "the way back")  # servers leave a socket alone for a second
