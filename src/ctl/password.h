/* SPDX-License-Identifier: ISC */
/* Where a new password comes from: the terminal, asked twice and without echo, or one line of standard input. Never a command
 * line. */
#ifndef CTL_PASSWORD_H
#define CTL_PASSWORD_H

#include <stdbool.h>
#include <stddef.h>

#include "crypto/pwhash.h"

/*
 * Reads a password into ${out} and its length into ${*n}. Refused: none, more than PASSWORD_MAX bytes, a NUL, and what is not
 * UTF-8, which no login could send. A short one is warned of: an operator decides. Returns 0, or -1 after saying why not. The
 * caller wipes ${out}.
 */
int password_read(bool from_stdin, char out[PASSWORD_MAX + 1], size_t *n);

/* Reads a password like that and writes its hash to ${hash}. Returns 0, or -1 after saying why not. The caller wipes ${hash}.
 */
int password_hash(bool from_stdin, char hash[PWHASH_TEXT_MAX]);

#endif
