/* SPDX-License-Identifier: ISC */
/*
 * Accounts in a table of the operator's. What his statements answer is believed as little as what a client sends: names are
 * made canonical, groups cleaned, two rows for one name are nobody.
 *
 * His ids may be anything: what does not fit is digested (userdb_id()), and that has no way back. So the account that was
 * looked at last is remembered with the id as it is in the table: a login looks at one account several times, and a change of
 * password follows a look. All others are asked for by name (by_name of the driver).
 *
 * His table has no version either. The hash tells as well whether the password is still the one that was verified: the version
 * is made of it. When the hash is only renewed for the same password, the version has to stay: it is remembered as well.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/groups.h"
#include "base/log.h"
#include "base/precis.h"
#include "crypto/mac.h"
#include "crypto/pwhash.h"
#include "userdb/pgsql_connection.h"

#include "userdb/pgsql_table.h"

#define DRIVER "postgresql" /* in the digest of ids */
#define RAW_ID_MAX 1024
#define EXPLAIN "EXPLAIN "
#define ARRAY_OIDS                                                                                                             \
	{                                                                                                                      \
		1002, 1003, 1009, 1014, 1015                                                                                   \
	} /* of char, name, text, bpchar, varchar; from pg_type.dat, fixed for ever */
#define BPCHAR_OID 1042

struct pg_table {
	char id[USER_ID_MAX + 1], name[USERNAME_MAX + 1];
	char raw[RAW_ID_MAX]; /* the id in the table */
	struct {
		char id[USER_ID_MAX + 1];
		int64_t before, after; /* versions, the second to be told as the first */
	} renewed;
	char dearest[PWHASH_MAX]; /* seen so far */
};

bool
pg_table_new(struct pg_db *db)
{

	return ((db->table = calloc(1, sizeof(*db->table))) != NULL);
}

static int64_t
version_of(const char *hash)
{
	uint8_t digest[MAC_LEN];
	uint64_t v = 0;

	mac_sha256(hash, strlen(hash), digest);
	for (int i = 0; i < 8; i++)
		v = v << 8 | digest[i];
	return ((int64_t)(v >> 2)); /* one more is still a number */
}

/* A column of type character(n) is filled up with blanks, which do not count. */
static struct str
value(const PGresult *r, int column)
{
	struct str s = { PQgetvalue(r, 0, column), (size_t)PQgetlength(r, 0, column) };

	while (PQftype(r, column) == BPCHAR_OID && s.len > 0 && s.p[s.len - 1] == ' ')
		s.len--;
	return (s);
}

/* A word that is neither is not taken for "may sign in". */
static bool
is_true(struct str word)
{
	static const char *const no[] = { "", "f", "false", "0", "n", "no", "off" };

	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		if (str_is_nocase(word, no[i]))
			return (false);
	return (true);
}

/* The next element of "{a,"b c",NULL}", undone in place: what is quoted has \ before " and \. */
static struct str
next_element(char **p)
{
	char *in = *p, *out = *p;
	bool quoted = *in == '"';
	struct str s = { .p = *p };

	if (quoted)
		in++;
	while (*in != '\0' && (quoted ? *in != '"' : *in != ',' && *in != '}')) {
		if (*in == '\\' && in[1] != '\0')
			in++;
		*out++ = *in++;
	}
	if (quoted && *in == '"')
		in++;
	*p = *in == ',' ? in + 1 : in;
	s.len = (size_t)(out - s.p);
	return (!quoted && s.len == 4 && strncasecmp(s.p, "NULL", 4) == 0 ? str_of("") : s);
}

static size_t
split_array(char *text, struct str *names, size_t most)
{
	char *p = text + (text[0] == '{');
	size_t n = 0;

	while (*p != '\0' && *p != '}' && n < most)
		names[n++] = next_element(&p);
	return (n);
}

static size_t
split_list(const char *text, struct str *names, size_t most)
{
	struct str rest = text[0] == '\0' ? STR_NONE : str_of(text);
	size_t n = 0;

	while (rest.p != NULL && n < most)
		names[n++] = str_trim(str_cut(&rest, ','));
	return (n);
}

static bool
is_array(Oid type)
{
	static const Oid arrays[] = ARRAY_OIDS;

	for (size_t i = 0; i < sizeof(arrays) / sizeof(arrays[0]); i++)
		if (arrays[i] == type)
			return (true);
	return (false);
}

