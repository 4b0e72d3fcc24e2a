#include <stdlib.h>
#include <string.h>

#include "ctl/ctl.h"
#include "store/redis.h"

#include "ctl/everybody.h"

#define FIRST_ROOM 1024

/* All locators, as the scan gave them: it may give one twice, and no list and no count may. */
struct locators {
	uint8_t (*ups)[UP_LEN];
	size_t n, room;
	bool full; /* out of memory */
};

static void
collect(void *arg, const uint8_t up[UP_LEN])
{
	struct locators *l = arg;
	size_t room = l->room == 0 ? FIRST_ROOM : l->room * 2;
	void *grown;

	if (l->n == l->room && !l->full) {
		if ((grown = reallocarray(l->ups, room, UP_LEN)) == NULL) {
			l->full = true;
		} else {
			l->ups = grown;
			l->room = room;
		}
	}
	if (!l->full)
		memcpy(l->ups[l->n++], up, UP_LEN);
}

static int
scan(struct ctl *c, struct locators *l)
{
	uint64_t cursor = 0;

	do {
		if (redis_store_scan(c->store, &cursor, collect, l) != DW_OK) {
			ctl_say("Redis could not be asked");
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

	return (memcmp(a, b, UP_LEN));
}

int
everybody_each(struct ctl *c, int (*f)(struct ctl *c, const uint8_t up[UP_LEN], void *ctx), void *ctx)
{
	struct locators l = { .ups = NULL };
	int rc = scan(c, &l);

	if (rc == 0 && l.n > 1)
		qsort(l.ups, l.n, UP_LEN, compare);
	for (size_t i = 0; rc == 0 && i < l.n; i++)
		if (i == 0 || memcmp(l.ups[i], l.ups[i - 1], UP_LEN) != 0)
			rc = f(c, l.ups[i], ctx);
	free(l.ups);
	return (rc);
}
