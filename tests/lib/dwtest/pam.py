# SPDX-License-Identifier: ISC
"""A site whose accounts are PAM's: the real libpam and its modules, on services and accounts of the test's own.

The daemon runs in a mount namespace of its own, in which /etc/pam.d, passwd, shadow, group and gshadow are files of the site. Started by
root it keeps root's rights there and its workers give them up; an ordinary user is root of a user namespace with one user in it, so that
there is nobody to become."""

import os
import pathlib
import pwd
import shutil
import subprocess
import warnings

from .check import Skip
from .site import Site, build_dir, program

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    import crypt

SERVICE = "doorward-test"
WORKERS_USER = "www-data"
FILES = ("passwd", "shadow", "group")
# In the namespace, before the daemon: each file over the machine's own.
ENTER = 'dir=$1; shift; mount --bind "$dir/pam.d" /etc/pam.d && for f in passwd shadow group; do mount --bind "$dir/etc/$f" "/etc/$f" || exit 1; done; exec "$@"'
UNIX = "auth required pam_unix.so\naccount required pam_unix.so\n"


def hashed(password):
    return crypt.crypt(password, crypt.mksalt(crypt.METHOD_SHA512, rounds=1000))


class PamSite(Site):
    def __init__(self, stack=UNIX, conf=None, **kwargs):
        """stack: the lines of the service to begin with."""
        if not (build_dir() / "lib/doorward/userdb_pam.so").exists():
            raise Skip("this build has no PAM")
        self.is_root = os.getuid() == 0
        self.unshare = ["unshare", "--mount"] if self.is_root else ["unshare", "--user", "--map-root-user", "--mount"]
        if subprocess.run([*self.unshare, "true"], stderr=subprocess.DEVNULL, check=False).returncode != 0:
            raise Skip("no mount namespaces here")
        conf = {"userdb": {"url": f"pam:{SERVICE}"}, **({"user": WORKERS_USER} if self.is_root else {}), **(conf or {})}
        super().__init__(conf=conf, users=(), **kwargs)
        self.next_uid = 60001
        for name in ("pam.d", "etc"):
            os.mkdir(f"{self.dir}/{name}", 0o755)
        for name in FILES:
            text = pathlib.Path("/etc", name).read_text() if name != "shadow" else ""
            self.etc(name).write_text(text)
            self.etc(name).chmod(0o600 if name == "shadow" else 0o644)
        self.service(stack)
        if self.is_root:
            self.let_in()

    def let_in(self):
        """The workers run as another user."""
        os.chmod(self.dir, 0o711)
        pathlib.Path(self.log_file).touch()
        for name in ("sock", "log", "state", "tmp"):
            os.chmod(f"{self.dir}/{name}", 0o755)
        for path in (self.log_file, f"{self.dir}/state"):
            shutil.chown(path, WORKERS_USER, WORKERS_USER)

    def start_redis(self, keep=False):
        super().start_redis(keep)
        if self.is_root:
            os.chown(self.redis_socket, pwd.getpwnam(WORKERS_USER).pw_uid, -1)

    def start_daemon(self):
        enter = ["sh", "-c", ENTER, "sh", self.dir]
        self.daemon = self.run("doorward", [*self.unshare, *enter, program("doorward"), "-F", "-c", self.conf_file])
        self.wait_ready()

    # --- what PAM finds

    def etc(self, name):
        return pathlib.Path(self.dir, "etc", name)

    def append(self, name, line):
        """In place: the file is what is mounted."""
        with self.etc(name).open("a", encoding="utf-8") as file:
            file.write(line + "\n")

    def write(self, name, text):
        """In place too, but never cut short first: who is still in it is found at every moment."""
        with self.etc(name).open("r+b", buffering=0) as file:
            file.write(text.encode())
            file.truncate()

    def service(self, stack):
        """From the next question on, this is the service; it takes the place of the old one whole, since libpam would answer by
        "other" where it finds it empty."""
        new = pathlib.Path(self.dir, "service.new")
        new.write_text(stack.replace("@DIR@", self.dir))
        new.chmod(0o644)
        new.rename(pathlib.Path(self.dir, "pam.d", SERVICE))

    def script(self, name, text):
        """A program for pam_exec, in a place where it may be run."""
        path = pathlib.Path(self.dir, "etc", name)
        path.write_text("#!/bin/sh\n" + text.replace("@DIR@", self.dir))
        path.chmod(0o755)
        return str(path)

    def add_account(self, name, *groups, last="20000", longest="", expire=""):
        """With a password, known to pam_unix and to the name service; the fields of shadow(5) are days."""
        password = self.passwords[name] = self.new_password()
        uid = self.next_uid = self.next_uid + 1
        self.append("passwd", f"{name}:x:{uid}:{uid}::/nonexistent:/usr/sbin/nologin")
        self.append("shadow", f"{name}:{hashed(password)}:{last}:0:{longest}:::{expire}:")
        self.append("group", f"{name}:x:{uid}:")
        for i, group in enumerate(groups):
            self.append("group", f"{group}:x:{uid + 1000 * (i + 1)}:{name}")
        return password

    def change_account(self, name, **fields):
        """fields of shadow(5) by number; None as only value removes the account."""
        for file in ("passwd", "shadow"):
            lines = self.etc(file).read_text().splitlines()
            kept = []
            for line in lines:
                words = line.split(":")
                if words[0] == name and fields.get("remove"):
                    continue
                if words[0] == name and file == "shadow":
                    for at, value in fields.get("shadow", {}).items():
                        words[at] = value
                kept.append(":".join(words))
            self.write(file, "\n".join(kept) + "\n")

    def role(self, name):
        """The processes of a role that are there to work."""
        pools = self.ctl_json("status")["pools"]
        pools = pools.items() if isinstance(pools, dict) else [(pool["name"], pool) for pool in pools]
        return sorted(worker["pid"] for title, pool in pools if title == name for worker in pool["workers"]
                      if worker["state"] in ("ready", "busy"))
