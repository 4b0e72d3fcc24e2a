# SPDX-License-Identifier: ISC
"""libconfig text from Python values."""


# For tests that guess more often than anybody may: each guess is counted as always, and none is refused for that.
MANY_GUESSES = {"throttle": {"free": 10000, "account_max": 10000, "address_max": 10000}}


def _value(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, dict):
        return "{ " + " ".join(f"{name} = {_value(item)};" for name, item in value.items()) + " }"
    if value and isinstance(value[0], dict):
        return "( " + ", ".join(_value(item) for item in value) + " )"
    return "[ " + ", ".join(_value(item) for item in value) + " ]"


def text(options):
    """The file for {"name": value, "group": {"name": value}}."""
    return "".join(f"{name} = {_value(value)};\n" for name, value in options.items())


def merged(base, extra):
    out = dict(base)
    for name, value in extra.items():
        out[name] = merged(out[name], value) if isinstance(value, dict) and isinstance(out.get(name), dict) else value
    return out
