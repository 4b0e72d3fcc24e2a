# SPDX-License-Identifier: ISC
"""What has to hold where the server knows nothing but CGI, and contrib/fronts/guard stands in a script's place."""

import os

from .check import equal, expect, fails
from .fronted import environment, login_as


def test_query_is_no_argument(site):
    """A query without "=" comes as arguments (RFC 3875, 4.4). It neither chooses the program nor tells what is there."""
    alice = login_as(site, "alice")
    mark = f"{site.dir}/tmp/owned"
    rows = ["/bin/sh", "-c+/bin/sh", "%2Fbin%2Fsh", "+/bin/sh", "/usr/bin/env", f"{site.dir}/www/app/admins/env.cgi", "/etc/passwd", "/nothing", "--"]

    def one(query):
        for path in ("/app/env.cgi", "/app/env.cgi/x"):
            body = f"touch {mark}\n".encode()
            found = environment(site.web("POST", f"{path}?{query}", cookie=alice.cookie, body=body, headers={"Content-Type": "text/plain"}))
            equal((found["SCRIPT_FILENAME"], found["QUERY_STRING"]), (f"{site.dir}/www/app/env.cgi", query))
            site.web("POST", f"{path}?{query}", body=body).expect(401)
        site.web("GET", f"/app/admins/env.cgi?{query}", cookie=alice.cookie).expect(403)
        expect(not os.path.exists(mark), "the body was run as a program")

    fails(rows, one)


def test_query_is_no_option(site):
    for query in (f"-c+{site.dir}/foreign.conf", "-V", "-h", "-t", "-1", "x"):
        site.web("GET", f"/auth/check?{query}").expect(401, "missing_token")


def test_guard_has_no_address_of_its_own(site):
    alice = login_as(site, "alice")
    for path in ("/guard", "/guard/", "/guard/app/env.cgi", "/guard/app/admins/env.cgi", "/bin/guard", "/app/../bin/guard"):
        answer = site.web("GET", path, cookie=alice.cookie)
        expect(answer.status in (403, 404) and b"REMOTE_USER" not in answer.body, f"{path}: {answer}")
