/* SPDX-License-Identifier: ISC */
/* Known devices in the SQLite file: a row a device, the newest DEVICES_KEPT of each user. */
#include "userdb/sqlite.h"
#include "userdb/sqlite_statements.h"

#include "userdb/sqlite_devices.h"

static enum dw_result
write_device(struct sqlite_db *c, const char *user_id, const struct device *d)
{
	enum dw_result r;
	sqlite3_stmt *s = connection_statement(c, PUT_DEVICE, &r);

	if (s == NULL)
		return (r);
	connection_bind(s, 1, user_id);
	connection_bind(s, 2, d->device_id);
	connection_bind(s, 3, d->name);
	connection_bind(s, 4, d->user_agent);
	connection_bind(s, 5, d->ip);
	sqlite3_bind_int64(s, 6, d->first_seen);
	sqlite3_bind_int64(s, 7, d->last_seen);
	return (connection_done(c, s, sqlite3_step(s)));
}

static enum dw_result
trim_devices(struct sqlite_db *c, const char *user_id, const char *device_id)
{
	enum dw_result r;
	sqlite3_stmt *s = connection_statement(c, TRIM_DEVICES, &r);

	if (s == NULL)
		return (r);
	connection_bind(s, 1, user_id);
	connection_bind(s, 2, device_id);
	sqlite3_bind_int(s, 3, DEVICES_KEPT);
	return (connection_done(c, s, sqlite3_step(s)));
}

static enum dw_result
put_device_now(struct sqlite_db *c, const char *user_id, const struct device *d)
{
	enum dw_result r = connection_run(c, BEGIN);

	if (r != DW_OK)
		return (r);
	if ((r = write_device(c, user_id, d)) == DW_OK)
		r = trim_devices(c, user_id, d->device_id);
	return (statements_finish(c, r));
}

/* A login is waiting: neither for others for long, nor for the disk. After a power cut the last devices may be unknown,
 * accounts never. */
enum dw_result
sqlite_put_device(void *db, const char *user_id, const struct device *d)
{
	enum dw_result r;

	(void)connection_run(db, SYNC_NORMAL);
	connection_wait(db, USERDB_PATIENCE);
	r = put_device_now(db, user_id, d);
	connection_wait(db, CONNECTION_PATIENCE);
	if (connection_run(db, SYNC_FULL) != DW_OK)
		connection_close(db); /* opens with it */
	return (r);
}

static bool
read_device(sqlite3_stmt *s, struct device *d)
{

	d->first_seen = sqlite3_column_int64(s, 4);
	d->last_seen = sqlite3_column_int64(s, 5);
	return (connection_text(s, 0, d->device_id, sizeof(d->device_id)) && connection_text(s, 1, d->name, sizeof(d->name)) &&
		connection_text(s, 2, d->user_agent, sizeof(d->user_agent)) && connection_text(s, 3, d->ip, sizeof(d->ip)));
}

enum dw_result
sqlite_get_device(void *db, const char *user_id, const char *device_id, struct device *out)
{
	struct sqlite_db *c = db;
	enum dw_result r;
	sqlite3_stmt *s = connection_statement(c, GET_DEVICE, &r);
	bool ok = true;
	int code;

	if (s == NULL)
		return (r);
	connection_bind(s, 1, user_id);
	connection_bind(s, 2, device_id);
	if ((code = sqlite3_step(s)) == SQLITE_ROW)
		ok = read_device(s, out);
	if ((r = connection_done(c, s, code)) != DW_OK)
		return (r);
	if (code == SQLITE_DONE)
		return (DW_ABSENT);
	return (ok ? DW_OK : statements_malformed("devices"));
}
