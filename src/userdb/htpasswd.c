/* SPDX-License-Identifier: ISC */
/*
 * Accounts in a file of htpasswd(1), and their groups in a file like Apache's AuthGroupFile. Both are read when somebody is
 * first asked for, once a process, and again when they have changed; a question is then a binary search.
 *
 * Others write these files, not always at one go: one that is half-written or broken is said once, and what was read before
 * goes on to count, since taking it for the whole would throw everybody out. That must not be what an idle process read
 * yesterday: whoever was taken out since would be let in by it. So every process looks once a second. An empty file is taken
 * for half-written too where there was something in it. One that is not there can be asked as little as any other database that
 * is away.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/groups.h"
#include "base/log.h"
#include "crypto/mac.h"
#include "crypto/pwhash.h"
#include "doorward/config.h"
#include "userdb/htpasswd_text.h"
#include "userdb/watched_file.h"

#include "userdb/htpasswd.h"

#define SCHEME "htpasswd"
#define LIST_MAX 1000 /* accounts of one page */

typedef bool (*text_reader)(struct htpasswd_table *t, char *text, size_t len, char *why);

/* A file, and what was made of it. */
struct source {
	struct watched_file file;
	struct htpasswd_table table;
	bool good;            /* ${table} is what some good version of the file said */
	int64_t due;          /* log_due() of what cannot be read */
	struct log_pace pace; /* of what was read and is broken: once a version of the file, unless there are many */
};

struct htpasswd {
	struct source users, groups; /* groups.file.path NULL: there is none */
	char *const *only;           /* userdb.groups */
	const char *dearest;         /* in ${users}; NULL = not looked for since it was read */
};

static void
say_read(const struct source *s)
{

	if (s->file.again)
		return;
	log_info("user database read rows=%zu path=%s", s->table.n, log_text(str_of(s->file.path)));
	if (s->table.unusable > 0)
		log_warn("%zu names can be no user's, the first is in line %zu path=%s", s->table.unusable,
		    s->table.first_unusable, log_text(str_of(s->file.path)));
}

/* Takes the new ${text} in the place of the old, if it is fit. */
static bool
take(struct source *s, char *text, size_t len, text_reader read)
{
	char why[HTPASSWD_WHY] = "it is empty";
	struct htpasswd_table table;

	if (len == 0 && s->table.n > 0)
		free(text);
	else if (read(&table, text, len, why)) {
		htpasswd_free(&s->table);
		s->table = table;
		say_read(s);
		return (s->good = true);
	}
	if (!s->file.again && log_paced(&s->pace))
		log_error("user database is half-written or broken, %s: %s path=%s",
		    s->good ? "what it said before goes on to count" : "nobody can be asked for", why,
		    log_text(str_of(s->file.path)));
	return (false);
}

/* Makes ${s} what its file says now. ${*changed}: it is another one. DW_OK, or DW_UNAVAILABLE. */
static enum dw_result
refresh(struct source *s, text_reader read, bool *changed)
{
	char why[WATCHED_WHY] = "", *text;
	enum watched found;
	size_t len;

	*changed = false;
	if ((found = watched_look(&s->file, &text, &len, why)) == WATCHED_NEW)
		*changed = take(s, text, len, read);
	else if (found != WATCHED_SAME && log_due(&s->due))
		log_error("user database cannot be read: %s", why);
	return (found != WATCHED_GONE && s->good ? DW_OK : DW_UNAVAILABLE);
}

static enum dw_result
refresh_all(struct htpasswd *db)
{
	enum dw_result rc;
	bool changed;

	rc = refresh(&db->users, htpasswd_read_users, &changed);
	if (changed)
		db->dearest = NULL;
	if (rc == DW_OK && db->groups.file.path != NULL)
		rc = refresh(&db->groups, htpasswd_read_groups, &changed);
	return (rc);
}

/* A new hash is a new version: what was verified against the old one does not count any more. */
static int64_t
version_of(const char *hash)
{
	uint8_t digest[MAC_LEN];
	int64_t version;

	mac_sha256(hash, strlen(hash), digest);
	memcpy(&version, digest, sizeof(version));
	return (version & INT64_MAX);
}

static enum dw_result
set_groups(const struct htpasswd *db, struct account *a)
{
	const struct htpasswd_row *rows;
	struct str *names;
	size_t n;

	a->groups[0] = '\0';
	a->groups_len = 0;
	if ((rows = htpasswd_find(&db->groups.table, a->name, &n)) == NULL)
		return (DW_OK);
	if ((names = calloc(n, sizeof(*names))) == NULL)
		return (DW_FAULT);
	for (size_t i = 0; i < n; i++)
		names[i] = str_of(rows[i].value);
	a->groups_len = groups_join(names, n, db->only, a->groups);
	free(names);
	return (DW_OK);
}

/* A hash that is too long for us matches no password. A locked one ("!", "*") is of an account that was disabled so. */
static enum dw_result
set_account(const struct htpasswd *db, const struct htpasswd_row *row, struct account *out)
{

	memset(out, 0, sizeof(*out));
	userdb_id_of_name(SCHEME, str_of(row->user), out->id);
	str_copy(out->name, sizeof(out->name), str_of(row->user));
	str_copy(out->hash, sizeof(out->hash), str_of(row->value));
	out->disabled = row->value[0] == '!' || row->value[0] == '*';
	out->version = version_of(row->value);
	return (set_groups(db, out));
}

