# SPDX-License-Identifier: ISC
"""What libraries of others say to what we signed: npm's standardwebhooks and jose, installed once into a directory of the user's cache."""

import json
import os
import pathlib
import shutil
import subprocess

from .check import Skip

PACKAGES = ["standardwebhooks@1.0.0", "jose@5.9.6"]

PROGRAM = r"""
import { createLocalJWKSet, jwtVerify } from 'jose';
import { Webhook } from 'standardwebhooks';
import { readFileSync } from 'node:fs';

const rows = JSON.parse(readFileSync(0, 'utf8'));
const out = [];
for (const row of rows) {
	try {
		if (row.secret)
			out.push({ claims: new Webhook(row.secret).verify(row.body, row.headers) });
		else {
			const done = await jwtVerify(row.token, createLocalJWKSet(row.jwks), row.options);
			out.push({ claims: done.payload, header: done.protectedHeader });
		}
	} catch (error) {
		out.push({ error: String(error) });
	}
}
console.log(JSON.stringify(out));
"""


def _directory():
    base = os.environ.get("DOORWARD_TEST_CACHE") or os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "doorward-tests")
    return pathlib.Path(base, "npm")


def _install(where):
    for program in ("node", "npm"):
        if shutil.which(program) is None:
            raise Skip(f"{program} is not installed")
    if all((where / "node_modules" / name.rpartition("@")[0]).is_dir() for name in PACKAGES):
        return
    where.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", str(where), *PACKAGES],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300)
    if done.returncode != 0:
        raise Skip(f"npm cannot install {' '.join(PACKAGES)}: {done.stdout.strip()[-200:]}")


def verify(rows):
    """For each row {"secret", "headers", "body"} or {"token", "jwks", "options"}: {"claims", "header"} or {"error"}."""
    where = _directory()
    _install(where)
    program = where / "verify.mjs"
    program.write_text(PROGRAM)
    done = subprocess.run(["node", str(program)], input=json.dumps(rows), stdout=subprocess.PIPE, text=True, timeout=120, check=True)
    return json.loads(done.stdout)
