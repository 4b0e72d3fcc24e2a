# SPDX-License-Identifier: ISC
"""Processes: started with a mark, so that everything that descends from them can be found again, and ended by their own pid only."""

import os
import signal
import subprocess

from .check import PATIENCE, wait_until

MARK = "DWTEST_DIR"


def _stat(pid):
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return file.read().rpartition(b")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None


def start_time(pid):
    """What tells a pid from its next owner; None when there is no such process, or only its zombie."""
    fields = _stat(pid)
    return None if fields is None or fields[0] in (b"Z", b"X") else int(fields[19])


def alive(pid):
    return start_time(pid) is not None


def parent(pid):
    fields = _stat(pid)
    return None if fields is None else int(fields[1])


def read(pid, name):
    try:
        with open(f"/proc/{pid}/{name}", "rb") as file:
            return file.read()
    except OSError:
        return b""


def descriptors(pid):
    """What its descriptors point to, or None if that cannot be seen."""
    try:
        found = []
        for name in os.listdir(f"/proc/{pid}/fd"):
            try:
                found.append(os.readlink(f"/proc/{pid}/fd/{name}"))
            except FileNotFoundError:
                pass
        return sorted(found)
    except OSError:
        return None


def works_in(pid, directory):
    try:
        where = os.readlink(f"/proc/{pid}/cwd")
    except OSError:
        return False
    return where == directory or where.startswith(directory + "/")


def marked(directory):
    """Live processes that carry the mark of this directory or work in it, whoever their parent is by now (Redis overwrites its environment)."""
    mark = f"{MARK}={directory}".encode()
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit() and int(name) != os.getpid() and alive(int(name)):
            if mark in read(name, "environ").split(b"\0") or works_in(name, directory):
                found.append(int(name))
    return sorted(found)


def name_of(pid):
    """Its command line. One that is about to end has none any more, but still its descriptors, as who wants to listen there finds out; its
    name is shown as ps does."""
    return read(pid, "cmdline").replace(b"\0", b" ").decode("utf-8", "replace").strip() or f"[{read(pid, 'comm').decode().strip()}]"


def environment(directory):
    return {
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "HOME": directory, "TMPDIR": directory, "LC_ALL": "C.UTF-8", "TZ": "UTC", MARK: directory,
        "ASAN_OPTIONS": "detect_leaks=1:abort_on_error=0:exitcode=86:detect_stack_use_after_return=1",
        "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1:exitcode=86",
        "LSAN_OPTIONS": "exitcode=86",
    }


class Process:
    """One started program, its output in a file."""

    def __init__(self, argv, directory, output, env=None, stdin=subprocess.DEVNULL, **kwargs):
        self.argv = argv
        self.output = output
        with open(output, "ab") as file:
            self.popen = subprocess.Popen(argv, env={**environment(directory), **(env or {})}, stdin=stdin, stdout=file,
                                          stderr=subprocess.STDOUT, cwd=directory, start_new_session=True, **kwargs)
        self.pid = self.popen.pid

    def send_signal(self, number):
        if self.popen.poll() is None:
            os.kill(self.pid, number)

    def is_running(self):
        return self.popen.poll() is None

    def wait(self, timeout=PATIENCE):
        """Its exit code, as subprocess gives it."""
        wait_until(lambda: self.popen.poll() is not None, f"the end of {self.argv[0]}", timeout)
        return self.popen.returncode

    def stop(self, number=signal.SIGTERM, timeout=PATIENCE):
        self.send_signal(signal.SIGCONT)
        self.send_signal(number)
        try:
            return self.wait(timeout)
        except AssertionError:
            self.popen.kill()
            self.popen.wait()
            raise

    def text(self):
        with open(self.output, encoding="utf-8", errors="replace") as file:
            return file.read()


def zombies_of(master):
    states = [read(pid, "stat").rpartition(b")")[2].split() for pid in os.listdir("/proc") if pid.isdigit()]  # b"": gone by now
    return [s for s in states if s and s[0] == b"Z" and int(s[1]) == master]


def tell(pid, number):
    """A signal for who may be gone by now; whether he was there."""
    try:
        os.kill(pid, number)
        return True
    except ProcessLookupError:
        return False
