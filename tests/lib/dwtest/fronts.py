# SPDX-License-Identifier: ISC
"""The web servers in front: from the same files that contrib/quickstart uses, so that what is documented is what is tested."""

import os
import pathlib
import shutil

from . import web
from .check import Failed, Skip, wait_until
from .client import encode

TOP = pathlib.Path(__file__).resolve().parents[3]


def installed(name):
    path = shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin")
    if path is None:
        raise Skip(f"{name} is not installed")
    return path


class Fronts:
    """Mixed into Site."""

    def put_pages(self):
        os.makedirs(f"{self.dir}/www/app", exist_ok=True)
        for name, mode in (("index.html", 0o644), ("app/index.cgi", 0o755)):
            target = pathlib.Path(self.dir, "www", name)
            shutil.copy(TOP / "contrib" / "app" / pathlib.Path(name).name, target)
            target.chmod(mode)

    def put_certificate(self):
        os.makedirs(f"{self.dir}/tls", exist_ok=True)
        self.run("certificate", ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                                 "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", f"{self.dir}/tls/key.pem",
                                 "-out", f"{self.dir}/tls/cert.pem"]).wait()

    def start_front(self, name, changes=()):
        """Starts lighttpd or nginx on ${port}. changes: (old, new) replacements in the file of contrib/fronts."""
        self.put_pages()
        self.put_certificate()
        text = (TOP / "contrib" / "fronts" / f"{name}.conf").read_text()
        user = "user root;" if os.getuid() == 0 else ""
        text = text.replace("@DIR@", self.dir).replace("@PORT@", str(self.port)).replace("@USER@", user)
        for old, new in changes:
            if old not in text:
                raise Failed(f"{old!r} is not in {name}.conf")
            text = text.replace(old, new)
        conf = f"{self.dir}/{name}.conf"
        pathlib.Path(conf).write_text(text)
        if name == "nginx":
            for params in ("doorward_params", "doorward_check_params"):
                shutil.copy(TOP / "contrib" / "fronts" / params, self.dir)
            self.run("fcgiwrap", [installed("fcgiwrap"), "-s", f"unix:{self.dir}/sock/cgi.sock"])
            wait_until(lambda: os.path.exists(f"{self.dir}/sock/cgi.sock"), "fcgiwrap")
            argv = [installed("nginx"), "-p", self.dir + "/", "-c", conf, "-e", f"{self.dir}/log/nginx.log"]
        else:
            argv = [installed("lighttpd"), "-D", "-f", conf]
        self.front_process = self.run(name, argv)

        def answers():
            if not self.front_process.is_running():
                raise Failed(f"{name} ended: {self.front_process.text()[-1000:]}")
            try:
                return self.web("GET", "/").status == 200
            except OSError:
                return False

        wait_until(answers, name)

    def web(self, method, target, *, cookie=None, bearer=None, headers=(), json=None, form=None, body=b"", timeout=30.0):
        """A request through the front server."""
        pairs, body = encode(headers, json, form, body, cookie, bearer)
        answer = web.https(self.port, method, target, pairs, body, timeout)
        self.note_secrets(answer)
        return answer
