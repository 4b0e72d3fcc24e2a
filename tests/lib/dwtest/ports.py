# SPDX-License-Identifier: ISC
"""Ports of the loopback address for servers that are started later, and again."""

import fcntl
import os
import pathlib
import random
import socket
import tempfile

LOWEST = 10240
KERNELS = "/proc/sys/net/ipv4/ip_local_port_range"  # from which a connection gets its own port
_given = set()
_locks = []


def _lock(port):
    """A byte of one file for each port, held until this process ends: no other test is given it meanwhile."""
    if not _locks:
        _locks.append(os.open(f"{tempfile.gettempdir()}/doorward-test-ports.{os.getuid()}", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    try:
        fcntl.lockf(_locks[0], fcntl.LOCK_EX | fcntl.LOCK_NB, 1, port)
    except OSError:
        return False
    return True


def _is_free(port):
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_port():
    """One that neither another test gets nor a connection to somewhere."""
    below = int(pathlib.Path(KERNELS).read_text(encoding="ascii").split()[0])
    for port in random.sample(range(LOWEST, below), max(0, below - LOWEST)):
        if port not in _given and _lock(port) and _is_free(port):
            _given.add(port)
            return port
    with socket.socket() as probe:  # a machine whose connections may have any
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
