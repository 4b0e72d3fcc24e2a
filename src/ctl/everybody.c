/* SPDX-License-Identifier: ISC */
/*
 * Goes over all users that have a record in Redis. The scan is finished first and then visited: what the visits change could
 * otherwise make it repeat or skip. A record that makes no sense is passed over and counted, and the command fails in the end.
 */
#include <stdlib.h>
#include <string.h>

#include "ctl/ctl.h"
#include "store/redis.h"

#include "ctl/everybody.h"

#define FIRST_ROOM 1024

/* All locators, as the scan gave them: it may give one twice, and no list and no count may. */
struct locators {
	uint8_t (*user_keys)[USER_KEY_LEN];
	size_t n, room;
	bool full; /* out of memory */
};

static void
collect(void *arg, const uint8_t user_key[USER_KEY_LEN])
{
	struct locators *l = arg;
	size_t room = l->room == 0 ? FIRST_ROOM : l->room * 2;
	void *grown;

	if (l->n == l->room && !l->full) {
		if ((grown = reallocarray(l->user_keys, room, USER_KEY_LEN)) == NULL) {
			l->full = true;
		} else {
			l->user_keys = grown;
			l->room = room;
		}
	}
	if (!l->full)
		memcpy(l->user_keys[l->n++], user_key, USER_KEY_LEN);
}

static int
scan(struct ctl *c, struct locators *l)
{
	uint64_t cursor = 0;

	do {
		enum dw_result rc = redis_store_scan(c->store, &cursor, collect, l);

		if (rc != DW_OK) {
			ctl_say(rc == DW_UNAVAILABLE ? "Redis could not be asked" : "Redis does not let itself be scanned");
			return (-1);
		}
		if (l->full) {
			ctl_say("out of memory");
			return (-1);
		}
	} while (cursor != 0);
	return (0);
}

static int
compare(const void *a, const void *b)
{

	return (memcmp(a, b, USER_KEY_LEN));
}

/* The verdict on all, when ${broken} of them were passed over. */
static int
sum_up(int rc, size_t broken)
{

	if (rc < 0 || broken == 0)
		return (rc);
	ctl_say("%zu record%s in Redis %s no sense", broken, broken == 1 ? "" : "s", broken == 1 ? "makes" : "make");
	return (EVERYBODY_BROKEN);
}

/* Sorted, so that a user whom the scan gave twice is visited once. */
int
everybody_each(struct ctl *c, int (*f)(struct ctl *c, const uint8_t user_key[USER_KEY_LEN], void *ctx), void *ctx)
{
	struct locators l = { .user_keys = NULL };
	int rc = scan(c, &l);
	size_t broken = 0;

	if (rc == 0 && l.n > 1)
		qsort(l.user_keys, l.n, USER_KEY_LEN, compare);
	for (size_t i = 0; rc == 0 && i < l.n; i++) {
		if (i > 0 && memcmp(l.user_keys[i], l.user_keys[i - 1], USER_KEY_LEN) == 0)
			continue;
		if ((rc = f(c, l.user_keys[i], ctx)) == EVERYBODY_BROKEN) {
			broken++;
			rc = 0;
		}
	}
	free(l.user_keys);
	return (sum_up(rc, broken));
}
