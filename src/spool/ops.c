/* SPDX-License-Identifier: ISC */
/*
 * The store's operations with the spool before them: spool_store_ops.
 *
 * Endings go to Redis first; the spool is what they fall back on. Their event id is made before the first try, so that one
 * whose answer was lost and the one that is written later have the same. Logins that were replaced by the same browser's next
 * (END_RELOGIN) are not spooled: that login fails too, and nobody was promised anything.
 *
 * Questions are answered by the deny table first, as far as it is sure by itself; then Redis; then the table once more, for
 * what is said of all sessions opened before a moment, and for what was promised while Redis was being asked. In a process
 * without the table the file is looked into instead, for whatever would pass.
 */
#include <string.h>

#include "base/arena.h"
#include "doorward/config.h"
#include "doorward/deny.h"
#include "store/event_id.h"
#include "store/keys.h"
#include "spool/entry.h"

#include "spool/spool.h"

#define LOOKS_MAX 16 /* of one lookup, each spoilt by a piece of the replay: more says that the processor is not ours */

static bool
name_event(struct act *a, const uint8_t *user_key, int64_t now)
{

	return (a->id[0] != '\0' || event_id_make(keys_bucket(user_key), now, a->id));
}

static bool
is_promised(enum end_cause cause)
{

	return (cause != END_RELOGIN);
}

/* What is asked for while an earlier ending of the same user waits is written behind it: the order of his is kept. */
static bool
is_behind(struct spool *s, const uint8_t *user_key)
{

	return (s->deny != NULL && !deny_is_empty(s->deny) && spool_waits(s, user_key));
}

static enum dw_result
end(void *ctx, const struct end_write *asked, struct arena *arena, struct end_reply *out)
{
	struct end_write w = *asked;
	struct spool *s = ctx;
	int64_t now = s->inner->now(s->store);
	enum dw_result rc;

	if (!is_promised(w.cause) || !name_event(&w.act, w.user_key, now))
		return (s->inner->end(s->store, asked, arena, out));
	memset(out, 0, sizeof(*out));
	rc = is_behind(s, w.user_key) ? DW_UNAVAILABLE : s->inner->end(s->store, &w, arena, out);
	if (rc == DW_UNAVAILABLE || (rc == DW_OK && out->at_risk))
		rc = spool_end(s, &w, now);
	return (rc);
}

static enum dw_result
revoke(void *ctx, const struct revoke_write *asked, struct revoke_reply *out)
{
	struct revoke_write w = *asked;
	struct spool *s = ctx;
	int64_t now = s->inner->now(s->store);
	enum dw_result rc;

	if (!name_event(&w.act, w.user_key, now))
		return (s->inner->revoke(s->store, asked, out));
	memset(out, 0, sizeof(*out));
	rc = is_behind(s, w.user_key) ? DW_UNAVAILABLE : s->inner->revoke(s->store, &w, out);
	if (rc == DW_UNAVAILABLE || (rc == DW_OK && out->at_risk && out->wait == 0))
		rc = spool_revoke(s, &w, now);
	return (rc);
}

/* As Redis will: who was kicked is told what the operator said. */
static enum dw_result
refuse(struct spool *s, struct lookup_reply *out, const struct lookup *q, const struct deny_entry *e)
{
	struct logout_record *r = &out->logout_record;

	memset(out, 0, sizeof(*out));
	out->ended = true;
	memcpy(r->session_key, q->session_key, SESSION_KEY_LEN);
	r->cause = e->cause;
	r->at = e->at;
	if (e->cause != END_KICK || !spool_reason(s, e->row, r->reason))
		str_copy(r->reason, sizeof(r->reason), str_of(end_cause_reason(e->cause)));
	return (DW_OK);
}

/* Her cookie goes on: as if the store had ended the family already. */
static void
without_tokens(struct spool *s, struct deny_question q, struct lookup_reply *out)
{
	struct deny_entry e;

	q.by_token = true;
	q.jti = NULL;
	if (!out->live || !deny_finds_for_sure(s->deny, &q, &e))
		return;
	out->session.flags |= SESSION_TOKENS_REVOKED;
	out->session.has_family = false;
}

static struct deny_question
question_of(const struct lookup *q)
{

	return ((struct deny_question){
	    .user_key = q->user_key, .session_key = q->session_key, .jti = q->jti, .by_token = q->jti != NULL || q->refresh });
}

