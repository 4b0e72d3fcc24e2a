/* SPDX-License-Identifier: ISC */
/* "userdb init": makes the tables that the daemon wants to find, or brings them up to date, and says what it did. */
#include "ctl/commands.h"
#include "ctl/ctl.h"
#include "ctl/print.h"
#include "doorward/config.h"
#include "state.h"

#define ERROR_MAX 1024

static void
say(const char *what)
{

	print_line("%s", what);
}

static int
init_part(struct ctl *c, enum userdb_part part)
{
	char err[ERROR_MAX] = "";
	const struct userdb_driver *d = userdb_load(c->conf, part, err, sizeof(err));

	if (d != NULL && d->init == NULL)
		print_line("%s: there is nothing to make", userdb_url(c->conf, part));
	else if (d != NULL && d->init(c->conf, part, say, err, sizeof(err)) == 0)
		print_line("%s: ready", userdb_url(c->conf, part));
	if (err[0] != '\0')
		ctl_say("%s", err);
	return (err[0] == '\0' ? 0 : -1);
}

/* Files are made with the rest of the state, which the daemon would do as well; both databases are tried, so that both are
 * told. */
int
userdb_init(struct ctl *c, const struct options *o)
{
	char err[ERROR_MAX] = "";
	int rc;

	(void)o;
	if (state_make(c->conf, err, sizeof(err)) != 0) {
		ctl_say("%s", err);
		return (CTL_FAILED);
	}
	rc = init_part(c, USERDB_ACCOUNTS);
	if (!userdb_is_one(c->conf) && init_part(c, USERDB_RECORDS) != 0)
		rc = -1;
	return (rc == 0 ? CTL_DONE : CTL_FAILED);
}
