# SPDX-License-Identifier: ISC
"""A connection to a unix socket that waits for its place in the queue."""

import socket
import struct


def connected(path, timeout):
    """Python's time-out makes it a connect that does not wait, and one that does not wait fails while the listen queue is full."""
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", int(timeout), int(timeout % 1 * 1e6)))
    try:
        made.connect(path)
    except OSError:
        made.close()
        raise
    made.settimeout(timeout)
    return made
