# SPDX-License-Identifier: ISC
"""Runs the test functions of a file, in order, against one site, and then asks what the site left behind."""

import copy
import os
import signal
import sys
import time
import traceback

from .check import Failed, Skip
from .site import Site


LIMIT = 400  # seconds: one test that hangs is a failure of that one, and the next begins
AGAIN = 30  # it may have been taken for another failure, and waited on


def _ring(*_):
    raise Failed(f"it hangs for {LIMIT} s")


class Tally:
    def __init__(self):
        self.failed = 0
        signal.signal(signal.SIGALRM, _ring)

    def run(self, name, body):
        start = time.monotonic()
        signal.setitimer(signal.ITIMER_REAL, LIMIT, AGAIN)
        try:
            body()
        except Skip as reason:
            print(f"skip {name} # {reason}", flush=True)
            return True
        except Exception as error:
            self.failed += 1
            print(f"not ok {name} # {type(error).__name__}: {error}", flush=True)
            for line in traceback.format_exc().splitlines():
                print("#   " + line, flush=True)
            return False
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        print(f"ok {name} # {time.monotonic() - start:.2f} s", flush=True)
        return True


def _tests(module):
    wanted = sys.argv[1:]
    for name, value in list(vars(module).items()):
        if name.startswith("test_") and callable(value) and (not wanted or any(word in name for word in wanted)):
            yield name, value


def _put_back(place, before, conf):
    try:
        place.clear(before, conf)
    except Exception as error:
        print(f"# what the test left could not be put right: {type(error).__name__}: {error}", flush=True)


def _leave(code):
    """Whatever thread of a failed test still waits for something."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def main(site=None, kind=Site):
    """Runs this program's tests. site: what ${kind} is made with, or None if the tests make their own. Arguments choose by name."""
    module = sys.modules["__main__"]
    tally = Tally()
    if site is None:
        for name, test in _tests(module):
            tally.run(name, test)
        sys.exit(1 if tally.failed else 0)
    try:
        place = kind(**site)
    except Skip as reason:
        print(f"skip all # {reason}")
        sys.exit(0)
    tally.run("start", place.start)
    if not tally.failed:
        for name, test in _tests(module):
            before, conf = place.processes_now(), copy.deepcopy(place.conf)
            if not tally.run(name, lambda test=test: test(place)):
                _put_back(place, before, conf)
        tally.run("no_descriptor_leaks", place.check_descriptors)
    tally.run("stop_and_leave_nothing", place.stop)
    if tally.failed:
        place.show_logs()
    place.remove(keep=bool(tally.failed and os.environ.get("DOORWARD_KEEP")))
    _leave(1 if tally.failed else 0)
