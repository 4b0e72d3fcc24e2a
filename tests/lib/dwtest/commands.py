# SPDX-License-Identifier: ISC
"""Every command of doorwardctl, for where Redis is more than one server. What is not asked for here is told by its own usage."""

import contextlib
import os
import signal

from . import relay
from .check import equal, expect, wait_until
from .site import Events, program

# An exec sink that takes nothing, so that there are dead letters, and one that does; and alerts whose windows are longer than a test.
FAILING = {"name": "failing", "type": "exec", "command": ["/bin/false"], "events": ["kick"]}
WORKING = {"name": "working", "type": "exec", "command": ["/bin/true"], "events": ["kick"]}
WIDE = {"event": "login_failed", "window": "24h", "step": "24m"}
BRIEF = {"id": "brief", "idle": "2s", "absolute": "60s", "refresh_idle": "2s", "refresh_absolute": "60s"}
CONF = {"redis": {"connect_timeout": "1s"}, "throttle": {"enabled": False}, "session": {"limit": 1000},
        "refresh": {"grace": "60s"}, "audit": {"file": "@DIR@/audit.log"},
        "clients": [{"id": "default"}, BRIEF], "sweep": {"every": "2s"}, "risk": {"enabled": True},
        "sinks": [FAILING, WORKING], "relay": {"retry_max": "1s", "give_up": "2s"},
        "alerts": [{"name": "hammered", "by": "user", "count": 3, "action": "revoke", **WIDE}, {"name": "spray", "count": 4, **WIDE}]}
EXPECTED = (r"sink=failing", r"alert ended")


def known(site):
    """All commands, from the usage: the words before the first option, argument or file."""
    lines = [line.split() for line in site.ctl("--help").splitlines() if line.startswith("  ") and "doorwardctl" not in line]
    return {" ".join(word for i, word in enumerate(line) if all(w.isalpha() and w.islower() for w in line[:i + 1])) for line in lines}


@contextlib.contextmanager
def all_of_them(site):
    """What is asked of doorwardctl in between is every command there is."""
    all_commands, asked, ctl = known(site), {"watch"}, site.ctl
    expect(len(all_commands) > 30 and "status" in all_commands and "user add" in all_commands, all_commands)

    def noted(*words, **kwargs):
        asked.add(" ".join(words[:2]) if " ".join(words[:2]) in all_commands else words[0])
        return ctl(*words, **kwargs)

    site.ctl = noted
    try:
        yield
    finally:
        del site.ctl
    equal(asked - {"--help"}, all_commands, "the commands that were asked for")


def watching(site, *words):
    return Events(site.run(f"watch{len(site.processes)}", [program("doorwardctl"), "-c", site.conf_file, "watch", *words]))


def sessions_of(site, name):
    """What is about one user; leaves one session."""
    first, second, third, fourth = (site.login(name, device_id=f"command-{i}") for i in range(4))
    listed = {s["id"] for s in site.ctl_json("session", "list", "--user", name)["sessions"]}
    expect({first.id, second.id, third.id, fourth.id} <= listed, "a user's")
    expect(first.id in site.ctl("session", "list"), "everybody's sessions")
    equal(site.ctl_json("session", "show", first.id)["session"]["username"], name)
    before = len(site.ctl_json("ledger", "list", "--user", name)["logouts"])
    site.ctl("session", "kick", first.id)
    site.expect_dead(first)
    site.ctl("user", "groups", name, "--add", "staff")
    equal(site.check(cookie=second.cookie).expect(200).header("Remote-Groups"), "staff,users")
    site.ctl("user", "groups", name, "--remove", "staff")
    site.ctl("user", "unlock", name)
    site.ctl("session", "kick", "--user", name, "--device", "command-1")
    site.expect_dead(second)
    equal([s["name"] for s in site.ctl_json("risk", "explain", name)["signals"]], ["new_device"])
    equal(site.ctl_json("risk", "explain", name, "--device", "command-2")["signals"], [])
    site.ctl("user", "passwd", name, "--password-stdin", input=set_password(site, name) + "\n")
    site.expect_dead(third)
    site.expect_dead(fourth)
    wait_until(lambda: len(site.ctl_json("ledger", "list", "--user", name)["logouts"]) >= before + 4, f"the ledger of {name}")
    return site.login(name)


def set_password(site, name):
    site.passwords[name] = site.new_password()
    return site.passwords[name]


def accounts(site, name):
    """An account from its beginning to its end, and another that is imported."""
    site.add_user(name, "users")
    equal(site.ctl_json("user", "show", name)["username"], name)
    login = site.login(name)
    site.ctl("user", "disable", name)
    site.expect_dead(login)
    site.ctl("user", "enable", name)
    login = site.login(name)
    site.ctl("user", "delete", name)
    site.expect_dead(login)
    for words in ((), ("--replace",)):
        hashed = site.ctl("hash", input=set_password(site, name) + "\n").strip()
        site.ctl("user", "import", "-", "--group", "users", *words, input=f"{name}:{hashed}\n")
        site.expect_dead(login)
        login = site.login(name)
    expect(name in site.ctl("user", "list"), "the list")
    site.ctl("user", "delete", name)
    site.expect_dead(login)
    site.ctl("userdb", "init")


