# SPDX-License-Identifier: ISC
"""A certificate authority in a directory, by openssl's own program: nobody's store of trusted ones knows it."""

import pathlib
import subprocess

EC = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]


class Authority:
    def __init__(self, directory, name="ca"):
        self.dir = pathlib.Path(directory)
        self.dir.mkdir(mode=0o700, exist_ok=True)
        self.name = name
        self.file = str(self.dir / f"{name}.pem")
        self._openssl("req", "-x509", *EC, "-subj", f"/CN=test {name}", "-addext", "basicConstraints=critical,CA:TRUE",
                      "-addext", "keyUsage=critical,keyCertSign", "-keyout", self.dir / f"{name}.key", "-out", self.file)

    @staticmethod
    def _openssl(*words):
        subprocess.run(["openssl", *map(str, words)], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60)

    def certificate(self, name, san):
        """Makes one for ${san}, such as "IP:127.0.0.1"; returns its file and that of its key."""
        cert, key = str(self.dir / f"{name}.pem"), str(self.dir / f"{name}.key")
        self._openssl("req", "-x509", *EC, "-subj", f"/CN={name}", "-addext", f"subjectAltName={san}",
                      "-addext", "basicConstraints=critical,CA:FALSE", "-CA", self.file, "-CAkey", self.dir / f"{self.name}.key",
                      "-keyout", key, "-out", cert)
        return cert, key
