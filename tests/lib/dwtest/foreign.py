# SPDX-License-Identifier: ISC
"""What libraries of others say to what we signed: npm's standardwebhooks and jose."""

import json
import shutil
import subprocess

from .check import Skip
from .npm import installed

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


def verify(rows):
    """For each row {"secret", "headers", "body"} or {"token", "jwks", "options"}: {"claims", "header"} or {"error"}."""
    if shutil.which("node") is None:
        raise Skip("node is not installed")
    done = subprocess.run(["node", "--input-type=module", "-e", PROGRAM], cwd=installed(*PACKAGES), input=json.dumps(rows),
                          stdout=subprocess.PIPE, text=True, timeout=120, check=True)
    return json.loads(done.stdout)
