# SPDX-License-Identifier: ISC
"""A real browser, driven over the pipe of Chromium's own debugging protocol."""

import json
import os
import select
import time

from .check import Failed, wait_until
from .fronts import installed


class Browser:
    """One window with a fresh profile. arguments: more of the command line."""

    def __init__(self, site, arguments=()):
        program = installed("chromium")
        profile = f"{site.dir}/tmp/chromium{len(site.processes)}"
        theirs_in, self.out = os.pipe()
        self.into, theirs_out = os.pipe()
        # The protocol wants descriptors 3 and 4. Moved out of the way first, as either may be one of ours.
        words = f"exec 18<&{theirs_in} 19>&{theirs_out}; exec 3<&18 4>&19 18<&- 19>&-; exec \"$@\""
        self.process = site.run("chromium", [
            "bash", "-c", words, "sh", program, "--headless=new", "--log-level=3", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
            "--allow-pre-commit-input",  # else a key that comes before a page's first picture is thrown away without a word
            "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--password-store=basic",
            "--ignore-certificate-errors", "--remote-debugging-pipe", f"--user-data-dir={profile}", *arguments, "about:blank",
        ], pass_fds=(theirs_in, theirs_out))
        os.close(theirs_in)
        os.close(theirs_out)
        self.buffer = b""
        self.events = []  # what it told unasked, in order
        self.number = 0
        self.session = None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.call("Page.enable")
        # Always: a page that has just come has the focus a moment later, and until then none of its elements matches :focus.
        self.call("Emulation.setFocusEmulationEnabled", enabled=True)

    def close(self):
        os.close(self.out)
        os.close(self.into)
        self.process.stop()

    def _message(self, deadline):
        while b"\0" not in self.buffer:
            ready, _, _ = select.select([self.into], [], [], max(0, deadline - time.monotonic()))
            if not ready:
                raise Failed("the browser does not answer")
            data = os.read(self.into, 65536)
            if not data:
                raise Failed(f"the browser has ended: {self.process.text()[-500:]}")
            self.buffer += data
        message, _, self.buffer = self.buffer.partition(b"\0")
        return json.loads(message)

    def call(self, method, **params):
        self.number += 1
        message = {"id": self.number, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.out, json.dumps(message).encode() + b"\0")
        deadline = time.monotonic() + 60
        while True:
            answer = self._message(deadline)
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise Failed(f"{method}: {answer['error']}")
                return answer["result"]
            self.events.append(answer)

    def evaluate(self, expression):
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        if "exceptionDetails" in result:
            raise Failed(f"{expression}: {result['exceptionDetails'].get('exception', {}).get('description')}")
        return result["result"].get("value")

    def leave(self, expression):
        """Evaluates what takes it to another page, which may happen before it has answered."""
        try:
            self.evaluate(expression)
        except Failed as error:
            if "navigated or closed" not in str(error):
                raise

    def go(self, url):
        for _ in range(5):
            error = self.call("Page.navigate", url=url).get("errorText")
            if error != "net::ERR_NETWORK_CHANGED":  # it gives up what is under way when an interface of the machine comes or goes
                break
        if error:
            raise Failed(f"{url}: {error}")
        self.settle()

    def settle(self):
        self.wait_for("true", "the page")

    def wait_for(self, expression, what):
        """A navigation may be under way: then there is nothing to evaluate in for a moment."""

        def holds():
            try:
                return self.evaluate(f"document.readyState === 'complete' && ({expression})")
            except Failed:
                return False

        wait_until(holds, what)

    def focused(self, expression):
        """Of the element that has the focus, e. A page gives it with its first picture, which may come after all of the page."""
        self.wait_for("document.activeElement && document.activeElement !== document.body", "something to have the focus")
        return self.evaluate(f"(e => {expression})(document.activeElement)")

    @property
    def path(self):
        return self.evaluate("location.pathname")

    @property
    def text(self):
        return self.evaluate("document.body.innerText")

    def back(self):
        self.leave("history.back()")

    def not_kept(self):
        """Why the back-forward cache had not what Back led to, each time."""
        told = [event["params"]["notRestoredExplanations"] for event in self.events if event.get("method") == "Page.backForwardCacheNotUsed"]
        return [[explanation["reason"] for explanation in one] for one in told]

    def press(self, selector):
        """Clicks what ${selector} finds first, and leaves the page with it."""
        self.leave(f"window.left = true; document.querySelector({json.dumps(selector)}).click()")
        self.wait_for("window.left === undefined", f"another page after {selector}")

    def type_in(self, **values):
        """Fills in the first password form and sends it."""
        for name, value in values.items():
            self.evaluate(f"document.querySelector('input[name={name}]').value = {json.dumps(value)}")
        self.press("form:has(input[name=password]) button")

    def look(self, width=1024, height=768, scheme="light"):
        """As a screen of this size sees it, by day or by night."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600)
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def described(self, selector):
        """What a screen reader says of the element beside its name."""
        root = self.call("DOM.getDocument")["root"]["nodeId"]
        node = self.call("DOM.querySelector", nodeId=root, selector=selector)["nodeId"]
        found = self.call("Accessibility.getPartialAXTree", nodeId=node, fetchRelatives=False)["nodes"]
        return " ".join(item["description"]["value"] for item in found if item.get("description", {}).get("value"))

    def sent(self, path):
        """The headers, names in lower case, of the last POST to a path that ends so. Wants Network.enable before."""
        return wait_until(lambda: self._sent(path), f"a POST to {path} to be told of")

    def _sent(self, path):
        self.evaluate("1")
        posts = [event["params"]["requestId"] for event in self.events if event.get("method") == "Network.requestWillBeSent"
                 and event["params"]["request"]["method"] == "POST" and event["params"]["request"]["url"].partition("?")[0].endswith(path)]
        found = [event["params"]["headers"] for event in self.events if event.get("method") == "Network.requestWillBeSentExtraInfo"
                 and posts and event["params"]["requestId"] == posts[-1]]
        return {name.lower(): value for name, value in found[0].items()} if found else None