/* Of as many as can be in a text of this length: what counts of them, and more than fit are told by groups_len. */
static bool
read_groups(const struct config *conf, const PGresult *r, int column, struct account *a)
{
	char *text = strdup(PQgetvalue(r, 0, column));
	size_t most = text == NULL ? 0 : strlen(text) / 2 + 1, n;
	struct str *names = calloc(most + 1, sizeof(*names));

	if (text != NULL && names != NULL) {
		n = is_array(PQftype(r, column)) ? split_array(text, names, most) : split_list(text, names, most);
		a->groups_len = groups_join(names, n, conf->userdb_groups, a->groups);
	}
	free(names);
	free(text);
	return (most > 0 && names != NULL);
}

/* The number of a column that has to be there. */
static int
column_of(const PGresult *r, const char *name)
{
	static int64_t next;
	int column = PQfnumber(r, name);

	if (column < 0 && log_due(&next))
		log_error("the statements of postgresql.find and find_id must give a column \"%s\"", name);
	return (column);
}

static enum dw_result
unusable(struct account *a, const char *what)
{
	static const char *said;
	static int64_t next;

	if (log_due(&next) || said != what)
		log_error("an account in PostgreSQL cannot be used: %s", what);
	said = what;
	a->conflict = true;
	return (DW_ABSENT);
}

static bool
read_optional(const struct config *conf, const PGresult *r, struct account *a)
{
	int groups = PQfnumber(r, "groups"), disabled = PQfnumber(r, "disabled");

	a->disabled = disabled >= 0 && is_true(value(r, disabled));
	a->groups[0] = '\0';
	a->groups_len = 0;
	return (groups < 0 || read_groups(conf, r, groups, a));
}

/* A hash that is too long, or none, matches no password; the account is there all the same. */
static void
read_hash(struct pg_table *t, const PGresult *r, int column, struct account *a)
{

	(void)str_copy(a->hash, sizeof(a->hash), value(r, column));
	a->version = version_of(a->hash);
	if (a->version == t->renewed.after && strcmp(a->id, t->renewed.id) == 0)
		a->version = t->renewed.before;
	if (pwhash_cost(a->hash) > pwhash_cost(t->dearest))
		memcpy(t->dearest, a->hash, sizeof(t->dearest));
}

static enum dw_result
read_account(const struct pg_db *db, const PGresult *r, struct account *a)
{
	struct pg_table *t = db->table;
	int id = column_of(r, "id"), name = column_of(r, "name"), hash = column_of(r, "hash");

	if (id < 0 || name < 0 || hash < 0)
		return (DW_FAULT);
	if (value(r, id).len < 1 || !str_copy(t->raw, sizeof(t->raw), value(r, id)))
		return (unusable(a, "its id is empty or too long"));
	if (!precis_username(str_of(PQgetvalue(r, 0, name)), a->name, sizeof(a->name)))
		return (unusable(a, "its name cannot be one"));
	userdb_id(DRIVER, str_of(t->raw), a->id);
	a->created = 0;
	a->conflict = false;
	if (!read_optional(db->conf, r, a))
		return (DW_FAULT);
	read_hash(t, r, hash, a);
	memcpy(t->id, a->id, sizeof(t->id));
	memcpy(t->name, a->name, sizeof(t->name));
	return (DW_OK);
}

static enum dw_result
find_by(struct pg_db *db, const char *sql, const char *key, struct account *out)
{
	enum dw_result rc;
	PGresult *r;

	out->conflict = true; /* of a value that is none: it may be in somebody else's row that the statement met */
	if ((rc = pg_ask(db, PG_WAIT, sql, &key, 1, &r)) != DW_OK)
		return (rc);
	db->table->id[0] = '\0';
	out->conflict = false;
	if (PQntuples(r) == 0)
		rc = DW_ABSENT;
	else if (PQntuples(r) > 1)
		rc = unusable(out, "the statement gives several rows for it");
	else
		rc = read_account(db, r, out);
	PQclear(r);
	return (rc);
}

enum dw_result
pg_table_find(void *db, const char *name, struct account *out)
{
	struct pg_db *c = db;

	return (find_by(c, c->conf->postgresql_find, name, out));
}