/* By the table that this host's processes share, if nothing leaves it meanwhile. */
static enum dw_result
look_once(struct spool *s, const struct lookup *q, struct lookup_reply *out)
{
	struct deny_question asked = question_of(q);
	struct deny_entry e;
	enum dw_result rc;

	if (deny_finds_for_sure(s->deny, &asked, &e))
		return (refuse(s, out, q, &e));
	rc = s->inner->lookup(s->store, q, out);
	if (deny_is_empty(s->deny) || (rc != DW_OK && rc != DW_UNAVAILABLE))
		return (rc);
	asked.session = rc == DW_OK && out->live ? &out->session : NULL;
	if ((rc == DW_UNAVAILABLE || out->live) && deny_finds(s->deny, &asked, &e))
		return (refuse(s, out, q, &e));
	if (rc == DW_OK)
		without_tokens(s, asked, out);
	return (rc);
}

/* By the file. */
static enum dw_result
lookup_alone(struct spool *s, const struct lookup *q, struct lookup_reply *out)
{
	struct deny_question asked = question_of(q);
	enum dw_result rc = s->inner->lookup(s->store, q, out), judged;
	struct deny_entry e;

	if (rc != DW_UNAVAILABLE && (rc != DW_OK || !out->live))
		return (rc);
	asked.session = rc == DW_OK ? &out->session : NULL;
	if ((judged = spool_asks_file(s, &asked, &e)) == DW_REFUSED)
		return (refuse(s, out, q, &e));
	if (judged == DW_BUSY && rc == DW_OK) /* the answer may be of before, as in lookup_shared() */
		return (s->inner->lookup(s->store, q, out));
	return (judged == DW_UNAVAILABLE ? judged : rc);
}

/*
 * What was said of all of a user's sessions leaves the table when Redis has ended them. If it left after Redis was asked here,
 * the answer is of before, and has to be had again: tests/model/spool.pml, ONE_LOOK.
 */
static enum dw_result
lookup_shared(struct spool *s, const struct lookup *q, struct lookup_reply *out)
{
	enum dw_result rc;
	uint64_t removals;

	for (int i = 0; i < LOOKS_MAX; i++) {
		removals = deny_removals(s->deny);
		rc = look_once(s, q, out);
		if (rc != DW_OK || !out->live || removals == deny_removals(s->deny))
			return (rc);
	}
	return (DW_UNAVAILABLE);
}

static enum dw_result
lookup(void *ctx, const struct lookup *q, struct lookup_reply *out)
{
	struct spool *s = ctx;

	if (s->deny == NULL)
		return (lookup_alone(s, q, out));
	spool_sync_if_due(s, s->inner->now(s->store));
	return (lookup_shared(s, q, out));
}

/* Would a refresh token of this session pass? DW_OK or DW_REFUSED; DW_UNAVAILABLE: nobody knows. */
static enum dw_result
judge_family(struct spool *s, const struct rotate_write *w)
{
	struct lookup q = { .family = true, .refresh = true };
	struct lookup_reply found;
	enum dw_result rc;

	if (s->deny != NULL && deny_is_empty(s->deny))
		return (DW_OK);
	memcpy(q.user_key, w->user_key, USER_KEY_LEN);
	memcpy(q.session_key, w->session_key, SESSION_KEY_LEN);
	if (s->deny != NULL && !deny_suspects(s->deny, w->user_key, w->session_key, true))
		return (DW_OK);
	if ((rc = lookup(s, &q, &found)) != DW_OK)
		return (rc);
	/* what the store alone refuses it will say by itself, and better */
	return (found.user_id[0] == '\0' && found.ended ? DW_REFUSED : DW_OK);
}

static enum dw_result
rotate(void *ctx, const struct rotate_write *w, struct rotate_reply *out)
{
	struct spool *s = ctx;
	enum dw_result rc;

	spool_sync_if_due(s, s->inner->now(s->store));
	if ((rc = judge_family(s, w)) == DW_OK)
		return (s->inner->rotate(s->store, w, out));
	memset(out, 0, sizeof(*out));
	out->outcome = ROTATE_REVOKED;
	return (rc == DW_REFUSED ? DW_OK : rc);
}

/* DW_REFUSED: it is not to be shown. DW_BUSY: nor perhaps, since the store has lately ended sessions of this user. */
static enum dw_result
judge_listed(struct spool *s, const uint8_t *user_key, const struct session *one)
{
	struct deny_question q = { .user_key = user_key, .session_key = one->session_key, .session = one };
	struct deny_entry e;

	if (s->deny == NULL)
		return (spool_asks_file(s, &q, &e));
	return (deny_finds(s->deny, &q, &e) ? DW_REFUSED : DW_OK);
}

