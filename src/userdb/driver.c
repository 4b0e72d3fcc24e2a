/* SPDX-License-Identifier: ISC */
/*
 * The kinds of user database there are, one row each, found by the scheme of userdb.url. Whoever has a driver works with its
 * table and knows no other name of this folder.
 */
#include <string.h>

#include "userdb/sqlite.h"

#include "doorward/userdb.h"

static const struct userdb_driver *const drivers[] = {
	&sqlite_driver,
};

#define DRIVERS (sizeof(drivers) / sizeof(drivers[0]))

const struct userdb_driver *
userdb_driver_at(size_t i)
{

	return (i < DRIVERS ? drivers[i] : NULL);
}

/* Where an id was made from a name or from a text of any length there is no way back: the name is asked for, and compared. */
enum dw_result
userdb_again(const struct userdb_driver *d, void *db, const char *id, const char *name, struct account *out)
{
	enum dw_result rc;

	if (!d->by_name)
		return (d->ops->find_id(db, id, out));
	rc = d->ops->find(db, name, out);
	return (rc == DW_OK && strcmp(out->id, id) != 0 ? DW_ABSENT : rc);
}

const struct userdb_driver *
userdb_driver(const char *url)
{
	size_t scheme = strcspn(url, ":");

	for (size_t i = 0; url[scheme] == ':' && i < DRIVERS; i++)
		if (strlen(drivers[i]->scheme) == scheme && memcmp(drivers[i]->scheme, url, scheme) == 0)
			return (drivers[i]->is_url(url) ? drivers[i] : NULL);
	return (NULL);
}
