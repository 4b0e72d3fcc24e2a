/* SPDX-License-Identifier: ISC */
/*
 * "session kick": ends one session, those of one user or device, or all. While the user database cannot be asked a name is
 * looked for in the records of Redis instead, so that somebody can be put out in an outage too.
 */
#include <stdio.h>
#include <string.h>

#include "auth/device.h"
#include "auth/name.h"
#include "auth/reason.h"
#include "crypto/sid.h"
#include "ctl/ctl.h"
#include "ctl/everybody.h"
#include "ctl/options.h"
#include "ctl/print.h"
#include "doorward/store.h"
#include "store/redis.h"

#include "ctl/commands.h"

/* What is ended, and what has been printed of it. */
struct kick {
	struct end_write w;
	bool json;
	uint64_t ended;
	uint64_t records;
	const char *name; /* looked for in all records */
	bool found;
	uint64_t pending; /* users of whom it is promised */
};

/* As they come: at "--all" there may be more than fit into memory. */
static int
print_record(struct ctl *c, struct kick *k, const uint8_t user_key[USER_KEY_LEN], const struct end_reply *r,
    const struct logout_record *e)
{
	char text[OBJECT_MAX], sid[PUBLIC_SID_LEN + 1];
	struct buf b;

	buf_init(&b, text, sizeof(text));
	if (k->json) {
		buf_puts(&b, k->records++ > 0 ? "," : "{\"logouts\":[");
		print_logout_record_json(c, &b, user_key, r->user_id, e);
	} else {
		sid_public(ctl_keys(c), user_key, e->session_key, sid);
		buf_printf(&b, "%s  %s  %s\n", sid, r->username, e->device_id);
	}
	return (print_buf(&b));
}

/* Ends what is wanted of the user ${user_key}. */
static int
kick_user(struct ctl *c, const uint8_t user_key[USER_KEY_LEN], void *ctx)
{
	struct kick *k = ctx;
	struct end_reply r;
	enum dw_result rc;

	arena_reset(&c->arena);
	memcpy(k->w.user_key, user_key, USER_KEY_LEN);
	rc = ctl_end(c, &k->w, &c->arena, &r);
	k->pending += rc == DW_PENDING;
	if (rc == DW_PENDING)
		return (0);
	if (rc != DW_OK) {
		ctl_say_store(rc, user_key);
		if (rc == DW_UNAVAILABLE)
			ctl_say("repeat the command");
		return (rc == DW_UNAVAILABLE ? -1 : EVERYBODY_BROKEN);
	}
	k->ended += r.ended;
	for (uint32_t i = 0; i < r.ended; i++)
		if (print_record(c, k, user_key, &r, &r.logout_records[i]) != 0)
			return (-1);
	if (!k->w.has_sid || r.ended > 0)
		return (0);
	if (!r.has_own) {
		ctl_say("there is no such session");
		return (-1);
	}
	return (k->json ? print_record(c, k, user_key, &r, &r.own) : 0); /* it had ended before: the record says how */
}

/* The record says whose it is. */
static int
kick_if_named(struct ctl *c, const uint8_t user_key[USER_KEY_LEN], void *ctx)
{
	struct kick *k = ctx;
	struct session_list list;
	enum dw_result rc;

	arena_reset(&c->arena);
	if ((rc = redis_store_ops.list(c->store, user_key, &c->arena, &list)) != DW_OK) {
		ctl_say_store(rc, user_key);
		return (rc == DW_UNAVAILABLE ? -1 : EVERYBODY_BROKEN);
	}
	if (strcmp(list.username, k->name) != 0)
		return (0);
	k->found = true;
	return (kick_user(c, user_key, k));
}

/* Accounts cannot be asked, but who is signed in can be kicked: everybody's record has the name. */
static int
kick_by_records(struct ctl *c, const struct options *o, struct kick *k)
{
	char canonical[USERNAME_MAX + 1];
	int rc;

	ctl_say("the user database cannot be asked: looking for %s among those who are signed in", o->user);
	k->name = name_canonical(str_of(o->user), canonical) ? canonical : o->user;
	rc = everybody_each(c, kick_if_named, k);
	if (rc == 0 && !k->found)
		ctl_say("nobody of that name is signed in");
	return (k->found ? rc : -1);
}

