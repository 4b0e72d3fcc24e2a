/* SPDX-License-Identifier: ISC */
/*
 * "user add", "user list", "user show". The id is random and never used again, also for a new account of the same name: it is
 * what sessions and applications know the user by.
 */
#include <stdio.h>
#include <string.h>

#include "auth/name.h"
#include "base/base64url.h"
#include "base/clock.h"
#include "base/log.h"
#include "crypto/random.h"
#include "ctl/commands.h"
#include "ctl/ctl.h"
#include "ctl/options.h"
#include "ctl/password.h"
#include "ctl/print.h"
#include "doorward/config.h"

#include "ctl/user.h"

#define ID_BYTES 16 /* random: ids are never given twice, not even to somebody of the same name */
#define PAGE 200    /* accounts read at a time */
#define PAGE_BYTES (PAGE * sizeof(struct account) + 64)

_Static_assert(BASE64URL_LEN(ID_BYTES) == USER_ID_MAX, "an id fits its place");

int
user_groups_join(const struct str *groups, size_t n, char out[GROUPS_MAX + 1])
{

	if (name_groups_join(groups, n, out))
		return (0);
	ctl_say("the groups are refused: names without commas, controls and blanks at their ends, together at most %d bytes",
	    GROUPS_MAX);
	return (-1);
}

/* Fills in everything but the password. */
static int
describe(const struct options *o, struct account *a)
{
	struct str groups[GROUP_OPTIONS_MAX];
	uint8_t raw[ID_BYTES];

	memset(a, 0, sizeof(*a));
	if (!name_canonical(str_of(o->args[0]), a->name)) {
		ctl_say("the name is refused: 1 to %d bytes of UTF-8 without , : / \", controls and invisible characters",
		    USERNAME_MAX);
		return (-1);
	}
	for (size_t i = 0; i < o->groups.n; i++)
		groups[i] = str_of(o->groups.values[i]);
	if (user_groups_join(groups, o->groups.n, a->groups) != 0)
		return (-1);
	if (random_bytes(raw, sizeof(raw)) != 0) {
		ctl_say("the kernel gives no random bytes");
		return (-1);
	}
	base64url_encode(raw, sizeof(raw), a->id);
	a->created = clock_wall();
	return (0);
}

/* Asked before the password is, so that nobody types one in vain. */
static int
is_free(struct ctl *c, const char *name)
{
	struct account other;
	enum dw_result r = c->users->find(c->users_ctx, name, &other);

	explicit_bzero(other.hash, sizeof(other.hash));
	if (r == DW_OK)
		ctl_say("there is a user %s already", name);
	else if (r != DW_ABSENT)
		ctl_say("the user database could not be asked");
	return (r == DW_ABSENT ? 0 : -1);
}

/* The name may have been taken since it was looked for. */
static int
store_account(struct ctl *c, const struct account *a)
{

	switch (c->users->add(c->users_ctx, a)) {
	case DW_OK:
		return (0);
	case DW_REFUSED:
		ctl_say("there is a user %s already", a->name);
		return (-1);
	default:
		ctl_say("the user database could not be written: %s was not added", a->name);
		return (-1);
	}
}

static const char *
state_of(const struct account *a)
{

	return (a->conflict ? "conflict" : a->disabled ? "disabled" : "enabled");
}

/* The name for a person to read. One in conflict may have what no name may: characters that are not seen, or that turn the
 * others around. */
static const char *
name_of(const struct account *a)
{

	return (a->conflict ? log_text(str_of(a->name)) : a->name);
}

int
user_print(const struct account *a, bool json)
{
	char text[ACCOUNT_TEXT_MAX], at[TIME_LEN];
	struct buf b;

	buf_init(&b, text, sizeof(text));
	if (json) {
		print_account_json(&b, a);
		buf_putc(&b, '\n');
	} else {
		buf_printf(&b, "name     %s\nid       %s\ngroups   %s\nstate    %s\ncreated  %s\n", name_of(a), a->id,
		    print_groups(a, "-"), state_of(a), print_time(a->created, at));
	}
	return (print_buf(&b) == 0 ? CTL_DONE : CTL_FAILED);
}

int
user_add(struct ctl *c, const struct options *o)
{
	struct account a;
	const struct password_owner owner = { .conf = c->conf, .name = a.name };
	int rc;

	if (describe(o, &a) != 0 || ctl_users_to_add(c) != 0 || is_free(c, a.name) != 0)
		return (CTL_FAILED);
	if ((rc = password_hash(&owner, o->password_stdin, a.hash)) == 0)
		rc = store_account(c, &a);
	explicit_bzero(a.hash, sizeof(a.hash));
	if (rc != 0)
		return (CTL_FAILED);
	if (o->json)
		return (user_print(&a, true));
	print_line("added %s, id %s", a.name, a.id);
	return (CTL_DONE);
}

static int
print_account(const struct account *a, bool json, bool first)
{
	char text[ACCOUNT_TEXT_MAX], at[TIME_LEN];
	struct buf b;

	buf_init(&b, text, sizeof(text));
	if (json) {
		if (!first)
			buf_putc(&b, ',');
		print_account_json(&b, a);
	} else {
		buf_printf(&b, "%-24s %-22s  %-8s  %-20s  %s\n", name_of(a), a->id, state_of(a), print_time(a->created, at),
		    print_groups(a, "-"));
	}
	return (print_buf(&b));
}

static void
print_head(bool json)
{

	if (json)
		fputs("{\"users\":[", stdout);
	else
		printf("%-24s %-22s  %-8s  %-20s  %s\n", "NAME", "ID", "STATE", "CREATED", "GROUPS");
}

/* Prints all accounts, page by page; nothing, not even a head, if the first page cannot be had. */
static int
print_all(struct ctl *c, bool json)
{
	char after[USERNAME_MAX + 1] = "";
	struct account *page;
	bool first = true, headed = false;
	size_t n;

	do {
		arena_reset(&c->arena);
		if (c->users->list(c->users_ctx, after, PAGE, &c->arena, &page, &n) != DW_OK) {
			ctl_say("the user database could not be asked");
			return (-1);
		}
		if (!headed)
			print_head(json);
		headed = true;
		for (size_t i = 0; i < n; i++, first = false)
			if (print_account(&page[i], json, first) != 0)
				return (-1);
		if (n > 0)
			memcpy(after, page[n - 1].name, sizeof(after));
	} while (n == PAGE);
	return (0);
}

int
user_list(struct ctl *c, const struct options *o)
{

	if (ctl_users(c) != 0)
		return (CTL_FAILED);
	if (c->users->list == NULL) {
		ctl_say("the accounts of userdb.url (%s) cannot be listed here: whoever keeps them can", c->conf->userdb_url);
		return (CTL_FAILED);
	}
	if (ctl_arena(c, PAGE_BYTES) != 0)
		return (CTL_FAILED);
	if (print_all(c, o->json) != 0)
		return (CTL_FAILED);
	if (o->json)
		fputs("]}\n", stdout);
	return (CTL_DONE);
}

int
user_show(struct ctl *c, const struct options *o)
{
	struct account a;

	if (ctl_users(c) != 0 || ctl_account(c, o->args[0], &a) != 0)
		return (CTL_FAILED);
	return (user_print(&a, o->json));
}
