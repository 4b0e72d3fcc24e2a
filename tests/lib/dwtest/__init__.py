# SPDX-License-Identifier: ISC
"""The kit of the system tests: real servers in a directory of their own, clients that can misbehave, and the checks every run ends with.

Only the standard library is used. A test file is a program: functions test_*(site) run in order against one site, see main().
"""

from . import relay
from .answer import Answer
from .browser import Browser
from .check import Failed, Skip, equal, expect, fails, same, wait_until
from .config import MANY_GUESSES
from .fcgi import AUTHORIZER, FILTER, RESPONDER, Connection
from .proc import Process, alive, descriptors, marked
from .runner import main
from .site import COOKIE, HOST, MOUNT, ORIGIN, Events, Site, build_dir, free_port, program, random_name, together

__all__ = [name for name in dir() if not name.startswith("_")]
