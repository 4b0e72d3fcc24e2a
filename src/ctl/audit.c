/* SPDX-License-Identifier: ISC */
/*
 * "audit verify": does each line hold the hash of the one before? Files that a rotation divided are named in their order; the
 * first may go on from one that is not named. A line that was changed does not fit where the next one looks back to it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/audit_chain.h"
#include "crypto/mac.h"
#include "ctl/ctl.h"
#include "ctl/options.h"
#include "ctl/print.h"

#include "ctl/commands.h"

struct chain {
	const char *file;
	unsigned long long line;
	char hash[AUDIT_HASH_LEN + 1]; /* of the last line; "" = nothing was read yet */
};

static bool
say(const struct chain *c, const char *what)
{

	ctl_say("%s:%llu: %s", c->file, c->line, what);
	return (false);
}

static void
hash_line(struct str line, char out[AUDIT_HASH_LEN + 1])
{
	uint8_t md[MAC_LEN];

	mac_sha256(line.p, line.len, md);
	for (size_t i = 0; i < MAC_LEN; i++)
		snprintf(out + 2 * i, 3, "%02x", md[i]);
}

/* ${line} with its newline, if it has one. */
static bool
follow(struct chain *c, struct str line)
{
	struct str prev;

	c->line++;
	if (line.len == 0 || line.p[line.len - 1] != '\n')
		return (say(c, "ends in the middle"));
	line.len--;
	if ((prev = audit_chain_prev(line)).p == NULL)
		return (say(c, "is no line of an audit file"));
	if (c->hash[0] != '\0' && !str_is(prev, c->hash))
		return (say(c, "does not fit the line before it"));
	hash_line(line, c->hash);
	return (true);
}

static bool
read_file(struct chain *c)
{
	FILE *f = fopen(c->file, "re");
	char *text = NULL;
	size_t cap = 0;
	bool good = true;
	ssize_t n;

	c->line = 0;
	if (f == NULL) {
		ctl_say("%s: %s", c->file, strerror(errno));
		return (false);
	}
	while (good && (n = getline(&text, &cap, f)) > 0)
		good = follow(c, (struct str){ text, (size_t)n });
	if (good && ferror(f) != 0) {
		ctl_say("%s: %s", c->file, strerror(errno));
		good = false;
	}
	free(text);
	fclose(f);
	if (good)
		print_line("%s: %llu lines fit", c->file, c->line);
	return (good);
}

int
audit_verify(struct ctl *c, const struct options *o)
{
	struct chain chain = { .line = 0 };

	(void)c;
	if (o->n_args == 0)
		return (CTL_USAGE);
	for (size_t i = 0; i < o->n_args; i++) {
		chain.file = o->args[i];
		if (!read_file(&chain))
			return (CTL_FAILED);
	}
	return (CTL_DONE);
}
