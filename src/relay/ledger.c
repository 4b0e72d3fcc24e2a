/* SPDX-License-Identifier: ISC */
/*
 * Events are gathered while those before them are written (ledger_writer.h), and then written together: the first one at once,
 * and as many as there are where many happen. Only when the rows and the audit lines are on the disk are they delivered.
 *
 * How far an ending went (its scope) is not in the event but in the logout record, which is looked for in Redis while it is
 * kept; without one it is the one session.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "crypto/keyring.h"
#include "crypto/sid.h"
#include "doorward/app.h"
#include "doorward/board.h"
#include "relay/ledger_writer.h"
#include "store/scopes.h"

#include "relay/ledger.h"

struct basket {
	struct ledger_batch batch;
	struct sink_delivery *deliveries[LEDGER_BATCH_MAX];
};

struct ledger {
	const struct sink_env *env;
	struct audit *audit; /* NULL: none */
	struct ledger_writer *writer;
	struct basket baskets[2];
	struct basket *gathering;
	struct basket *away; /* at the writer's; NULL: none is */
	struct scope_question questions[LEDGER_BATCH_MAX];
};

static bool
open_audit(struct ledger *l, const struct config *conf, char *why, size_t len)
{

	if (conf->audit_file[0] == '\0' || (l->audit = audit_new(conf->audit_file, conf->state_dir)) != NULL)
		return (true);
	snprintf(why, len, "out of memory");
	errno = ENOMEM;
	return (false);
}

static void *
open_ledger(const struct sink_conf *c, const struct sink_env *env, char *why, size_t len)
{
	struct ledger *l = calloc(1, sizeof(*l));
	int saved;

	(void)c;
	if (l == NULL) {
		snprintf(why, len, "out of memory");
		return (NULL);
	}
	l->env = env;
	l->gathering = &l->baskets[0];
	if (open_audit(l, env->conf, why, len) && (l->writer = ledger_writer_open(env->app, l->audit, why, len)) != NULL)
		return (l);
	saved = errno;
	audit_free(l->audit);
	free(l);
	errno = saved;
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

	*r = (struct ledger_row){ .at = e->at_seconds };
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
	struct ledger_batch *b = &l->gathering->batch;
	char *json;

	if (b->n == LEDGER_BATCH_MAX || (json = malloc(e->json_len + 1)) == NULL)
		return (false);
	memcpy(json, e->json, e->json_len + 1);
	l->gathering->deliveries[b->n] = d;
	b->lines[b->n++] = (struct str){ json, e->json_len };
	if (e->ended && e->session_id != NULL)
		fill_row(&b->rows[b->n_rows++], e);
	return (true);
}

static void
empty(struct ledger_batch *b)
{

	for (size_t i = 0; i < b->n; i++)
		free((char *)(uintptr_t)b->lines[i].p);
	b->n = b->n_rows = 0;
}

/* Tells what became of all that is in ${k}; ${why} NULL: it is delivered. */
static void
settle(struct ledger *l, struct basket *k, const char *why)
{
	size_t n = k->batch.n;

	empty(&k->batch);
	for (size_t i = 0; i < n; i++)
		l->env->done(k->deliveries[i], why == NULL ? SINK_DELIVERED : SINK_RETRY, why);
}

/* False: Redis could not be asked. What is no session id of ours has no record. */
static bool
find_scopes(struct ledger *l, struct ledger_batch *b)
{
	struct app *app = l->env->app;
	size_t rows[LEDGER_BATCH_MAX], n = 0;

	for (size_t i = 0; i < b->n_rows; i++) {
		struct scope_question *q = &l->questions[n];

		q->scope = SCOPE_SESSION;
		if (sid_parse(keyring_user(app->keys), str_of(b->rows[i].session_id), q->user_key, q->session_key))
			rows[n++] = i;
	}
	if (scopes_ask(app->redis, l->questions, n) == DW_UNAVAILABLE)
		return (false);
	for (size_t i = 0; i < n; i++)
		put(b->rows[rows[i]].scope, sizeof(b->rows[0].scope), end_scope_word(l->questions[i].scope));
	return (true);
}

static void
hand_over(struct ledger *l)
{
	struct basket *full = l->gathering;

	if (!find_scopes(l, &full->batch)) {
		settle(l, full, "Redis could not be asked");
		return;
	}
	l->away = full;
	l->gathering = full == &l->baskets[0] ? &l->baskets[1] : &l->baskets[0];
	ledger_writer_give(l->writer, &full->batch);
}

static int64_t
due(void *sink)
{
	const struct ledger *l = sink;

	return (l->away == NULL && l->gathering->batch.n > 0 ? 0 : -1);
}

static void
run(void *sink)
{
	struct ledger *l = sink;
	struct basket *back = l->away;

	if (back != NULL && ledger_writer_take(l->writer) != NULL) {
		l->away = NULL;
		if (back->batch.database_failed)
			board_count(l->env->app->slot, COUNT_USERDB_ERRORS, 1);
		settle(l, back, back->batch.error);
	}
	if (due(l) == 0)
		hand_over(l);
}

static int
fd(void *sink)
{
	const struct ledger *l = sink;

	return (ledger_writer_fd(l->writer));
}

static void
close_ledger(void *sink)
{
	struct ledger *l = sink;

	ledger_writer_close(l->writer);
	audit_free(l->audit);
	empty(&l->baskets[0].batch);
	empty(&l->baskets[1].batch);
	free(l);
}

const struct sink_driver ledger_driver = {
	.type = "ledger",
	.open = open_ledger,
	.start = start,
	.fd = fd,
	.due = due,
	.run = run,
	.close = close_ledger,
};
