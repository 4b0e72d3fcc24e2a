/* SPDX-License-Identifier: ISC */
/*
 * "hash": makes the hash of a password that is read from the terminal or standard input, for a database that is filled by other
 * means.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "crypto/pwhash.h"
#include "ctl/ctl.h"
#include "ctl/password.h"

#include "ctl/commands.h"

int
hash_command(struct ctl *c, const struct options *o)
{
	char hash[PWHASH_TEXT_MAX];

	(void)c;
	(void)o;
	if (password_hash(!isatty(STDIN_FILENO), hash) != 0)
		return (CTL_FAILED);
	printf("%s\n", hash);
	explicit_bzero(hash, sizeof(hash));
	return (CTL_DONE);
}
