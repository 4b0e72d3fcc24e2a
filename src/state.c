/* SPDX-License-Identifier: ISC */
/*
 * Makes what processes will only open. In this order: the state directory, refused if others could write to it; the keys, each
 * written whole or not at all; the user database, whose file root makes and gives away, and whose tables the user who will use
 * it makes, so that what the database puts beside its file belongs to him too. Two at once (a daemon and doorwardctl) are in
 * nobody's way: each step leaves alone what it finds.
 *
 * It stands above the folders because it needs the rights of master/, the keys and the user database, which must not know of
 * each other; both programs link it.
 */
#include <sys/stat.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "crypto/keyring.h"
#include "doorward/config.h"
#include "doorward/userdb.h"
#include "master/privs.h"

#include "state.h"

/* Opens the database once, so that one process makes its tables. */
static int
make_tables(const struct config *conf, const struct userdb_driver *d, char *err, size_t errlen)
{
	void *db = d->open(conf, err, errlen);

	if (db == NULL)
		return (-1);
	if (err[0] != '\0')
		log_warn("the user database cannot be asked yet: %s", err);
	err[0] = '\0';
	d->close(db);
	return (0);
}

static int
make_users(const struct config *conf, const struct privs *p, char *err, size_t errlen)
{
	const struct userdb_driver *d = userdb_driver(conf->userdb_url);
	int rc;

	if (d == NULL) {
		snprintf(err, errlen, "userdb.url must be " USERDB_URL_FORMS);
		return (-1);
	}
	if (d->make(conf, p->uid, p->gid, err, errlen) != 0)
		return (-1);
	if (p->drop && (setegid(p->gid) != 0 || seteuid(p->uid) != 0)) {
		snprintf(err, errlen, "cannot become the user to run as: %s", strerror(errno));
		return (-1);
	}
	rc = make_tables(conf, d, err, errlen);
	if (p->drop && (seteuid(0) != 0 || setegid(0) != 0))
		abort(); /* half a user is worse than none */
	return (rc);
}

int
state_make(const struct config *conf, char *err, size_t errlen)
{
	struct privs p;
	mode_t old = umask(0027);
	int rc = -1;

	if (privs_resolve(conf->user, conf->group, &p, err, errlen) == 0 &&
	    privs_state_directory(conf->state_dir, p.uid, p.gid, err, errlen) == 0 &&
	    keyring_create(conf->state_dir, conf->access_alg, p.uid, p.gid, err, errlen) == 0)
		rc = make_users(conf, &p, err, errlen);
	umask(old);
	return (rc);
}

int
state_owner(const struct config *conf, uid_t *uid, gid_t *gid, char *err, size_t errlen)
{
	struct privs p;

	if (privs_resolve(conf->user, conf->group, &p, err, errlen) != 0)
		return (-1);
	*uid = p.uid;
	*gid = p.gid;
	return (0);
}
