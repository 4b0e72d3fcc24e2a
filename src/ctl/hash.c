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

/* By the settings where there are any: an operator elsewhere wants a hash all the same. */
int
hash_command(struct ctl *c, const struct options *o)
{
	char hash[PWHASH_TEXT_MAX];

	(void)o;
	if (access(c->file, F_OK) == 0 && ctl_config(c) != 0)
		return (CTL_FAILED);
	if (password_hash(NULL, !isatty(STDIN_FILENO), hash) != 0)
		return (CTL_FAILED);
	printf("%s\n", hash);
	explicit_bzero(hash, sizeof(hash));
	return (CTL_DONE);
}
