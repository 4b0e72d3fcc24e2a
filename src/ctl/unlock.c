/* SPDX-License-Identifier: ISC */
/*
 * Sets back what stands in the way of a user who was shut out: the account's counter, with those of his devices, which lie in
 * it. That of an address goes by itself, and belongs to nobody.
 */
#include "auth/throttle.h"
#include "ctl/ctl.h"
#include "ctl/options.h"
#include "ctl/print.h"
#include "doorward/store.h"
#include "store/redis.h"

#include "ctl/commands.h"

int
unlock_command(struct ctl *c, const struct options *o)
{
	struct guess g = { .step = GUESS_CLEAR, .kind = GUESS_ACCOUNT };
	struct account a;

	if (ctl_users(c) != 0 || ctl_account(c, o->args[0], &a) != 0 || ctl_store(c) != 0)
		return (CTL_FAILED);
	throttle_account_key(ctl_keys(c), str_of(a.name), true, g.counter);
	redis_store_ops.guess(c->store, &g, 1);
	if (g.rc != DW_OK) {
		ctl_say("Redis could not be asked: repeat the command");
		return (CTL_FAILED);
	}
	print_line(g.cleared ? "unlocked %s" : "%s was not locked", a.name);
	return (CTL_DONE);
}
