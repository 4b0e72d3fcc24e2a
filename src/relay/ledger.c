/* SPDX-License-Identifier: ISC */
/*
 * Events are collected for a moment and written together: first the rows of those that ended a session, in one transaction,
 * then the audit lines, in one wait for the disk. Only when both are there are they delivered. A row that is there already
 * stays; an audit line that was written before a crash is written again, with the same id.
 *
 * How far an ending went (its scope) is not in the event but in the logout record, which is looked for in Redis while it is
 * kept; without one it is the one session.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "crypto/keyring.h"
#include "crypto/sid.h"
#include "doorward/app.h"
#include "relay/audit.h"
#include "store/redis.h"

#include "relay/ledger.h"

#define BATCH_MAX 256 /* events written together: some tens of milliseconds at most */
/*
 * How long events are gathered. The wait for the disk is most of what the ledger costs, and the other sinks wait meanwhile: at
 * two hundred endings a second four share one.
 */
#define GATHER_MS 20
#define WHY_MAX 256
#define LOOK_MS 1000

struct entry {
	struct sink_delivery *delivery;
	char *json;
	size_t json_len;
	bool ended;
	struct ledger_row row;
};

struct ledger {
	const struct sink_env *env;
	struct audit *audit; /* NULL: none */
	int64_t looked_at;   /* mono, ms: at the file */
	struct entry batch[BATCH_MAX];
	size_t n;
	int64_t since; /* mono, ms: when the first of them came */
	struct ledger_row rows[BATCH_MAX];
	struct str lines[BATCH_MAX];
};

static bool
check(const struct sink_conf *c, char *why, size_t len)
{

	(void)c;
	(void)why;
	(void)len;
	return (true);
}

static void *
open_ledger(const struct sink_conf *c, const struct sink_env *env, char *why, size_t len)
{
	struct ledger *l = calloc(1, sizeof(*l));

	(void)c;
	if (l == NULL)
		goto err0;
	l->env = env;
	atomic_store(&env->app->board->audit_failing, 0);
	if (env->conf->audit_file[0] != '\0' && (l->audit = audit_new(env->conf->audit_file, env->conf->state_dir)) == NULL)
		goto err1;
	return (l);

err1:
	free(l);
err0:
	snprintf(why, len, "out of memory");
	errno = ENOMEM;
	return (NULL);
}

static void
put(char *to, size_t cap, const char *text)
{

	(void)str_copy(to, cap, text == NULL ? STR_LIT("") : str_of(text));
}

static void
fill_row(struct ledger_row *r, const struct sink_event *e)
{

	r->at = e->at_seconds;
	put(r->event_id, sizeof(r->event_id), e->id);
	put(r->type, sizeof(r->type), e->type);
	put(r->user_id, sizeof(r->user_id), e->user_id);
	put(r->username, sizeof(r->username), e->username);
	put(r->device_id, sizeof(r->device_id), e->device_id);
	put(r->session_id, sizeof(r->session_id), e->session_id);
	put(r->reason, sizeof(r->reason), e->reason);
	put(r->scope, sizeof(r->scope), end_scope_word(SCOPE_SESSION));
}

static bool
start(void *sink, struct sink_delivery *d, const struct sink_event *e)
{
	struct ledger *l = sink;
	struct entry *x = &l->batch[l->n];

	if (l->n == BATCH_MAX || (x->json = malloc(e->json_len + 1)) == NULL)
		return (false);
	memcpy(x->json, e->json, e->json_len + 1);
	x->json_len = e->json_len;
	x->delivery = d;
	x->ended = e->ended && e->session_id != NULL;
	x->row = (struct ledger_row){ .seq = 0 };
	if (x->ended)
		fill_row(&x->row, e);
	if (l->n++ == 0)
		l->since = clock_mono_ms();
	return (true);
}

/* DW_OK also where the record is not there any more. */
static enum dw_result
find_scope(const struct ledger *l, struct ledger_row *r)
{
	struct app *app = l->env->app;
	struct lookup_reply reply;
	struct lookup q = { .family = false };
	enum dw_result rc;

	if (!sid_parse(keyring_user(app->keys), str_of(r->session_id), q.user_key, q.session_key))
		return (DW_OK);
	if ((rc = redis_store_ops.lookup(app->redis, &q, &reply)) == DW_OK && reply.ended)
		put(r->scope, sizeof(r->scope), end_scope_word(reply.logout_record.scope));
	return (rc == DW_UNAVAILABLE ? rc : DW_OK);
}

/* NULL, or why not. */
static const char *
put_rows(struct ledger *l)
{
	struct app *app = l->env->app;
	size_t n = 0;

	for (size_t i = 0; i < l->n; i++) {
		if (!l->batch[i].ended)
			continue;
		if (find_scope(l, &l->batch[i].row) != DW_OK)
			return ("Redis could not be asked");
		l->rows[n++] = l->batch[i].row;
	}
	if (n == 0 || app->records->put_logouts(app->records_ctx, l->rows, n) == DW_OK)
		return (NULL);
	board_count(app->slot, COUNT_USERDB_ERRORS, 1);
	return ("the database of records could not be written");
}

/* NULL, or why not: shown in /health/ready until it works again. */
static const char *
put_lines(struct ledger *l)
{
	static char why[WHY_MAX];
	bool good;

	if (l->audit == NULL)
		return (NULL);
	for (size_t i = 0; i < l->n; i++)
		l->lines[i] = (struct str){ l->batch[i].json, l->batch[i].json_len };
	good = audit_append(l->audit, l->lines, l->n, why, sizeof(why));
	atomic_store(&l->env->app->board->audit_failing, !good);
	return (good ? NULL : why);
}

static int64_t
due(void *sink)
{
	const struct ledger *l = sink;
	int64_t left = l->since + GATHER_MS - clock_mono_ms();

	if (l->n == 0)
		return (-1);
	return (l->n == BATCH_MAX || left < 0 ? 0 : left);
}

/* While nothing happens, once a second. */
static void
look_at_audit(struct ledger *l)
{
	static int64_t said;
	char why[WHY_MAX];
	int64_t now = clock_mono_ms();
	bool good;

	if (l->audit == NULL || now - l->looked_at < LOOK_MS)
		return;
	l->looked_at = now;
	good = audit_look(l->audit, why, sizeof(why));
	atomic_store(&l->env->app->board->audit_failing, !good);
	if (!good && log_due(&said))
		log_warn("%s", why);
}

static void
run(void *sink)
{
	struct ledger *l = sink;
	size_t n = l->n;
	const char *why;

	if (n == 0)
		look_at_audit(l);
	if (due(l) != 0)
		return;
	if ((why = put_rows(l)) == NULL)
		why = put_lines(l);
	l->n = 0;
	for (size_t i = 0; i < n; i++) {
		free(l->batch[i].json);
		l->env->done(l->batch[i].delivery, why == NULL ? SINK_DELIVERED : SINK_RETRY, why);
	}
}

static int
fd(void *sink)
{

	(void)sink;
	return (-1);
}

static void
close_ledger(void *sink)
{
	struct ledger *l = sink;

	for (size_t i = 0; i < l->n; i++)
		free(l->batch[i].json);
	audit_free(l->audit);
	free(l);
}

const struct sink_driver ledger_driver = {
	.type = "ledger",
	.check = check,
	.open = open_ledger,
	.start = start,
	.fd = fd,
	.due = due,
	.run = run,
	.close = close_ledger,
};
