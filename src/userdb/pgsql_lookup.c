/* SPDX-License-Identifier: ISC */
/*
 * libpq would wait for a silent resolver, which is longer than anybody may be kept waiting here. So it is given addresses
 * (base/resolve.h) beside the name, which it still needs for the certificate.
 */
#include <netdb.h>
#include <stdio.h>
#include <string.h>

#include "base/resolve.h"
#include "userdb/pgsql_connect.h"

#include "userdb/pgsql_lookup.h"

/* A directory of sockets, or what libpq has a default for. */
static bool
is_no_host(const char *name)
{

	return (name[0] == '\0' || name[0] == '/' || name[0] == '@');
}

static void
write_list(const struct resolved *found, char *list, size_t cap)
{
	size_t len = 0;

	for (size_t i = 0; i < found->n && len + RESOLVE_ADDRESS_MAX + 2 <= cap; i++)
		len += (size_t)snprintf(list + len, cap - len, "%s%s", i > 0 ? "," : "", found->address[i]);
}

enum dw_result
pg_lookup(struct pg_db *db, const char *name, int64_t until, char *list, size_t cap)
{
	struct resolved found;
	int error;

	list[0] = '\0';
	db->looking_up = false;
	if (is_no_host(name))
		return (DW_OK);
	if ((error = resolve(name, until, &found)) == EAI_INPROGRESS) {
		db->looking_up = true;
		return (DW_PENDING);
	}
	if (error != 0) {
		pg_set_problem(db, resolve_error(error));
		return (DW_UNAVAILABLE);
	}
	write_list(&found, list, cap);
	return (DW_OK);
}

bool
pg_lookup_repeat(char *name, size_t cap, const char *list)
{
	size_t one = strlen(name), len = one;

	for (; (list = strchr(list, ',')) != NULL; list++) {
		if (len + one + 2 > cap)
			return (false);
		name[len++] = ',';
		memmove(name + len, name, one);
		len += one;
		name[len] = '\0';
	}
	return (true);
}