/* ${overtaken} is set if the list may be of before an ending that has left table or file meanwhile. */
static enum dw_result
list_once(struct spool *s, const uint8_t *user_key, struct arena *arena, struct session_list *out, bool *overtaken)
{
	uint64_t removals = deny_removals(s->deny);
	enum dw_result rc = s->inner->list(s->store, user_key, arena, out);
	size_t n = 0;

	*overtaken = false;
	for (size_t i = 0; rc == DW_OK && i < out->n; i++) {
		enum dw_result judged = judge_listed(s, user_key, &out->sessions[i]);

		*overtaken |= judged == DW_BUSY;
		if (judged == DW_UNAVAILABLE)
			rc = judged;
		else if (judged != DW_REFUSED)
			out->sessions[n++] = out->sessions[i];
	}
	*overtaken |= removals != deny_removals(s->deny);
	out->n = n;
	return (rc);
}

/* As in lookup_shared(), and lookup_alone(): there the second answer counts, for the file says for a while that it was so. */
static enum dw_result
list(void *ctx, const uint8_t user_key[USER_KEY_LEN], struct arena *arena, struct session_list *out)
{
	struct spool *s = ctx;
	size_t used = arena->used;
	bool overtaken = true;

	if (s->deny != NULL)
		spool_sync_if_due(s, s->inner->now(s->store));
	for (int i = 0; i < (s->deny == NULL ? 2 : LOOKS_MAX) && overtaken; i++) {
		enum dw_result rc;

		arena_rewind(arena, used);
		if ((rc = list_once(s, user_key, arena, out, &overtaken)) != DW_OK)
			return (rc);
	}
	return (overtaken && s->deny != NULL ? DW_UNAVAILABLE : DW_OK);
}

/* Nothing, or little, to add to these. */

static enum dw_result
login(void *ctx, const struct login_write *w, struct login_reply *out)
{
	struct spool *s = ctx;

	return (s->inner->login(s->store, w, out));
}

static enum dw_result
touch(void *ctx, const uint8_t user_key[USER_KEY_LEN], const uint8_t session_key[SESSION_KEY_LEN])
{
	struct spool *s = ctx;

	return (s->inner->touch(s->store, user_key, session_key));
}

static enum dw_result
notify(void *ctx, const struct notice *n)
{
	struct spool *s = ctx;
	struct notice told = *n;
	int64_t at = s->inner->now(s->store);
	enum dw_result rc;

	if (!n->lasting || !name_event(&told.act, told.user_key, at))
		return (s->inner->notify(s->store, n));
	rc = is_behind(s, told.user_key) ? DW_UNAVAILABLE : s->inner->notify(s->store, &told);
	return (rc == DW_UNAVAILABLE ? spool_notify(s, &told, at) : rc);
}

static enum dw_result
ping(void *ctx)
{
	struct spool *s = ctx;

	return (s->inner->ping(s->store));
}

/* Whoever answers from the cache asks for nothing but the time: so it is here that what others have spooled is noticed. */
static int64_t
now(void *ctx)
{
	struct spool *s = ctx;
	int64_t t = s->inner->now(s->store);

	spool_sync_if_due(s, t);
	return (t);
}

static void
look_at_clock(void *ctx)
{
	struct spool *s = ctx;

	s->inner->look_at_clock(s->store);
}

static enum dw_result
set_groups(void *ctx, const uint8_t user_key[USER_KEY_LEN], const char *user_id, const char *username, char *instead,
    const char *groups)
{
	struct spool *s = ctx;

	return (s->inner->set_groups(s->store, user_key, user_id, username, instead, groups));
}

static void
guess(void *ctx, struct guess *guesses, size_t n)
{
	struct spool *s = ctx;

	s->inner->guess(s->store, guesses, n);
}

static enum dw_result
history(void *ctx, const uint8_t user_key[USER_KEY_LEN], struct history *out)
{
	struct spool *s = ctx;

	return (s->inner->history(s->store, user_key, out));
}

static enum dw_result
remember(void *ctx, const uint8_t user_key[USER_KEY_LEN], const struct history *h)
{
	struct spool *s = ctx;

	return (s->inner->remember(s->store, user_key, h));
}

const struct store_ops spool_store_ops = {
	.lookup = lookup,
	.login = login,
	.end = end,
	.rotate = rotate,
	.touch = touch,
	.list = list,
	.notify = notify,
	.ping = ping,
	.now = now,
	.look_at_clock = look_at_clock,
	.revoke = revoke,
	.set_groups = set_groups,
	.guess = guess,
	.history = history,
	.remember = remember,
};

_Static_assert(sizeof(struct store_ops) == 15 * sizeof(void (*)(void)), "an operation more has its line here too");