/* What is promised is promised of a user, so without Redis there is nobody to promise it of. */
static int
kick_all(struct ctl *c, struct kick *k)
{
	int rc = everybody_each(c, kick_user, k);

	if (rc == -1 && k->ended == 0 && k->pending == 0)
		ctl_say("nobody was kicked: only Redis knows who is signed in, repeat the command when it answers");
	return (rc);
}

static int
kick_session(struct ctl *c, const char *sid, struct kick *k)
{
	uint8_t user_key[USER_KEY_LEN];

	k->w.has_sid = true;
	if (sid_parse(ctl_keys(c), str_of(sid), user_key, k->w.session_key))
		return (kick_user(c, user_key, k));
	ctl_say("there is no such session");
	return (-1);
}

static int
kick_account(struct ctl *c, const struct options *o, struct kick *k)
{
	uint8_t user_key[USER_KEY_LEN];
	struct account a;
	enum dw_result rc = ctl_users(c) != 0 ? DW_UNAVAILABLE : ctl_find_account(c, o->user, &a);

	if (rc == DW_ABSENT) {
		ctl_say("there is no user %s", o->user);
		return (-1);
	}
	if (rc != DW_OK)
		return (kick_by_records(c, o, k));
	ctl_pseudonym(c, a.id, user_key);
	return (kick_user(c, user_key, k));
}

/* Whose sessions: fills in ${k}->w and kicks. */
static int
kick_wanted(struct ctl *c, const struct options *o, struct kick *k)
{

	if (o->device != NULL) {
		k->w.scope = SCOPE_DEVICE;
		device_handle(str_of(o->device), k->w.device_key);
	}
	if (o->n_args == 1)
		k->w.scope = SCOPE_SESSION;
	k->w.said_scope = k->w.scope;
	if (o->all)
		return (kick_all(c, k));
	return (o->user == NULL ? kick_session(c, o->args[0], k) : kick_account(c, o, k));
}

/* One session, or one user, or all; a device is one user's. */
static bool
is_sensible(const struct options *o)
{

	if ((o->n_args == 1) + (o->user != NULL) + o->all != 1 || (o->device != NULL && o->user == NULL))
		return (false);
	if (o->device != NULL && !device_id_valid(str_of(o->device))) {
		ctl_say("a device is 1 to %d of A-Z a-z 0-9 . _ : -", DEVICE_ID_MAX);
		return (false);
	}
	if (o->reason != NULL && o->reason[0] != '\0' && !reason_valid(str_of(o->reason))) {
		ctl_say("a reason is at most %d bytes of UTF-8 that can be seen, without controls of any kind", REASON_MAX);
		return (false);
	}
	return (true);
}

/* Whatever was ended is reported, also if a later one failed. */
int
kick_command(struct ctl *c, const struct options *o)
{
	struct kick k = { .w = { .cause = END_KICK, .scope = SCOPE_ALL, .said_scope = SCOPE_ALL }, .json = o->json };
	int rc;

	if (!is_sensible(o))
		return (CTL_USAGE);
	if (o->reason != NULL && o->reason[0] != '\0')
		k.w.reason = o->reason;
	if (ctl_store(c) != 0 || ctl_arena(c, EVERYBODY_ARENA) != 0)
		return (CTL_FAILED);
	rc = kick_wanted(c, o, &k);
	ctl_flush(c);
	if (k.pending > 0)
		ctl_say("Redis cannot be asked: it is noted, honoured on this host, and done as soon as Redis answers");
	if (k.pending > 0 && k.records == 0)
		puts(o->json ? "{\"status\":\"pending\"}" : "pending");
	else if (o->json)
		printf("%s],\"ended\":%llu}\n", k.records > 0 ? "" : "{\"logouts\":[", (unsigned long long)k.ended);
	else if (rc == 0 || rc == EVERYBODY_BROKEN)
		printf("%llu session%s ended\n", (unsigned long long)k.ended, k.ended == 1 ? "" : "s");
	return (rc == 0 ? CTL_DONE : CTL_FAILED);
}