def keys(site):
    before = site.ctl_json("key", "list")
    site.ctl("key", "generate", "--in", "1h")
    new = next(k for k in site.ctl_json("key", "list") if k["kid"] not in {b["kid"] for b in before})
    site.ctl("key", "retire", new["kid"])
    equal([k["state"] for k in site.ctl_json("key", "list") if k["kid"] == new["kid"]] in ([], ["retired"]), True, "the key's state")


def letters(site, event):
    """Of a kick, which the sink that fails has given up."""
    def dead():
        return site.ctl_json("outbox", "dead", "--sink", "failing")["dead"]

    wait_until(lambda: event in [letter["id"] for letter in dead()], "a dead letter", 60)
    site.ctl("outbox", "retry", "--sink", "failing", event)
    wait_until(lambda: event in [letter["id"] for letter in dead()], "it to be given up again", 60)
    site.ctl("outbox", "drop", "--sink", "failing", event)
    expect(event not in [letter["id"] for letter in dead()], "it is dropped")


def reload(site, **changes):
    site.write_conf(**changes)
    generation = site.admin("GET", "/status?json").json["generation"]
    os.kill(site.daemon.pid, signal.SIGHUP)
    wait_until(lambda: site.admin("GET", "/status?json").json["generation"] > generation, "the reload")


def forget(site):
    """A sink that is taken out leaves nothing at any server."""
    rows = relay.status(site)
    expect({"ledger", "alerts", "failing"} <= set(rows), rows)
    reload(site, sinks=[WORKING])
    wait_until(lambda: relay.status(site)["failing"]["active_host"] is None, "its relay to let it go")
    site.ctl("outbox", "forget", "failing")
    expect("failing" not in site.ctl("outbox", "status"), "it is forgotten")
    equal([key for redis in site.data() for key in redis("KEYS", "dwx:failing*")], [])
    reload(site, sinks=[FAILING, WORKING])
    wait_until(lambda: "failing" in relay.status(site), "it begins anew")


def shown(site):
    """What is told of servers, spool, files and configuration."""
    servers = [s["server"] for s in site.ctl_json("status")["redis_servers"]]
    text = site.ctl("status")
    watch = site.run("top", [program("doorwardctl"), "-c", site.conf_file, "status", "--watch"])
    wait_until(lambda: watch.text().count("POOL") >= 2, "two pictures")
    watch.stop()
    for server in servers:
        expect(server in text, "a server in the text")
    for command in ("status", "list", "replay"):
        site.ctl("spool", command)
    site.ctl("audit", "verify", f"{site.dir}/audit.log")
    expect(f'url = "{site.url}"' in site.ctl("config", "dump"), "the dump")
    site.ctl("config", "test")


def alerts(site, users):
    """Counted where each user is, and for everybody; told once."""
    events = site.watch()
    for user in users:
        login = site.login(user)
        for _ in range(3):
            site.post_login(user, "wrong password").expect(401)
        wait_until(lambda login=login: site.check(cookie=login.cookie).status == 401, f"the sessions of {user} to end")
    wait_until(lambda: relay.status(site)["alerts"]["waiting"] == 0, "everything to be counted")
    wait_until(lambda: len(events.all("alert", reason="hammered")) >= len(users), "the alerts")
    equal(sorted(e["username"] for e in events.all("alert", reason="hammered")), sorted(users), "who was hammered")
    equal(len(events.all("alert", reason="spray")) <= 1, True, "alerts of all")
    events.process.stop()


def sweep(site, users):
    """Who expires is reported, whichever server has his session, once."""
    events = site.watch()
    logins = [site.login(user, mode="cookie", client_id="brief") for user in users]
    for login in logins:
        events.wait("expired", session_id=login.id)
    events.process.stop()


def watches(site, since, wanted):
    """What comes behind the event ${since}: ${wanted}, each once; and of the last hour at least that."""
    def told(events):
        return [e["id"] for e in events.all()]

    for words in (("--since", since), ("--since", "1h", "--exec", "cat >/dev/null")):
        events = watching(site, *words)
        wait_until(lambda events=events: set(told(events)) >= set(wanted), f"watch {' '.join(words)}")
        ids = told(events)
        equal(len(ids), len(set(ids)), "events told twice")
        events.process.stop()


def every_command(site, users, other):
    """${users}: who have accounts, somebody at each server. ${other}: a name that nobody has."""
    with all_of_them(site):
        events = site.watch()
        logins = [sessions_of(site, name) for name in users]
        wait_until(lambda: len(events.all("kick")) >= 2 * len(users), "the events of all servers")
        seen = [e["id"] for e in events.all()]
        equal(len(seen), len(set(seen)), "events told twice")
        watches(site, seen[0], seen[1:])
        letters(site, events.all("kick")[0]["id"])
        events.process.stop()
        forget(site)
        accounts(site, other)
        keys(site)
        shown(site)
        site.ctl("session", "kick", "--all")
        for login in logins:
            site.expect_dead(login)
