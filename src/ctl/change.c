/* SPDX-License-Identifier: ISC */
/*
 * Changes of an account after which its sessions must not go on: a new password, disabling, deleting. The account is written
 * first and the sessions are ended then, in this order only: a login that reads the account before the change has its session
 * ended here, or looks at the account again after writing its session (auth/login.c), and one that reads it afterwards sees the
 * change.
 *
 * If the sessions cannot be ended, nor that be promised (doorward/spool.h), the command fails and says until when they may
 * live; it can be repeated.
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "crypto/pwhash.h"
#include "ctl/commands.h"
#include "ctl/ctl.h"
#include "ctl/options.h"
#include "ctl/password.h"
#include "ctl/print.h"
#include "doorward/config.h"
#include "doorward/store.h"
#include "store/redis.h"

#include "ctl/change.h"

static int64_t
later(int64_t a, int64_t b)
{

	return (a > b ? a : b);
}

/* When the last session begun by now is over, whatever its client. */
static int64_t
last_end(const struct config *conf)
{
	int64_t longest = 0;

	for (size_t i = 0; i < conf->n_clients; i++) {
		const struct client *cl = &conf->clients[i];

		longest = later(
		    longest, later(later(cl->absolute, cl->remember_absolute), cl->refresh_absolute) + cl->access_ttl);
	}
	return (clock_wall() + longest / 1000);
}

#define ENDED_PENDING UINT32_MAX /* nobody knows how many: it is promised */

/* Ends all sessions of the user ${id}, or promises it; how many goes to ${*ended}. Returns -1 after saying until when they may
 * live, and the
 * ${remedy}. */
static int
end_all(struct ctl *c, const char *id, enum end_cause cause, const char *remedy, uint32_t *ended)
{
	struct end_write w = { .cause = cause, .scope = SCOPE_ALL, .said_scope = SCOPE_ALL };
	struct end_reply reply;
	char at[TIME_LEN];
	enum dw_result rc;

	if (ctl_store(c) == 0) {
		ctl_pseudonym(c, id, w.user_key);
		if ((rc = ctl_end(c, &w, NULL, &reply)) == DW_OK || rc == DW_PENDING) {
			*ended = rc == DW_OK ? reply.ended : ENDED_PENDING;
			ctl_flush(c);
			return (0);
		}
		ctl_say_store(rc, w.user_key);
	}
	ctl_say(
	    "sessions that are open now may live until %s; %s when that is mended", print_time(last_end(c->conf), at), remedy);
	return (-1);
}

static void
tell(const char *name, const char *what, uint32_t ended)
{

	if (ended == ENDED_PENDING)
		print_line(
		    "%s %s; Redis cannot be asked: the end of the sessions is pending, and honoured on this host", name, what);
	else
		print_line("%s %s, %u session%s ended", name, what, ended, ended == 1 ? "" : "s");
}

/* Says what a change of an account came to. Returns true if it is done. */
static bool
is_changed(enum dw_result r, const char *name)
{

	if (r == DW_ABSENT)
		ctl_say("there is no user %s any more", name);
	else if (r != DW_OK)
		ctl_say("the user database could not be written: nothing was changed");
	return (r == DW_OK);
}

/* Opens what is changed and finds the account that the command names. */
static int
find_to_change(struct ctl *c, const struct options *o, struct account *a)
{

	return (ctl_users_to_change(c) == 0 ? ctl_account(c, o->args[0], a) : -1);
}

/* Reads the new password and makes its hash; the one that the account has is only compared with. */
static int
make_hash(struct ctl *c, const struct account *a, bool from_stdin, char hash[PWHASH_TEXT_MAX])
{
	struct account now;
	struct password_owner owner = { .conf = c->conf, .name = a->name, .hash = now.hash };
	int rc = -1;

	if (c->users->find_id(c->users_ctx, a->id, &now) != DW_OK)
		ctl_say("the user database could not be asked");
	else
		rc = password_hash(&owner, from_stdin, hash);
	explicit_bzero(now.hash, sizeof(now.hash));
	return (rc);
}

/* The change is an event, whether there were sessions to end or not. */
static void
report(struct ctl *c, const struct account *a)
{
	struct notice n = { .lasting = true, .type = "password_changed", .user_id = a->id, .username = a->name };
	enum dw_result rc;

	ctl_pseudonym(c, a->id, n.user_key);
	if ((rc = ctl_notify(c, &n)) != DW_OK && rc != DW_PENDING)
		ctl_say("the event could not be published");
}

int
change_password(struct ctl *c, const struct options *o)
{
	char hash[PWHASH_TEXT_MAX];
	struct account a;
	enum dw_result r;
	uint32_t ended;

	if (ctl_users_to_passwd(c) != 0 || ctl_account(c, o->args[0], &a) != 0 ||
	    make_hash(c, &a, o->password_stdin, hash) != 0)
		return (CTL_FAILED);
	r = c->users->set_hash(c->users_ctx, a.id, NULL, hash);
	explicit_bzero(hash, sizeof(hash));
	if (!is_changed(r, a.name))
		return (CTL_FAILED);
	if (end_all(c, a.id, END_PASSWORD, "end them with \"session kick --user\"", &ended) != 0) {
		ctl_say("%s has the new password, but the sessions were not ended", a.name);
		return (CTL_FAILED);
	}
	report(c, &a);
	tell(a.name, "has the new password", ended);
	return (CTL_DONE);
}

/* Disables the account that the command names, ${a}, and ends its sessions; or says how far it came, ${undone} being what else
 * was to come. */
static int
shut_out(struct ctl *c, const struct options *o, enum end_cause cause, const char *undone, struct account *a, uint32_t *ended)
{

	if (find_to_change(c, o, a) != 0 || !is_changed(c->users->set_disabled(c->users_ctx, a->id, true), a->name))
		return (-1);
	if (end_all(c, a->id, cause, "repeat the command", ended) == 0)
		return (0);
	ctl_say("%s is disabled, but %sthe sessions were not ended", a->name, undone);
	return (-1);
}

int
change_disable(struct ctl *c, const struct options *o)
{
	struct account a;
	uint32_t ended;

	if (shut_out(c, o, END_DISABLED, "", &a, &ended) != 0)
		return (CTL_FAILED);
	tell(a.name, "is disabled", ended);
	return (CTL_DONE);
}

int
change_enable(struct ctl *c, const struct options *o)
{
	struct account a;

	if (find_to_change(c, o, &a) != 0 || !is_changed(c->users->set_disabled(c->users_ctx, a.id, false), a.name))
		return (CTL_FAILED);
	print_line("%s is enabled", a.name);
	return (CTL_DONE);
}

/*
 * Disabled first and removed last: between the two nobody can log in, and if the sessions cannot be ended now, the account is
 * still there to repeat the command with.
 */
int
change_delete(struct ctl *c, const struct options *o)
{
	struct account a;
	uint32_t ended;

	if (shut_out(c, o, END_DELETED, "not deleted yet: ", &a, &ended) != 0 ||
	    !is_changed(c->users->remove(c->users_ctx, a.id), a.name))
		return (CTL_FAILED);
	tell(a.name, "is deleted", ended);
	return (CTL_DONE);
}

int
change_end_sessions(struct ctl *c, const char *id)
{
	uint32_t ended;

	return (end_all(c, id, END_PASSWORD, "end them with \"session kick --user\"", &ended));
}
