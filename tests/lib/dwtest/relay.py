# SPDX-License-Identifier: ISC
"""What sinks of the tests have received, and what the relay says of itself."""

import collections
import hashlib
import json
import pathlib
import sqlite3

from .check import equal, expect, wait_until

# Appends what it is given to a file named in its first argument, a line a run.
SINK = 'line=$(cat)\nprintf "%s\\n" "$line" >> "$1"\n'


def command(name="sink"):
    """The command of an exec sink whose script is SINK, in the site's directory as sink.sh; its lines go to ${name}.lines."""
    return ["/bin/sh", "@DIR@/sink.sh", f"@DIR@/{name}.lines"]


def lines(site, name="sink"):
    """Those that are whole: of the last one there may be only a part."""
    path = pathlib.Path(site.dir, f"{name}.lines")
    return [json.loads(line) for line in path.read_text().rpartition("\n")[0].splitlines()] if path.exists() else []


def unique(events):
    """Each once, where it came first."""
    return list({e["id"]: e for e in reversed(events)}.values())[::-1]


def outbox_ids(site):
    """The ids of all events in the outboxes, by user, in the order in which they happened."""
    found = collections.defaultdict(list)
    with site.redis() as redis:
        for key in sorted(redis("KEYS", "dwo:*")):
            for _, (_, entry) in redis("XRANGE", key, "-", "+"):
                event = json.loads(entry)
                found[event["user_id"] or event["username"]].append(event["id"])
    return found


def in_order(events, wanted):
    """Each event of ${wanted} (ids by user) came at least once, and first in the order of its user."""
    got = collections.defaultdict(list)
    for event in unique(events):
        got[event["user_id"] or event["username"]].append(event["id"])
    for user, ids in wanted.items():
        missing = [i for i in ids if i not in set(got[user])]
        expect(not missing, f"{len(missing)} events of {user} did not come")
        equal([i for i in got[user] if i in set(ids)], ids, f"order of {user}'s events")


def ledger(site, name="users.db"):
    """The rows of the ledger, as they lie in the database."""
    with sqlite3.connect(f"file:{site.dir}/state/{name}?mode=ro", uri=True, timeout=10) as db:
        db.row_factory = sqlite3.Row
        return [dict(row) for row in db.execute("SELECT * FROM logouts ORDER BY seq")]


def audit(path, before="0" * 64):
    """The events of an audit file whose chain fits; and the last hash. Of a line that is being written there may be only a part."""
    events = []
    for line in pathlib.Path(path).read_bytes().rpartition(b"\n")[0].splitlines():
        event = json.loads(line)
        equal(event.pop("prev"), before, f"line {len(events) + 1} of {path}")
        before = hashlib.sha256(line).hexdigest()
        events.append(event)
    return events, before


def pool(site):
    return next(p for p in site.admin("GET", "/status?json").expect(200).json["pools"] if p["name"] == "relay")


def pid(site):
    """Of the relay, when there is one: who was killed often is started again later and later."""
    return wait_until(lambda: pool(site)["workers"], "a relay")[0]["pid"]


def status(site):
    return {row["sink"]: row for row in site.ctl_json("outbox", "status")["sinks"]}


def drained(site, timeout=60.0):
    """Waits until no sink has anything to deliver."""
    wait_until(lambda: all(row["waiting"] == 0 for row in status(site).values()), "the relay to deliver everything", timeout)
