/* SPDX-License-Identifier: ISC */
/*
 * Accounts and devices in an SQLite file: the file. connection.c looks at it before each statement and opens it anew where that
 * helps: the file may be away for a while, be put back or be replaced. The last writes may be in the -wal file beside it:
 * whoever replaces the file has to take that one away too (or use the .restore of SQLite's shell).
 *
 * Where accounts are kept elsewhere, a file of the same form has the records alone: its tables of accounts stay empty, and its
 * rows are not held against them.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/str.h"
#include "doorward/config.h"
#include "userdb/sqlite_accounts.h"
#include "userdb/sqlite_devices.h"
#include "userdb/sqlite_ledger.h"
#include "userdb/sqlite_statements.h"

#include "userdb/sqlite.h"

#define SCHEME "sqlite"

#define FILE_MODE 0600 /* SQLite gives its -wal and -shm files the same */

#define CONFLICTS_SAID 20 /* in the log, at each start; user list has them all */

static enum dw_result
ping(void *db)
{

	return (connection_run(db, PING));
}

static const struct userdb_ops ops = {
	.find = sqlite_find,
	.find_id = sqlite_find_id,
	.add = sqlite_add,
	.dearest = sqlite_dearest,
	.set_hash = sqlite_set_hash,
	.replace_hash = sqlite_replace_hash,
	.set_disabled = sqlite_set_disabled,
	.set_groups = sqlite_set_groups,
	.remove = sqlite_remove,
	.list = sqlite_list,
	.put_device = sqlite_put_device,
	.get_device = sqlite_get_device,
	.put_logouts = sqlite_put_logouts,
	.list_logouts = sqlite_list_logouts,
	.ping = ping,
};

/* Says who cannot sign in since names are compared by RFC 8265. */
static void
warn_of_conflicts(struct sqlite_db *c)
{
	char name[USERNAME_MAX + 1], id[USER_ID_MAX + 1];
	enum dw_result r;
	sqlite3_stmt *s = connection_statement(c, CONFLICTS, &r);
	int code;

	if (s == NULL)
		return;
	sqlite3_bind_int(s, 1, CONFLICTS_SAID);
	while ((code = sqlite3_step(s)) == SQLITE_ROW && connection_text(s, 0, name, sizeof(name)) &&
	       connection_text(s, 1, id, sizeof(id)))
		log_warn("an account's name is another spelling of another account's, nobody can sign in by it (doorwardctl "
			 "user list) "
			 "name=%s user=%s",
		    log_text(str_of(name)), id);
	(void)connection_done(c, s, code);
}

/* "sqlite:PATH", a relative one below state_dir. */
static bool
is_url(const char *url)
{

	return (strncmp(url, SCHEME ":", sizeof(SCHEME)) == 0 && url[sizeof(SCHEME)] != '\0');
}

static int
path_of(const struct config *conf, enum userdb_part part, char path[PATH_MAX], char *err, size_t errlen)
{
	const char *name = userdb_url(conf, part) + sizeof(SCHEME);
	int n;

	if (*name == '/')
		n = snprintf(path, PATH_MAX, "%s", name);
	else
		n = snprintf(path, PATH_MAX, "%s/%s", conf->state_dir, name);
	if (n >= 0 && n < PATH_MAX)
		return (0);
	snprintf(err, errlen, "the path of the user database is too long");
	return (-1);
}

static const char *
library(void)
{

	static char name[32];

	snprintf(name, sizeof(name), "SQLite %s", sqlite3_libversion()); /* the one that runs, not the one compiled against */
	return (name);
}

static int
make_file(const char *path, uid_t uid, gid_t gid)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, FILE_MODE);
	int saved;

	if (fd < 0)
		return (errno == EEXIST ? 0 : -1);
	if (fchmod(fd, FILE_MODE) != 0 || ((uid != (uid_t)-1 || gid != (gid_t)-1) && fchown(fd, uid, gid) != 0)) {
		saved = errno;
		(void)unlink(path);
		close(fd);
		errno = saved;
		return (-1);
	}
	return (close(fd));
}

static int
make(const struct config *conf, enum userdb_part part, uid_t uid, gid_t gid, char *err, size_t errlen)
{
	char path[PATH_MAX];

	if (path_of(conf, part, path, err, errlen) != 0)
		return (-1);
	if (make_file(path, uid, gid) == 0)
		return (0);
	snprintf(err, errlen, "the user database %.256s cannot be made: %s", path, strerror(errno));
	return (-1);
}

static void *
open_database(const struct config *conf, enum userdb_part part, char *err, size_t errlen)
{
	struct sqlite_db *c;
	char path[PATH_MAX];

	if (path_of(conf, part, path, err, errlen) != 0)
		return (NULL);
	snprintf(err, errlen, "the user database %s cannot be opened: out of memory", path);
	if ((c = calloc(1, sizeof(*c))) == NULL)
		goto err0;
	if ((c->path = strdup(path)) == NULL)
		goto err1;
	c->sql = statements;
	c->groups = conf->userdb_groups;
	c->records_only = part == USERDB_RECORDS && !userdb_is_one(conf);
	if (connection_open(c) == DW_OK) {
		err[0] = '\0';
		warn_of_conflicts(c);
	} else {
		snprintf(err, errlen, "the user database %s cannot be used: %s", path, c->problem);
	}
	return (c);

err1:
	free(c);
err0:
	return (NULL);
}

static void
close_database(void *db)
{
	struct sqlite_db *c = db;

	if (c == NULL)
		return;
	connection_close(c);
	free(c->path);
	free(c);
}

const struct userdb_driver sqlite_driver = {
	.scheme = SCHEME,
	.writable = true,
	.passwords = true,
	.records = true,
	.is_url = is_url,
	.library = library,
	.make = make,
	.open = open_database,
	.close = close_database,
	.ops = &ops,
};
