/* SPDX-License-Identifier: ISC */
/* Where a new password comes from: the terminal, asked twice and without echo, or one line of standard input. Never a command
 * line. */
#ifndef CTL_PASSWORD_H
#define CTL_PASSWORD_H

#include <stdbool.h>
#include <stddef.h>

#include "crypto/pwhash.h"

struct config;

/* Whose password it is to be. */
struct password_owner {
	const struct config *conf;
	const char *name; /* canonical */
	const char *hash; /* of the password it replaces, which it must not be; NULL = there is none */
};

/*
 * Reads a new password and writes its hash to ${hash}. Refused is what breaks a rule of auth/password_rules.h; with ${owner}
 * NULL, for a hash that goes elsewhere, only what could not be hashed, and of a short one there is a warning. Returns 0, or -1
 * after saying why not. The caller wipes ${hash}.
 */
int password_hash(const struct password_owner *owner, bool from_stdin, char hash[PWHASH_TEXT_MAX]);

#endif
