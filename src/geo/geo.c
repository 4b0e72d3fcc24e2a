/* SPDX-License-Identifier: ISC */
/*
 * Two databases, each a file that somebody replaces every few days. Before a lookup the file is looked at: if it is another one
 * (inode, size, time), it is opened, and takes the place of the one before only if it can be; what is broken is said once.
 *
 * The library maps the file. If that were written to in place, what it had would be gone, or a read beyond its new end would
 * kill the process. So what is mapped is a copy of ours (copy.c), which nobody changes and all processes share.
 */
#include <sys/socket.h>
#include <sys/stat.h>

#include <errno.h>
#include <maxminddb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/address.h"
#include "base/buf.h"
#include "base/log.h"
#include "doorward/config.h"
#include "geo/copy.h"

#include "geo/geo.h"

#define HUNDREDTHS 100
#define FAULT_MAX 160

struct database {
	const char *name, *file; /* the option's last word; its value */
	struct version seen;     /* of the file, when it was looked at last; zeroes: it was not there */
	char fault[FAULT_MAX];   /* why that is not in use; "" = it is */
	bool is_open;
	MMDB_s db;
};

struct geo {
	const char *state_dir; /* where copies are; NULL = none are made */
	struct database places, systems;
};

static const char *
words(int status)
{

	return (status == MMDB_IO_ERROR || status == MMDB_FILE_OPEN_ERROR ? strerror(errno) : MMDB_strerror(status));
}

static bool
open_file(const char *path, MMDB_s *db, const char **why)
{
	int status = MMDB_open(path, MMDB_MODE_MMAP, db);

	if (status != MMDB_SUCCESS)
		*why = words(status);
	return (status == MMDB_SUCCESS);
}

/* Can the copy be used? It is asked before it gets its name. */
static bool
is_good(const char *path, const char **why)
{
	MMDB_s db;

	if (!open_file(path, &db, why))
		return (false);
	MMDB_close(&db);
	return (true);
}

/* Opens a copy of the file as it is now, or the file itself where no copy can be kept. ${*why} stays NULL: in a moment. */
static bool
open_version(const struct geo *g, const struct database *d, const struct version *v, MMDB_s *db, const char **why)
{
	char path[PATH_MAX];

	if (g->state_dir == NULL)
		return (open_file(d->file, db, why));
	switch (copy_make(g->state_dir, d->name, d->file, v, is_good, why, path)) {
	case COPY_MADE:
		return (open_file(path, db, why));
	case COPY_IMPOSSIBLE:
		log_warn("risk.%s: %s cannot be copied to %s, and must not be written to in place: %s", d->name, d->file,
		    g->state_dir, *why);
		return (open_file(d->file, db, why));
	default:
		return (false);
	}
}

/*
 * The last good one is that of all processes: one that starts beside a broken file takes what the others have, and so does one
 * that was not asked while there was a newer one.
 */
static bool
open_last(const struct geo *g, const struct database *d, MMDB_s *db)
{
	char path[PATH_MAX];
	const char *why;

	return (g->state_dir != NULL && copy_last(g->state_dir, d->name, path) && open_file(path, db, &why));
}

static void
replace(struct database *d, const MMDB_s *db)
{

	if (d->is_open)
		MMDB_close(&d->db);
	d->db = *db;
	d->is_open = true;
}

/* ${d}->is_open tells whether another one is used instead. */
static void
say_fault(struct database *d, const char *why)
{

	snprintf(d->fault, sizeof(d->fault), "%s%s", why, d->is_open ? ": the last good one is" : "");
	log_warn("risk.%s: %s cannot be used: %s", d->name, d->file, d->fault);
}

/* One that has gone leaves what there was; one that was never there is none. */
static void
look(const struct geo *g, struct database *d)
{
	const char *why;
	struct version v;
	MMDB_s db;

	if (d->file[0] == '\0' || !version_changed(d->file, &d->seen, &v))
		return;
	d->seen = v;
	if ((why = version_fault(&v)) == NULL && open_version(g, d, &v, &db, &why)) {
		replace(d, &db);
		d->fault[0] = '\0';
		return;
	}
	if ((v.inode != 0 || d->is_open) && open_last(g, d, &db))
		replace(d, &db);
	if (why == NULL)
		d->seen = VERSION_UNSEEN; /* the next look finds the copy that somebody else is making */
	else
		say_fault(d, why);
}

