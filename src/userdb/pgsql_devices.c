/* SPDX-License-Identifier: ISC */
/*
 * Known devices, the newest DEVICES_KEPT of each user. A page of sessions asks for one after the other: they are read together,
 * and kept for the time of that page.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "userdb/pgsql_connection.h"
#include "userdb/sqlite.h"

#include "userdb/pgsql_devices.h"

#define KEPT_MS 100 /* that a page of sessions takes at most; a name given meanwhile shows in the next one */
#define NUMBER_LEN 24

struct pg_devices {
	char user_id[USER_ID_MAX + 1];
	int64_t until;
	int n;
	struct device of[DEVICES_KEPT];
};

/* A login waits for it, but not for the disk: after a power cut the last devices may be unknown. */
#define QUICKLY "(SELECT set_config('synchronous_commit', 'off', true) AS off) AS quickly"
#define PUT(condition)                                                                                                         \
	"INSERT INTO doorward.devices AS old (user_id, device_id, name, user_agent, ip, first_seen, last_seen) "               \
	"SELECT $1, $2, $3, $4, $5, $6::bigint, $7::bigint FROM " QUICKLY " WHERE off IS NOT NULL" condition                   \
	" ON CONFLICT (user_id, device_id) DO UPDATE SET "                                                                     \
	"name = CASE excluded.name WHEN '' THEN old.name ELSE excluded.name END, "                                             \
	"user_agent = CASE excluded.user_agent WHEN '' THEN old.user_agent ELSE excluded.user_agent END, "                     \
	"ip = excluded.ip, last_seen = greatest(old.last_seen, excluded.last_seen)"

/* The one just put stays, whatever its clock said. */
static const char trim[] = "DELETE FROM doorward.devices WHERE user_id = $1 AND device_id NOT IN (SELECT device_id FROM "
			   "doorward.devices WHERE user_id = $1 ORDER BY device_id = $2 DESC, last_seen DESC LIMIT $3::int)";

static enum dw_result
put(struct pg_db *db, const char *sql, const char *user_id, const struct device *d)
{
	char first[NUMBER_LEN], last[NUMBER_LEN], most[NUMBER_LEN];
	const char *values[] = { user_id, d->device_id, d->name, d->user_agent, d->ip, first, last };
	enum dw_result rc;

	snprintf(first, sizeof(first), "%lld", (long long)d->first_seen);
	snprintf(last, sizeof(last), "%lld", (long long)d->last_seen);
	snprintf(most, sizeof(most), "%d", DEVICES_KEPT);
	if (db->devices != NULL)
		db->devices->until = 0;
	if ((rc = pg_change(db, PG_HURRY, sql, values, 7)) != DW_OK)
		return (rc);
	values[2] = most;
	rc = pg_change(db, PG_HURRY, trim, values, 3);
	return (rc == DW_ABSENT ? DW_OK : rc);
}

enum dw_result
pg_device_put(void *db, const char *user_id, const struct device *d)
{

	return (put(db, PUT(" AND EXISTS (SELECT 1 FROM doorward.users WHERE id = $1)"), user_id, d));
}

enum dw_result
pg_device_put_any(void *db, const char *user_id, const struct device *d)
{

	return (put(db, PUT(""), user_id, d));
}

static bool
read_device(const PGresult *r, int row, struct device *d)
{

	d->first_seen = pg_number(r, row, 4);
	d->last_seen = pg_number(r, row, 5);
	return (pg_text(r, row, 0, d->device_id, sizeof(d->device_id)) && pg_text(r, row, 1, d->name, sizeof(d->name)) &&
		pg_text(r, row, 2, d->user_agent, sizeof(d->user_agent)) && pg_text(r, row, 3, d->ip, sizeof(d->ip)));
}

static bool
keep(struct pg_devices *k, const char *user_id, const PGresult *r)
{

	k->until = 0;
	for (k->n = 0; k->n < PQntuples(r); k->n++)
		if (!read_device(r, k->n, &k->of[k->n]))
			return (false);
	k->until = clock_mono_ms() + KEPT_MS;
	return (str_copy(k->user_id, sizeof(k->user_id), str_of(user_id)));
}

static enum dw_result
read_all(struct pg_db *db, const char *user_id)
{
	char most[NUMBER_LEN];
	const char *values[] = { user_id, most };
	enum dw_result rc;
	PGresult *r;

	if (db->devices == NULL && (db->devices = calloc(1, sizeof(*db->devices))) == NULL)
		return (DW_FAULT);
	snprintf(most, sizeof(most), "%d", DEVICES_KEPT);
	rc = pg_ask(db, PG_HURRY,
	    "SELECT device_id, name, user_agent, ip, first_seen, last_seen FROM doorward.devices WHERE user_id = $1 "
	    "ORDER BY last_seen DESC LIMIT $2::int",
	    values, 2, &r);
	if (rc != DW_OK)
		return (rc);
	if (!keep(db->devices, user_id, r)) {
		log_error("user database holds a malformed row table=devices");
		rc = DW_FAULT;
	}
	PQclear(r);
	return (rc);
}

static enum dw_result
find_kept(const struct pg_db *db, const char *user_id, const char *device_id, struct device *out)
{
	const struct pg_devices *k = db->devices;

	if (k == NULL || clock_mono_ms() >= k->until || strcmp(k->user_id, user_id) != 0)
		return (DW_ABSENT);
	for (int i = 0; i < k->n; i++)
		if (strcmp(k->of[i].device_id, device_id) == 0) {
			*out = k->of[i];
			return (DW_OK);
		}
	return (DW_ABSENT);
}

enum dw_result
pg_device_get(void *db, const char *user_id, const char *device_id, struct device *out)
{
	enum dw_result rc = find_kept(db, user_id, device_id, out);

	if (rc != DW_ABSENT)
		return (rc);
	if ((rc = read_all(db, user_id)) != DW_OK)
		return (rc);
	return (find_kept(db, user_id, device_id, out));
}
