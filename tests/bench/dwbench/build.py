# SPDX-License-Identifier: ISC
"""Builds what is measured, outside the source tree: the daemon as it is installed, and the programs of the bench."""

import os
import pathlib
import subprocess

TOP = pathlib.Path(__file__).resolve().parents[3]


class BuildFailed(Exception):
    pass


def _run(log, *argv, cwd, env=None):
    with open(log, "ab") as file:
        done = subprocess.run(argv, cwd=cwd, stdout=file, stderr=subprocess.STDOUT, env={**os.environ, **(env or {})}, check=False)
    if done.returncode != 0:
        tail = pathlib.Path(log).read_text(errors="replace").splitlines()[-15:]
        raise BuildFailed(f"{' '.join(argv)} failed:\n" + "\n".join(tail))


def _daemon(where, log):
    where.mkdir(parents=True, exist_ok=True)
    if not (TOP / "configure").exists():
        _run(log, "autoreconf", "-fi", cwd=TOP)
    made = where / "Makefile"
    if not made.exists() or f"\nlibdir = {where}/lib\n" not in made.read_text():  # its modules are beside it, where it looks for them
        _run(log, str(TOP / "configure"), "-q", f"--libdir={where}/lib", cwd=where)
    _run(log, "make", "-s", f"-j{os.cpu_count()}", "all", cwd=where)


def build(where, progress):
    """Returns the directories of the daemon and of the bench's programs, and why the Go program is missing, or None."""
    where.mkdir(parents=True, exist_ok=True)
    log = where / "build.log"
    log.write_bytes(b"")
    progress("building the daemon")
    _daemon(where / "daemon", log)
    tools = where / "tools"
    tools.mkdir(exist_ok=True)
    make = ("make", "-s", "-f", str(TOP / "tests/bench/Makefile"), f"top={TOP}", f"dw={where / 'daemon'}")
    progress("building the programs of the bench")
    _run(log, *make, f"-j{os.cpu_count()}", "programs", cwd=tools)
    progress("building the article's design")
    try:
        _run(log, *make, "article", cwd=tools)
    except BuildFailed as error:
        return where / "daemon", tools, str(error)
    return where / "daemon", tools, None


def revision():
    try:
        text = subprocess.run(["git", "-C", str(TOP), "describe", "--always", "--dirty"], capture_output=True, text=True, check=True).stdout
        return text.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