static bool
find(struct database *d, const struct address *a, MMDB_entry_s *entry)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };
	bool is_v4 = a->bits == ADDRESS_BITS_V4;
	MMDB_lookup_result_s r;
	int status;

	if (!d->is_open)
		return (false);
	memcpy(is_v4 ? (void *)&v4.sin_addr : (void *)&v6.sin6_addr, a->bytes, a->bits / 8);
	r = MMDB_lookup_sockaddr(&d->db, is_v4 ? (struct sockaddr *)&v4 : (struct sockaddr *)&v6, &status);
	if (status != MMDB_SUCCESS || !r.found_entry)
		return (false);
	*entry = r.entry;
	return (true);
}

static bool
get(MMDB_entry_s *entry, uint32_t type, MMDB_entry_data_s *data, const char *const path[])
{

	return (MMDB_aget_value(entry, data, path) == MMDB_SUCCESS && data->has_data && data->type == type);
}

static bool
is_code(const MMDB_entry_data_s *d)
{

	return (d->data_size == 2 && d->utf8_string[0] >= 'A' && d->utf8_string[0] <= 'Z' && d->utf8_string[1] >= 'A' &&
		d->utf8_string[1] <= 'Z');
}

static void
take_coordinates(MMDB_entry_s *entry, struct location *out)
{
	static const char *const latitude[] = { "location", "latitude", NULL };
	static const char *const longitude[] = { "location", "longitude", NULL };
	MMDB_entry_data_s north, east;

	if (!get(entry, MMDB_DATA_TYPE_DOUBLE, &north, latitude) || !get(entry, MMDB_DATA_TYPE_DOUBLE, &east, longitude) ||
	    !(north.double_value >= -90 && north.double_value <= 90) ||
	    !(east.double_value >= -180 && east.double_value <= 180))
		return;
	out->has_coordinates = true;
	out->latitude = (int16_t)(north.double_value * HUNDREDTHS);
	out->longitude = (int16_t)(east.double_value * HUNDREDTHS);
}

static void
take_place(MMDB_entry_s *entry, struct location *out)
{
	static const char *const country[] = { "country", "iso_code", NULL };
	MMDB_entry_data_s data;

	if (get(entry, MMDB_DATA_TYPE_UTF8_STRING, &data, country) && is_code(&data))
		memcpy(out->country, data.utf8_string, 2);
	take_coordinates(entry, out);
}

static void
take_system(MMDB_entry_s *entry, struct location *out)
{
	static const char *const number[] = { "autonomous_system_number", NULL };
	MMDB_entry_data_s data;

	if (get(entry, MMDB_DATA_TYPE_UINT32, &data, number))
		out->as = data.uint32;
}

bool
geo_place(void *geo, const char *ip, struct location *out)
{
	struct str with_zone = str_of(ip);
	struct geo *g = geo;
	MMDB_entry_s entry;
	struct address a;

	memset(out, 0, sizeof(*out));
	if (!address_parse(str_cut(&with_zone, '%'), &a))
		return (false);
	look(g, &g->places);
	look(g, &g->systems);
	if (find(&g->places, &a, &entry))
		take_place(&entry, out);
	if (find(&g->systems, &a, &entry))
		take_system(&entry, out);
	return (out->country[0] != '\0' || out->has_coordinates || out->as != 0);
}

bool
geo_fault(void *geo, char *why, size_t len)
{
	struct geo *g = geo;
	struct database *all[] = { &g->places, &g->systems };
	struct buf b;

	buf_init(&b, why, len);
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		look(g, all[i]);
		if (all[i]->fault[0] != '\0')
			buf_printf(&b, "%srisk.%s cannot be used: %s", b.len > 0 ? "; " : "", all[i]->name, all[i]->fault);
	}
	return (b.len > 0);
}

struct geo *
geo_open(const struct config *conf, bool copies)
{
	struct geo *g = calloc(1, sizeof(*g));

	if (g == NULL)
		return (NULL);
	g->state_dir = copies ? conf->state_dir : NULL;
	g->places = (struct database){ .name = "geoip", .file = conf->risk_geoip, .seen = VERSION_UNSEEN };
	g->systems = (struct database){ .name = "asn", .file = conf->risk_asn, .seen = VERSION_UNSEEN };
	look(g, &g->places);
	look(g, &g->systems);
	return (g);
}

void
geo_close(struct geo *g)
{

	if (g == NULL)
		return;
	if (g->places.is_open)
		MMDB_close(&g->places.db);
	if (g->systems.is_open)
		MMDB_close(&g->systems.db);
	free(g);
}

bool
geo_check(const char *file, char *why, size_t len)
{
	const char *reason;
	struct version v;

	(void)version_changed(file, &VERSION_UNSEEN, &v);
	if ((reason = version_fault(&v)) == NULL && is_good(file, &reason))
		return (true);
	snprintf(why, len, "%s cannot be used: %s", file, reason);
	return (false);
}
