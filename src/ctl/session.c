/* SPDX-License-Identifier: ISC */
/* "session list" and "session show". Device names come from the user database and are left out while it cannot be asked. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth/view.h"
#include "base/log.h"
#include "crypto/sid.h"
#include "ctl/ctl.h"
#include "ctl/everybody.h"
#include "ctl/options.h"
#include "ctl/print.h"
#include "doorward/store.h"
#include "session/liveness.h"
#include "store/redis.h"

#include "ctl/commands.h"

/* What a list is made of while it goes from user to user. */
struct listing {
	bool json;
	bool known; /* the user database can be asked for devices */
	uint64_t limit;
	uint64_t shown;
};

/* What is known of the session's device, or NULL. */
static const struct device *
find_device(struct ctl *c, bool known, const char *user_id, const struct session *s, struct device *d)
{

	return (known && c->records->get_device(c->records_ctx, user_id, s->device_id, d) == DW_OK ? d : NULL);
}

static void
print_head(void)
{

	printf("%-*s  %-20s  %-20s  %-20s  %-20s  %-15s  %s\n", PUBLIC_SID_LEN, "SESSION", "USER", "CREATED", "LAST SEEN",
	    "EXPIRES", "ADDRESS", "DEVICE");
}

static int
print_row(const struct ctl *c, const struct session_list *of, const uint8_t user_key[USER_KEY_LEN], const struct session *s)
{
	char sid[PUBLIC_SID_LEN + 1], created[TIME_LEN], seen[TIME_LEN], ends[TIME_LEN];

	sid_public(ctl_keys(c), user_key, s->session_key, sid);
	print_line("%s  %-20s  %-20s  %-20s  %-20s  %-15s  %s", sid, of->username, print_time(s->created, created),
	    print_time(s->has_family && s->rotated > s->last_seen ? s->rotated : s->last_seen, seen),
	    print_time(session_end(s), ends), s->ip[0] != '\0' ? s->ip : "-", s->device_id);
	return (0);
}

static int
print_session(struct ctl *c, struct listing *l, const struct session_list *of, const uint8_t user_key[USER_KEY_LEN],
    const struct session *s)
{
	char text[OBJECT_MAX];
	struct device d;
	struct buf b;

	if (!l->json) {
		if (l->shown == 0)
			print_head();
		return (print_row(c, of, user_key, s));
	}
	buf_init(&b, text, sizeof(text));
	if (l->shown > 0)
		buf_putc(&b, ',');
	print_session_json(c, &b, user_key, s, of->user_id, of->username, find_device(c, l->known, of->user_id, s, &d));
	return (print_buf(&b));
}

/* Prints the live sessions of one user. The limit is over all users: it ends the walk. */
static int
list_user(struct ctl *c, const uint8_t user_key[USER_KEY_LEN], void *ctx)
{
	struct listing *l = ctx;
	struct session_list of;
	enum dw_result rc;
	int64_t now;

	arena_reset(&c->arena);
	if ((rc = redis_store_ops.list(c->store, user_key, &c->arena, &of)) != DW_OK) {
		ctl_say_store(rc, user_key);
		return (rc == DW_UNAVAILABLE ? -1 : EVERYBODY_BROKEN);
	}
	now = redis_store_ops.now(c->store);
	if (of.n > 1)
		qsort(of.sessions, of.n, sizeof(of.sessions[0]), view_newest_first);
	for (size_t i = 0; i < of.n && l->shown < l->limit; i++) {
		const struct session *s = &of.sessions[i];

		if (!session_is_alive(s, of.not_before, now))
			continue;
		if (print_session(c, l, &of, user_key, s) != 0)
			return (-1);
		l->shown++;
	}
	return (l->shown < l->limit ? 0 : EVERYBODY_ENOUGH);
}

/* What is listed: everybody's sessions, or those of the one user ${user_key}. Half a JSON text helps nobody: all that can be
 * known is asked before. */
static int
print_list(struct ctl *c, const uint8_t *user_key, struct listing *l)
{
	int rc;

	if (l->json)
		fputs("{\"sessions\":[", stdout);
	rc = user_key == NULL ? everybody_each(c, list_user, l) : list_user(c, user_key, l);
	if (rc < 0)
		return (-1);
	if (l->json)
		fputs("]}\n", stdout);
	else if (l->shown == 0 && rc != EVERYBODY_BROKEN)
		ctl_say("there are no sessions");
	return (rc == EVERYBODY_BROKEN ? -1 : 0);
}