/* The id as it is in the table, as far as that is known. ${room} since a look forgets the one before. */
static const char *
raw_id(const struct pg_table *t, const char *id, char room[RAW_ID_MAX])
{

	str_copy(room, RAW_ID_MAX, str_of(strcmp(t->id, id) == 0 ? t->raw : id));
	return (room);
}

enum dw_result
pg_table_find_id(void *db, const char *id, struct account *out)
{
	struct pg_db *c = db;
	char room[RAW_ID_MAX];
	enum dw_result rc;

	if (c->conf->postgresql_find_id[0] != '\0') {
		rc = find_by(c, c->conf->postgresql_find_id, raw_id(c->table, id, room), out);
	} else if (strcmp(c->table->id, id) == 0) {
		str_copy(room, sizeof(room), str_of(c->table->name));
		rc = pg_table_find(c, room, out);
	} else {
		return (DW_ABSENT);
	}
	return (rc == DW_OK && strcmp(out->id, id) != 0 ? DW_ABSENT : rc);
}

/* How many of $1, $2, $3 the statement has: no others may be sent. */
static int
parameters(const char *sql)
{
	int most = 0;

	for (const char *p = sql; (p = strchr(p, '$')) != NULL; p++)
		if (p[1] > '0' + most && p[1] <= '3' && (p[2] < '0' || p[2] > '9'))
			most = p[1] - '0';
	return (most);
}

/* ${old}: the hash that is replaced. DW_REFUSED: the statement compares it, and somebody else was first. */
static enum dw_result
write_hash(struct pg_db *db, const char *id, const char *old, const char *hash)
{
	const char *sql = db->conf->postgresql_set_hash;
	char room[RAW_ID_MAX];
	const char *values[] = { raw_id(db->table, id, room), hash, old };
	int n = parameters(sql);
	enum dw_result rc = pg_change(db, PG_WAIT, sql, values, n);

	return (rc == DW_ABSENT && n == 3 ? DW_REFUSED : rc);
}

/* The hash is compared here too, for a statement that does not. */
enum dw_result
pg_table_set_hash(void *db, const char *id, const struct account *expected, const char *hash)
{
	struct account now;
	enum dw_result rc = pg_table_find_id(db, id, &now);

	if (rc == DW_OK && expected != NULL && expected->hash[0] != '\0' && strcmp(expected->hash, now.hash) != 0)
		rc = DW_REFUSED;
	if (rc == DW_OK)
		rc = write_hash(db, id, now.hash, hash);
	explicit_bzero(now.hash, sizeof(now.hash));
	return (rc);
}

enum dw_result
pg_table_replace_hash(void *db, const char *id, const char *expected, const char *hash)
{
	struct pg_db *c = db;
	struct pg_table *t = c->table;
	enum dw_result rc = write_hash(c, id, expected, hash);

	if (rc != DW_OK)
		return (rc == DW_REFUSED ? DW_ABSENT : rc);
	str_copy(t->renewed.id, sizeof(t->renewed.id), str_of(id));
	t->renewed.before = version_of(expected);
	t->renewed.after = version_of(hash);
	return (DW_OK);
}

/* Planned and not run: that the table is not there, or may not be read, shows by it, and nobody waits for a large one. */
enum dw_result
pg_table_ping(void *db)
{
	struct pg_db *c = db;
	size_t len = sizeof(EXPLAIN) + strlen(c->conf->postgresql_find);
	char *sql = malloc(len);
	const char *nobody = "";
	enum dw_result rc;
	PGresult *r;

	if (sql == NULL)
		return (DW_UNAVAILABLE);
	snprintf(sql, len, EXPLAIN "%s", c->conf->postgresql_find);
	if ((rc = pg_ask(c, PG_HURRY, sql, &nobody, 1, &r)) == DW_OK)
		PQclear(r);
	free(sql);
	return (rc == DW_ABSENT ? DW_OK : rc); /* where the column is no text, that name is no value of it */
}

enum dw_result
pg_table_dearest(void *db, char hash[PWHASH_MAX])
{
	struct pg_db *c = db;

	memcpy(hash, c->table->dearest, PWHASH_MAX);
	return (hash[0] != '\0' ? DW_OK : DW_ABSENT);
}
