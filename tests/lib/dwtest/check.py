# SPDX-License-Identifier: ISC
"""Assertions that say what they saw, and waiting without fixed sleeps."""

import time


class Failed(AssertionError):
    """An expectation that does not hold."""


class Skip(Exception):
    """This test cannot run here; the reason is its text."""


def expect(truth, what):
    if not truth:
        raise Failed(what)


def equal(got, wanted, what=""):
    if got != wanted:
        raise Failed(f"{what + ': ' if what else ''}got {got!r}, wanted {wanted!r}")


def same(values, what=""):
    """All of them are equal."""
    values = list(values)
    for value in values[1:]:
        equal(value, values[0], what)


def fails(table, one):
    """Runs one(row) for every row and reports all rows that fail, not just the first."""
    bad = []
    for row in table:
        try:
            one(row)
        except Exception as error:  # a reset connection is as much a failing row as a wrong status
            bad.append(f"{row!r:.200}: {type(error).__name__}: {error}")
    if bad:
        raise Failed(f"{len(bad)} of {len(table)} rows:\n    " + "\n    ".join(bad))


PATIENCE = 40.0  # seconds. Nobody waits for it but who waits in vain, and a busy machine takes its time


def wait_until(condition, what, timeout=PATIENCE):
    """Polls until condition() is true, and returns what it returned."""
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise Failed(f"waited {timeout:g} s for {what}")
        time.sleep(0.01)
