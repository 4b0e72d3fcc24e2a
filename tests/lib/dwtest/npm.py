# SPDX-License-Identifier: ISC
"""Programs of others from npm, one set for all tests: installed once into a directory of the user's cache."""

import fcntl
import os
import pathlib
import shutil
import subprocess

from .check import Skip


def installed(*packages):
    """The directory with a node_modules of ${packages}, "name@version"; Skip where they are not there and npm cannot bring them."""
    base = os.environ.get("DOORWARD_TEST_CACHE") or os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "doorward-tests")
    where = pathlib.Path(base, "+".join(packages))
    done = where / "complete"
    if done.exists():
        return where
    if shutil.which("npm") is None:
        raise Skip(f"npm is not installed, and {' '.join(packages)} not in the cache")
    where.mkdir(parents=True, exist_ok=True)
    with open(where / "lock", "w", encoding="ascii") as lock:  # two tests may begin at once
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            try:
                run = subprocess.run(["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", str(where), *packages],
                                     stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120)
            except subprocess.TimeoutExpired:
                raise Skip(f"npm does not get {' '.join(packages)} within two minutes") from None
            if run.returncode != 0:
                raise Skip(f"npm cannot install {' '.join(packages)}: {run.stdout.strip()[-200:]}")
            done.touch()
    return where
