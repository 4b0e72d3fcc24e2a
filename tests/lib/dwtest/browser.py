"""A real browser, driven over the pipe of Chromium's own debugging protocol."""

import json
import os
import select
import time

from .check import Failed, wait_until
from .fronts import installed


class Browser:
    """One window with a fresh profile."""

    def __init__(self, site):
        program = installed("chromium")
        profile = f"{site.dir}/tmp/chromium"
        theirs_in, self.out = os.pipe()
        self.into, theirs_out = os.pipe()
        # The protocol wants descriptors 3 and 4. Moved out of the way first, as either may be one of ours.
        words = f"exec 18<&{theirs_in} 19>&{theirs_out}; exec 3<&18 4>&19 18<&- 19>&-; exec \"$@\""
        self.process = site.run("chromium", [
            "bash", "-c", words, "sh", program, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync", "--password-store=basic",
            "--ignore-certificate-errors", "--remote-debugging-pipe", f"--user-data-dir={profile}", "about:blank",
        ], pass_fds=(theirs_in, theirs_out))
        os.close(theirs_in)
        os.close(theirs_out)
        self.buffer = b""
        self.number = 0
        self.session = None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.call("Page.enable")

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
        deadline = time.monotonic() + 30
        while True:
            answer = self._message(deadline)
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise Failed(f"{method}: {answer['error']}")
                return answer["result"]

    def evaluate(self, expression):
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        if "exceptionDetails" in result:
            raise Failed(f"{expression}: {result['exceptionDetails'].get('exception', {}).get('description')}")
        return result["result"].get("value")

    def go(self, url):
        error = self.call("Page.navigate", url=url).get("errorText")
        if error:
            raise Failed(f"{url}: {error}")
        self.settle()

    def settle(self):
        wait_until(lambda: self.evaluate("document.readyState") == "complete", "the page")

    def wait_for(self, expression, what):
        """A navigation may be under way: then there is nothing to evaluate in for a moment."""

        def holds():
            try:
                return self.evaluate(f"document.readyState === 'complete' && ({expression})")
            except Failed:
                return False

        wait_until(holds, what, 15)

    @property
    def path(self):
        return self.evaluate("location.pathname")

    @property
    def text(self):
        return self.evaluate("document.body.innerText")