static enum dw_result
find(void *ctx, const char *name, struct account *out)
{
	struct htpasswd *db = ctx;
	const struct htpasswd_row *row;
	enum dw_result rc;
	size_t n;

	if ((rc = refresh_all(db)) != DW_OK)
		return (rc);
	if ((row = htpasswd_find(&db->users.table, name, &n)) == NULL)
		return (DW_ABSENT);
	return (set_account(db, row, out));
}

/* An operator's command may ask so, nobody else does: one look at each. */
static enum dw_result
find_id(void *ctx, const char *id, struct account *out)
{
	struct htpasswd *db = ctx;
	char one[USER_ID_MAX + 1];
	enum dw_result rc;

	if ((rc = refresh_all(db)) != DW_OK)
		return (rc);
	for (size_t i = 0; i < db->users.table.n; i++) {
		userdb_id_of_name(SCHEME, str_of(db->users.table.rows[i].user), one);
		if (strcmp(one, id) == 0)
			return (set_account(db, &db->users.table.rows[i], out));
	}
	return (DW_ABSENT);
}

static enum dw_result
list(void *ctx, const char *after, size_t limit, struct arena *arena, struct account **out, size_t *n)
{
	struct htpasswd *db = ctx;
	const struct htpasswd_table *t = &db->users.table;
	enum dw_result rc;
	size_t from;

	*n = 0;
	limit = limit < LIST_MAX ? limit : LIST_MAX;
	if ((*out = arena_alloc(arena, limit * sizeof(**out))) == NULL)
		return (DW_FAULT);
	if ((rc = refresh_all(db)) != DW_OK)
		return (rc);
	from = after[0] == '\0' ? 0 : htpasswd_after(t, after);
	for (size_t i = from; i < t->n && *n < limit && rc == DW_OK; i++) {
		rc = set_account(db, &t->rows[i], &(*out)[*n]);
		explicit_bzero((*out)[(*n)++].hash, PWHASH_MAX);
	}
	return (rc);
}

static const char *
find_dearest(const struct htpasswd_table *t)
{
	const char *dearest = "";
	int64_t most = -1, cost;

	for (size_t i = 0; i < t->n; i++)
		if (strlen(t->rows[i].value) < PWHASH_MAX && (cost = pwhash_cost(t->rows[i].value)) > most) {
			most = cost;
			dearest = t->rows[i].value;
		}
	return (dearest);
}

static enum dw_result
dearest(void *ctx, char hash[PWHASH_MAX])
{
	struct htpasswd *db = ctx;
	enum dw_result rc;

	if ((rc = refresh_all(db)) != DW_OK)
		return (rc);
	if (db->dearest == NULL)
		db->dearest = find_dearest(&db->users.table);
	return (db->dearest[0] != '\0' && str_copy(hash, PWHASH_MAX, str_of(db->dearest)) ? DW_OK : DW_ABSENT);
}

static enum dw_result
ping(void *ctx)
{

	return (refresh_all(ctx));
}

static void
look(void *ctx, bool first)
{
	struct htpasswd *db = ctx;

	if (first || db->users.file.read)
		(void)refresh_all(db); /* what is wrong is logged, and is the answer to who asks for somebody */
}

static const struct userdb_ops ops = {
	.find = find,
	.find_id = find_id,
	.dearest = dearest,
	.list = list,
	.ping = ping,
	.look = look,
};

/* "htpasswd:PATH" */
static bool
is_url(const char *url)
{

	return (strncmp(url, SCHEME ":", sizeof(SCHEME)) == 0 && url[sizeof(SCHEME)] != '\0');
}

/* A relative path is below state_dir. NULL with a sentence for want of memory, or if it is too long. */
static char *
path_of(const struct config *conf, const char *name, char *err, size_t errlen)
{
	char path[PATH_MAX];
	int n = *name == '/' ? snprintf(path, sizeof(path), "%s", name)
			     : snprintf(path, sizeof(path), "%s/%s", conf->state_dir, name);
	char *copy = n < 0 || (size_t)n >= sizeof(path) ? NULL : strdup(path);

	if (copy == NULL)
		snprintf(err, errlen, "the path of the user database %.256s is too long, or there is no memory", name);
	return (copy);
}

static void
close_files(void *ctx)
{
	struct htpasswd *db = ctx;

	if (db == NULL)
		return;
	htpasswd_free(&db->users.table);
	htpasswd_free(&db->groups.table);
	free(db->users.file.path);
	free(db->groups.file.path);
	free(db);
}

/* Nothing is read yet: not every process that opens it will ask for somebody. */
static void *
open_files(const struct config *conf, enum userdb_part part, char *err, size_t errlen)
{
	struct htpasswd *db = calloc(1, sizeof(*db));

	(void)part;
	err[0] = '\0';
	if (db == NULL) {
		snprintf(err, errlen, "the user database cannot be opened: out of memory");
		return (NULL);
	}
	db->only = conf->userdb_groups;
	if ((db->users.file.path = path_of(conf, conf->userdb_url + sizeof(SCHEME), err, errlen)) != NULL &&
	    (conf->userdb_groups_file[0] == '\0' ||
		(db->groups.file.path = path_of(conf, conf->userdb_groups_file, err, errlen)) != NULL))
		return (db);
	close_files(db);
	errno = ENOMEM;
	return (NULL);
}

const struct userdb_driver htpasswd_driver = {
	.scheme = SCHEME,
	.instead = "change them with htpasswd(1), and groups in userdb.groups_file",
	.by_name = true,
	.is_url = is_url,
	.open = open_files,
	.close = close_files,
	.ops = &ops,
};