/* Without the user database the list still works, without device names. */
int
session_list_command(struct ctl *c, const struct options *o)
{
	struct listing l = { .json = o->json, .limit = UINT64_MAX };
	uint8_t user_key[USER_KEY_LEN];
	struct account a;

	if (o->limit != NULL && (!str_to_u64(str_of(o->limit), UINT32_MAX, &l.limit) || l.limit == 0))
		return (CTL_USAGE);
	if (ctl_store(c) != 0 || ctl_arena(c, EVERYBODY_ARENA) != 0)
		return (CTL_FAILED);
	if (redis_store_ops.ping(c->store) != DW_OK) {
		ctl_say("Redis could not be asked");
		return (CTL_FAILED);
	}
	l.known = ctl_records(c) == 0;
	if (o->user != NULL) {
		if (ctl_users(c) != 0 || ctl_account(c, o->user, &a) != 0)
			return (CTL_FAILED);
		ctl_pseudonym(c, a.id, user_key);
	}
	return (print_list(c, o->user != NULL ? user_key : NULL, &l) == 0 ? CTL_DONE : CTL_FAILED);
}

static void
show_json(
    struct ctl *c, const struct lookup *q, const struct lookup_reply *r, bool alive, const struct device *d, struct buf *b)
{

	buf_puts(b, "{\"session\":");
	if (alive)
		print_session_json(c, b, q->user_key, &r->session, r->user_id, r->username, d);
	else
		buf_puts(b, "null");
	buf_puts(b, ",\"logout\":");
	if (r->ended)
		print_logout_record_json(c, b, q->user_key, r->user_id, &r->logout_record);
	else
		buf_puts(b, "null");
	buf_puts(b, "}\n");
}

static void
show_live(const char *sid, const struct lookup_reply *r, const struct device *d, struct buf *b)
{
	const struct session *s = &r->session;
	char created[TIME_LEN], seen[TIME_LEN], ends[TIME_LEN];

	buf_printf(b, "session     %s\nuser        %s\nuser id     %s\ngroups      %s\n", sid, r->username, r->user_id,
	    r->groups[0] != '\0' ? r->groups : "-");
	buf_printf(b, "created     %s\nlast seen   %s\nexpires     %s\n", print_time(s->created, created),
	    print_time(s->has_family && s->rotated > s->last_seen ? s->rotated : s->last_seen, seen),
	    print_time(session_end(s), ends));
	buf_printf(b, "kind        %s%s%s\n", s->has_cookie ? "cookie" : "", s->has_cookie && s->has_family ? ", " : "",
	    s->has_family ? "tokens" : "");
	buf_printf(b, "address     %s\ndevice      %s\n", s->ip[0] != '\0' ? s->ip : "-", s->device_id);
	if (d != NULL && d->name[0] != '\0')
		buf_printf(b, "device name %s\n", log_text(str_of(d->name))); /* quoted: clients chose these texts */
	if (d != NULL && d->user_agent[0] != '\0')
		buf_printf(b, "user agent  %s\n", log_text(str_of(d->user_agent)));
}

static void
show_ended(const char *sid, const struct lookup_reply *r, struct buf *b)
{
	char at[TIME_LEN];

	buf_printf(b, "session     %s\nuser        %s\nuser id     %s\n", sid, r->username, r->user_id);
	buf_printf(b, "ended       %s\nreason      %s\nscope       %s\ndevice      %s\n", print_time(r->logout_record.at, at),
	    log_text(str_of(r->logout_record.reason)), end_scope_word(r->logout_record.scope), r->logout_record.device_id);
}

/* Asks for the session ${sid}. Returns 0, or -1 after saying why there is nothing to show. */
static int
ask(struct ctl *c, const char *sid, struct lookup *q, struct lookup_reply *r, bool *alive)
{
	enum dw_result rc;

	if (!sid_parse(ctl_keys(c), str_of(sid), q->user_key, q->session_key)) {
		ctl_say("there is no session %s", sid);
		return (-1);
	}
	if ((rc = redis_store_ops.lookup(c->store, q, r)) != DW_OK) {
		ctl_say_store(rc, q->user_key);
		return (-1);
	}
	*alive = r->user_id[0] != '\0' && r->live &&
		 session_is_alive(&r->session, r->not_before, redis_store_ops.now(c->store));
	if (!*alive && !r->ended) {
		ctl_say("there is no session %s", sid);
		return (-1);
	}
	return (0);
}

int
session_show(struct ctl *c, const struct options *o)
{
	struct lookup q = { .family = true };
	const struct device *known = NULL;
	char text[2 * OBJECT_MAX];
	struct lookup_reply r;
	struct device d;
	struct buf b;
	bool alive;

	if (ctl_store(c) != 0 || ask(c, o->args[0], &q, &r, &alive) != 0)
		return (CTL_FAILED);
	if (alive)
		known = find_device(c, ctl_records(c) == 0, r.user_id, &r.session, &d);
	buf_init(&b, text, sizeof(text));
	if (o->json)
		show_json(c, &q, &r, alive, known, &b);
	else if (alive)
		show_live(o->args[0], &r, known, &b);
	else
		show_ended(o->args[0], &r, &b);
	return (print_buf(&b) == 0 ? CTL_DONE : CTL_FAILED);
}
