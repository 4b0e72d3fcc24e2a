/* SPDX-License-Identifier: ISC */
/*
 * Sets back what stands in the way of a user who was shut out: the account's counter, with those of his devices, which lie in
 * it. That of an address goes by itself, and belongs to nobody. Failures are counted by name, so a user database that cannot be
 * asked, or not from here, is not in the way.
 */
#include <string.h>

#include "auth/name.h"
#include "auth/throttle.h"
#include "ctl/ctl.h"
#include "ctl/options.h"
#include "ctl/print.h"
#include "doorward/store.h"
#include "store/redis.h"

#include "ctl/commands.h"

/* The name whose failures are counted. */
static int
counted_name(struct ctl *c, const char *name, char out[USERNAME_MAX + 1])
{
	struct account a;
	enum dw_result r = ctl_find_account(c, name, &a);

	if (r == DW_OK || (r == DW_UNAVAILABLE && name_canonical(str_of(name), out))) {
		if (r == DW_OK)
			memcpy(out, a.name, sizeof(a.name));
		return (0);
	}
	ctl_say(r == DW_ABSENT ? "there is no user %s" : "the account of %s makes no sense", name);
	return (-1);
}

int
unlock_command(struct ctl *c, const struct options *o)
{
	struct guess g = { .step = GUESS_CLEAR, .kind = GUESS_ACCOUNT };
	char name[USERNAME_MAX + 1];

	if (ctl_users(c) != 0 || counted_name(c, o->args[0], name) != 0 || ctl_store(c) != 0)
		return (CTL_FAILED);
	throttle_account_key(ctl_keys(c), str_of(name), true, g.counter);
	redis_store_ops.guess(c->store, &g, 1);
	if (g.rc != DW_OK) {
		ctl_say("Redis could not be asked: repeat the command");
		return (CTL_FAILED);
	}
	print_line(g.cleared ? "unlocked %s" : "%s was not locked", name);
	return (CTL_DONE);
}
