/* SPDX-License-Identifier: ISC */
/*
 * "user groups": shows or changes the groups of an account.
 *
 * The account is written first and the record of the user's sessions then: what signs in between the two looks at the account
 * again after it has written its session (auth/login.c). Two of these commands at once: the account is only changed from what
 * was read, and the record is written until the account is what was written there, so that neither undoes the other.
 */
#include <stdio.h>
#include <string.h>

#include "auth/name.h"
#include "base/groups.h"
#include "ctl/ctl.h"
#include "ctl/options.h"
#include "ctl/print.h"
#include "ctl/user.h"
#include "doorward/config.h"
#include "doorward/store.h"
#include "store/redis.h"

#include "ctl/commands.h"

#define TRIES 20

/* A list while it is being changed: what it had, what was set, and what is added. */
struct list {
	struct str groups[3 * GROUP_OPTIONS_MAX];
	size_t n;
};

static int
append(struct list *l, struct str group)
{

	if (l->n == sizeof(l->groups) / sizeof(l->groups[0])) {
		ctl_say("too many groups");
		return (-1);
	}
	l->groups[l->n++] = group;
	return (0);
}

static int
append_all(struct list *l, const char *comma_list)
{
	struct str rest = comma_list[0] == '\0' ? STR_NONE : str_of(comma_list);

	while (rest.p != NULL)
		if (append(l, str_cut(&rest, ',')) != 0)
			return (-1);
	return (0);
}

static void
drop(struct list *l, const char *group)
{
	size_t kept = 0;

	for (size_t i = 0; i < l->n; i++)
		if (!str_is(l->groups[i], group))
			l->groups[kept++] = l->groups[i];
	l->n = kept;
}

/* What becomes of ${a}'s list: set, then added to, then removed from. */
static int
changed_list(const struct options *o, const struct account *a, char out[GROUPS_MAX + 1])
{
	struct list l = { .n = 0 };

	if (o->set == NULL && a->groups_partial) {
		ctl_say("%s is in too many groups to change some of them: --set puts others in their place", a->name);
		return (-1);
	}
	if (append_all(&l, o->set != NULL ? o->set : a->groups) != 0)
		return (-1);
	for (size_t i = 0; i < o->add.n; i++)
		if (append(&l, str_of(o->add.values[i])) != 0)
			return (-1);
	for (size_t i = 0; i < o->remove.n; i++)
		drop(&l, o->remove.values[i]);
	return (user_groups_join(l.groups, l.n, out));
}

/* Finds the account and changes it. ${a} is what it is then. */
static int
change_account(struct ctl *c, const struct options *o, struct account *a)
{
	char groups[GROUPS_MAX + 1];
	enum dw_result r = DW_REFUSED;

	for (int i = 0; i < TRIES && r == DW_REFUSED; i++) {
		if (ctl_account(c, o->args[0], a) != 0 || changed_list(o, a, groups) != 0)
			return (-1);
		r = c->users->set_groups(c->users_ctx, a->id, a->groups, groups);
	}
	if (r == DW_OK) {
		memcpy(a->groups, groups, sizeof(a->groups));
		a->groups_len = strlen(groups);
	} else if (r == DW_ABSENT)
		ctl_say("there is no user %s any more", a->name);
	else if (r == DW_REFUSED)
		ctl_say("somebody else keeps changing the groups of %s: nothing was changed", a->name);
	else
		ctl_say("the user database could not be written: nothing was changed");
	return (r == DW_OK ? 0 : -1);
}

/* Whether ${a}->groups are still those of the account. DW_REFUSED: no, and now they are those of now. */
static enum dw_result
look_again(struct ctl *c, struct account *a)
{
	struct account now;
	enum dw_result r = c->users->find_id(c->users_ctx, a->id, &now);

	explicit_bzero(now.hash, sizeof(now.hash));
	if (r != DW_OK || strcmp(now.groups, a->groups) == 0)
		return (r);
	memcpy(a->groups, now.groups, sizeof(a->groups));
	return (DW_REFUSED);
}

/* What sessions carry of ${a}'s groups. */
static const char *
counting(const struct ctl *c, const struct account *a, char out[GROUPS_MAX + 1])
{

	(void)groups_keep(str_of(a->groups), c->conf->userdb_groups, out);
	return (out);
}

/* Brings the sessions in line with the account as it is now, whoever changed it last. */
static int
change_sessions(struct ctl *c, struct account *a)
{
	uint8_t user_key[USER_KEY_LEN];
	char groups[GROUPS_MAX + 1];
	enum dw_result r = DW_REFUSED;

	if (ctl_store(c) != 0)
		return (-1);
	ctl_pseudonym(c, a->id, user_key);
	for (int i = 0; i < TRIES && r == DW_REFUSED; i++) {
		r = redis_store_ops.set_groups(c->store, user_key, a->id, a->name, NULL, counting(c, a, groups));
		if (r != DW_OK) {
			ctl_say_store(r, user_key);
			return (-1);
		}
		r = look_again(c, a);
	}
	ctl_flush(c);
	if (r == DW_OK || r == DW_ABSENT) /* deleted meanwhile: who did that ends the sessions */
		return (0);
	ctl_say(r == DW_REFUSED ? "somebody else keeps changing the groups" : "the user database could not be asked again");
	return (-1);
}

static int
say_groups(const struct account *a)
{
	char text[ACCOUNT_TEXT_MAX];
	struct buf b;

	buf_init(&b, text, sizeof(text));
	buf_printf(&b, "%s is in %s\n", a->name, print_groups(a, "no group"));
	return (print_buf(&b) == 0 ? CTL_DONE : CTL_FAILED);
}

/* Without a change it shows the groups. A change is in the account first, then in the sessions. */
int
groups_command(struct ctl *c, const struct options *o)
{
	bool change = o->set != NULL || o->add.n > 0 || o->remove.n > 0;
	struct account a;
	int rc;

	if (change)
		rc = ctl_users_to_change(c) == 0 ? change_account(c, o, &a) : -1;
	else
		rc = ctl_users(c) == 0 ? ctl_account(c, o->args[0], &a) : -1;
	if (rc != 0)
		return (CTL_FAILED);
	if (change && change_sessions(c, &a) != 0) {
		ctl_say("%s has the new groups, but sessions that are open may keep the old ones: repeat the command", a.name);
		return (CTL_FAILED);
	}
	if (o->json)
		return (user_print(&a, true));
	return (say_groups(&a));
}
