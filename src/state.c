/* SPDX-License-Identifier: ISC */
/*
 * Makes what processes will only open. In this order: the state directory, refused if others could write to it; the keys, each
 * written whole or not at all; the databases of accounts and records, whose file root makes and gives away, and whose tables
 * the user who will use them makes, so that what the database puts beside its file belongs to him too; what they need of
 * modules is only tried, by a process that ends; the spool's file, by that user altogether. Two at once (a daemon and
 * doorwardctl) are in nobody's way: each step leaves alone what it finds.
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
#include "doorward/spool.h"
#include "doorward/userdb.h"
#include "master/privs.h"

#include "state.h"

#define SPOOL_WHY_MAX 256

/*
 * Who holds the directory can lay a journal beside a file, to be played back by who opens it: with root's rights that could
 * write or remove what is not his.
 */
static int
become(const struct privs *p, char *err, size_t errlen)
{

	if (!p->drop || (setegid(p->gid) == 0 && seteuid(p->uid) == 0))
		return (0);
	snprintf(err, errlen, "cannot become the user to run as: %s", strerror(errno));
	if (setegid(0) != 0)
		abort(); /* half a user is worse than none */
	return (-1);
}

static void
come_back(const struct privs *p)
{

	if (p->drop && (seteuid(0) != 0 || setegid(0) != 0))
		abort(); /* as above */
}

/* Opens the database once, so that one process makes its tables. A module's is not opened here: it would stay. */
static int
make_tables(const struct config *conf, enum userdb_part part, const struct userdb_driver *d, char *err, size_t errlen)
{
	void *db;

	if (d->module != NULL)
		return (0);
	if ((db = d->open(conf, part, err, errlen)) == NULL)
		return (-1);
	if (err[0] != '\0')
		log_warn("the user database cannot be asked yet: %s", err);
	err[0] = '\0';
	d->close(db);
	return (0);
}

static int
make_database(const struct config *conf, enum userdb_part part, const struct privs *p, char *err, size_t errlen)
{
	const struct userdb_driver *d = userdb_driver(userdb_url(conf, part)); /* config_load() has found it */
	int rc;

	if (d->make != NULL && d->make(conf, part, p->uid, p->gid, err, errlen) != 0)
		return (-1);
	if (become(p, err, errlen) != 0)
		return (-1);
	rc = make_tables(conf, part, d, err, errlen);
	come_back(p);
	return (rc);
}

static int
make_databases(const struct config *conf, const struct privs *p, char *err, size_t errlen)
{

	if (userdb_try(conf, err, errlen) != 0 || make_database(conf, USERDB_ACCOUNTS, p, err, errlen) != 0)
		return (-1);
	return (userdb_is_one(conf) ? 0 : make_database(conf, USERDB_RECORDS, p, err, errlen));
}

/* Without it a master does not start; whoever answers alone refuses what he cannot look up there. Both say so. */
static void
make_spool(const struct config *conf, const struct privs *p)
{
	char why[SPOOL_WHY_MAX];
	int rc = -1;

	if (become(p, why, sizeof(why)) == 0) {
		rc = spool_make(conf, why, sizeof(why));
		come_back(p);
	}
	if (rc != 0)
		log_error("%s", why);
}

int
state_fill(const struct config *conf, struct deny *deny, char *err, size_t errlen)
{
	struct privs p;
	int rc = -1;

	if (privs_resolve(conf->user, conf->group, &p, err, errlen) == 0 && become(&p, err, errlen) == 0) {
		rc = spool_fill(conf, deny, err, errlen);
		come_back(&p);
	}
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
		rc = make_databases(conf, &p, err, errlen);
	if (rc == 0 && conf->spool_enabled)
		make_spool(conf, &p);
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
