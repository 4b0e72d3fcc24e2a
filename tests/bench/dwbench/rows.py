# SPDX-License-Identifier: ISC
"""The registry of rows: each one a function that fills in a Result."""

import traceback

from .table import Result, Unmeasured

NO_CACHE = "the L1 is not built yet"

_rows = []


def row(number, title, *expected):
    """Registers a row. expected: its figures as (name, sense, limit, unit), so that one that cannot be measured is still in the table."""

    def register(function):
        _rows.append((number, title, expected, function))
        return function

    return register


def all_rows():
    return sorted(_rows, key=lambda row: int(row[0][1:]))


def run(bench, number, title, expected, function):
    result = Result(number, title)
    try:
        function(bench, result)
    except Unmeasured as error:
        result.note(f"broken off: {error}")
        complete(result, expected, str(error))
    except Exception as error:  # a row that fails must not take the others with it
        traceback.print_exc()
        complete(result, expected, f"{type(error).__name__}: {error}")
    complete(result, expected, "no figure came of it")
    return result


def complete(result, expected, why):
    have = {figure.name for figure in result.figures}
    for name, sense, limit, unit in expected:
        if name not in have:
            result.miss(name, sense, limit, unit, why=why)


def unmeasured(number, title, expected, why):
    result = Result(number, title)
    complete(result, expected, why)
    return result
