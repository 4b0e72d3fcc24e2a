# SPDX-License-Identifier: ISC
"""axe-core, the accessibility checker of others, in the browser: installed once with npm into a directory of the user's cache."""

import os
import pathlib
import shutil
import subprocess

from .check import Failed, Skip

PACKAGE = "axe-core@4.14.1"
SERIOUS = ("serious", "critical")


def source():
    """Its script; Skip where it is not there and npm cannot bring it."""
    base = os.environ.get("DOORWARD_TEST_CACHE") or os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "doorward-tests")
    where = pathlib.Path(base, PACKAGE)
    script = where / "node_modules/axe-core/axe.min.js"
    if not script.exists():
        if shutil.which("npm") is None:
            raise Skip("npm is not installed, and axe-core not in the cache")
        where.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", str(where), PACKAGE],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120)
        if done.returncode != 0 or not script.exists():
            raise Skip(f"npm cannot install {PACKAGE}: {done.stdout.strip()[-200:]}")
    return script.read_text()


def check(window, script, what):
    """No serious finding of any rule on the page that is shown; lesser ones are told."""
    window.evaluate(script + "; 1")
    result = window.call("Runtime.evaluate", awaitPromise=True, returnByValue=True,
                         expression="axe.run(document, { resultTypes: ['violations'] }).then(r => r.violations.map(v => "
                                    "({ id: v.id, impact: v.impact, help: v.help, nodes: v.nodes.map(n => n.html.slice(0, 120)) })))")
    if "exceptionDetails" in result:
        raise Failed(f"{what}: axe-core: {result['exceptionDetails']}")
    found = result["result"]["value"]
    bad = [v for v in found if v["impact"] in SERIOUS]
    for v in found:
        if v not in bad:
            print(f"# {what}: {v['impact']}: {v['id']}: {v['help']} {v['nodes'][:2]}")
    if bad:
        raise Failed(f"{what}: " + "; ".join(f"{v['id']}: {v['help']} {v['nodes'][:3]}" for v in bad))
