/* SPDX-License-Identifier: ISC */
/*
 * A process that hardly ever asks the accounts, since passwords go elsewhere, does not carry the library that it takes, nor the
 * password of who searches. Where a front sends a login to it all the same, the module is opened then. What cannot be opened
 * could not be asked, and is tried again with the next question.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"

#include "userdb/later.h"

#define REASON_BYTES 1024

struct later {
	const struct config *conf;
	enum userdb_part part;
	const struct userdb_driver *driver; /* the module's, with the database it opened; NULL = nobody has asked */
	void *db;
	int64_t said;
};

static bool
is_open(struct later *l)
{
	char why[REASON_BYTES] = "";
	const struct userdb_driver *d;

	if (l->db != NULL)
		return (true);
	if ((d = userdb_load(l->conf, l->part, why, sizeof(why))) != NULL &&
	    (l->db = d->open(l->conf, l->part, why, sizeof(why))) != NULL)
		l->driver = d;
	else if (log_due(&l->said))
		log_error("the user database cannot be asked: %s", why);
	return (l->db != NULL);
}

static enum dw_result
find(void *ctx, const char *name, struct account *out)
{
	struct later *l = ctx;

	return (is_open(l) ? l->driver->ops->find(l->db, name, out) : DW_UNAVAILABLE);
}

static enum dw_result
find_id(void *ctx, const char *id, struct account *out)
{
	struct later *l = ctx;

	return (is_open(l) ? l->driver->ops->find_id(l->db, id, out) : DW_UNAVAILABLE);
}

static enum dw_result
verify(void *ctx, const char *name, struct str password, const char *ip, struct account *out)
{
	struct later *l = ctx;

	return (is_open(l) ? l->driver->ops->verify(l->db, name, password, ip, out) : DW_UNAVAILABLE);
}

static enum dw_result
ping(void *ctx)
{
	struct later *l = ctx;

	return (is_open(l) ? l->driver->ops->ping(l->db) : DW_UNAVAILABLE);
}

static enum dw_result
dearest(void *ctx, char hash[PWHASH_MAX])
{
	struct later *l = ctx;

	return (is_open(l) ? l->driver->ops->dearest(l->db, hash) : DW_UNAVAILABLE);
}

static enum dw_result
set_hash(void *ctx, const char *id, const struct account *expected, const char *hash)
{
	struct later *l = ctx;

	return (is_open(l) ? l->driver->ops->set_hash(l->db, id, expected, hash) : DW_UNAVAILABLE);
}

static enum dw_result
replace_hash(void *ctx, const char *id, const char *expected, const char *hash)
{
	struct later *l = ctx;

	return (is_open(l) ? l->driver->ops->replace_hash(l->db, id, expected, hash) : DW_UNAVAILABLE);
}

const struct userdb_ops later_ops = { .find = find, .find_id = find_id, .verify = verify, .ping = ping };
const struct userdb_ops later_read_only_ops = { .find = find, .find_id = find_id, .dearest = dearest, .ping = ping };
const struct userdb_ops later_writable_ops = {
	.find = find, .find_id = find_id, .dearest = dearest, .set_hash = set_hash, .replace_hash = replace_hash, .ping = ping
};

void *
later_open(const struct config *conf, enum userdb_part part, char *err, size_t errlen)
{
	struct later *l = calloc(1, sizeof(*l));

	err[0] = '\0';
	if (l == NULL) {
		snprintf(err, errlen, "out of memory");
		return (NULL);
	}
	l->conf = conf;
	l->part = part;
	return (l);
}

void
later_close(void *db)
{
	struct later *l = db;

	if (l != NULL && l->driver != NULL)
		l->driver->close(l->db);
	free(l);
}
