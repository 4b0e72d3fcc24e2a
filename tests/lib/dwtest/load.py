# SPDX-License-Identifier: ISC
"""Requests without a pause, while something happens to the server; and what went wrong with them."""

import threading
import time

from . import fcgi
from .client import MOUNT, variables


class Busy:
    """with …: – each of ${work} in a thread of its own, which sees for itself when it is over."""

    def __init__(self, work):
        self.lock = threading.Lock()
        self.over = threading.Event()
        self.threads = [threading.Thread(target=one) for one in work]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        for thread in self.threads:
            thread.join()


class Load(Busy):
    """with Load(site) as load: … – then load.done, and load.lost, a list of what was not answered as it should have been.

    slow: how many of the clients send a request in pieces, with a pause between them."""

    def __init__(self, site, clients=3, slow=1, want=401, pause=0.003):
        self.path = site.sockets["check"]
        self.want, self.pause = want, pause
        self.done, self.lost = 0, []
        super().__init__([lambda slowly=i < slow: self.work(slowly) for i in range(clients)])
        self.bytes = fcgi.request(variables("GET", MOUNT + "/check"))

    def ask(self, slowly):
        with fcgi.Connection(self.path) as connection:
            if slowly:
                connection.send(self.bytes[:20])
                time.sleep(self.pause)
                connection.send(self.bytes[20:])
            else:
                connection.send(self.bytes)
            return connection.answer().status

    def work(self, slowly):
        while not self.over.is_set():
            start = time.monotonic()
            try:
                status = self.ask(slowly)
                wrong = None if status == self.want else f"status {status}"
            except (OSError, EOFError) as error:
                wrong = f"{type(error).__name__}: {error}"
            with self.lock:
                self.done += 1
                if wrong:
                    self.lost.append(f"{wrong} after {time.monotonic() - start:.3f} s")
