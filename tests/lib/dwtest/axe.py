# SPDX-License-Identifier: ISC
"""axe-core, the accessibility checker of others, in the browser."""

from .check import Failed
from .npm import installed

PACKAGE = "axe-core@4.14.1"
SERIOUS = ("serious", "critical")


def source():
    """Its script; Skip where it is not there and npm cannot bring it."""
    return (installed(PACKAGE) / "node_modules/axe-core/axe.min.js").read_text()


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
