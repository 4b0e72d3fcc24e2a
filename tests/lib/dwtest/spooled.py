# SPDX-License-Identifier: ISC
"""Redis away and back, and what is left of what was promised meanwhile: for the tests of the spool."""

import contextlib
import json
import os
import signal

from .check import equal, expect, wait_until


def away(site):
    """Redis dies."""
    site.redis_process.send_signal(signal.SIGKILL)
    site.redis_process.wait()


def back(site):
    """Another one, with what the last one had."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(site.redis_socket)
    site.start_redis(keep=True)


def settled(site):
    """Every worker asks Redis again."""
    site.wait_store()
    for _ in range(6):
        wait_until(lambda: site.post_login().status == 200, "logins")
    probe = site.login()
    for _ in range(6):
        wait_until(lambda: site.get("/session", cookie=probe.cookie).status == 200, "checks")


def pending(site):
    return site.ctl_json("spool", "status")["pending"]


def replayed(site, timeout=60):
    wait_until(lambda: pending(site) == 0, "the replay", timeout)


@contextlib.contextmanager
def outage(site, replay=True):
    away(site)
    try:
        yield
    finally:
        back(site)
    if replay:
        replayed(site)
    settled(site)


def promised(answer):
    equal(answer.status, 202, str(answer))
    equal(answer.json, {"status": "pending"})
    return answer


def events(site):
    """All events of all outboxes, by stream and in its order."""
    found = []
    for redis in site.data():
        with redis:
            for key in sorted(redis("KEYS", "dwo:*")):
                found += [json.loads(entry[1][1]) for entry in redis("XRANGE", key, "-", "+")]
    return found


def endings(site, sid):
    """The events that say that the session is over."""
    return [event for event in events(site) if event["session_id"] == sid and event["ended"]]


def ended_once(site, sid, kind):
    found = endings(site, sid)
    equal([event["type"] for event in found], [kind], f"what was told of {sid}")
    ids = [event["id"] for event in events(site)]
    equal(len(ids), len(set(ids)), "an id of an event came twice")
    return found[0]


def refused(site, login, stale=None):
    """On this host, whatever is presented."""
    for _ in range(4):
        if login.cookie:
            site.check(cookie=login.cookie).expect(401, "invalid_token")
        if login.access:
            site.check(bearer=login.access).expect(401, "invalid_token")
    if login.cookie:
        site.get("/session", cookie=login.cookie).expect(401)
        site.get("/sessions", cookie=login.cookie).expect(401)
        equal(site.authorize(cookie=login.cookie).status, 401)
        expect(site.get("/account", cookie=login.cookie).status in (302, 401), "the account page")
    if login.refresh:
        answer = site.post_refresh(login.refresh)
        equal((answer.status, answer.json["error"]), (401, "invalid_grant"), "a refresh")


def through_failovers(site, users, die, again):
    """Logouts while a master is away: each ends once what it is of, in the order of its user, whoever is the master then and after it.

    die: a master dies, and what it returns brings it back as a replica; again: a further failover."""
    logins = {user: [site.login(user) for _ in range(2)] for user in users}
    revive = die()
    try:
        promised_to_some(site, logins)
    except BaseException:
        revive()  # the next test is to find all of them
        raise
    for happen in (revive, again):
        happen()
        site.wait_whole()
        replayed(site, 60)
        site.wait_store()  # whoever is asked: each finds out for itself that there is a master
        for user, of_user in logins.items():
            for login in of_user:
                wait_until(lambda login=login: site.check(cookie=login.cookie).status != 503, "an answer")
                site.expect_dead(login)
                ended_once(site, login.id, "logout")
            told = [event["session_id"] for event in events(site) if event["username"] == user and event["ended"]]
            mine = [login.id for login in of_user]
            equal([sid for sid in told if sid in mine], mine, f"the order of what {user} was told")


def answered(answer):
    return None if answer.status == 503 else answer


def promised_to_some(site, logins):
    answers = [site.logout(cookie=login.cookie) for of_user in logins.values() for login in of_user]
    expect({answer.status for answer in answers} <= {200, 202}, [answer.status for answer in answers])
    expect(202 in [answer.status for answer in answers], "nobody was at the master that died")
    ended = zip([login for of_user in logins.values() for login in of_user], answers)
    for login, answer in ended:
        if answer.status == 202:
            refused(site, login)
        else:  # whoever is asked may have to find his master first
            wait_until(lambda login=login: answered(site.check(cookie=login.cookie)), "an answer").expect(401)
