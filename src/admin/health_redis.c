/* SPDX-License-Identifier: ISC */
/*
 * What is wrong with Redis, as lines of the one list. This process asks and looks for itself: it has the same address and the
 * same user as the workers, and so sees what they see. A server that does not answer is named by the limit that was reached;
 * what follows from that, a cache that is off, waiting requests, comes after it on the page.
 */
#include "admin/health.h"
#include "store/look.h"
#include "store/redis.h"

#define TEXT HEALTH_TEXT_MAX

static void
add_fault(struct app *app, struct health *h, const struct look *l, enum look_fault f)
{
	static const enum health_level levels[] = {
		[LOOK_WARNING] = HEALTH_READY, [LOOK_DEGRADED] = HEALTH_DEGRADED, [LOOK_BROKEN] = HEALTH_DOWN
	};
	char text[TEXT];
	struct buf b;

	buf_init(&b, text, sizeof(text));
	look_say(&b, l, f);
	buf_puts(&b, " To mend it: ");
	look_mend(&b, l, app->conf, f);
	health_add(h, levels[look_weight(f)], "store_unavailable", look_name(f), "%s", text);
}

void
health_redis(struct app *app, struct health *h)
{
	const char *why;
	struct look l;
	enum dw_result result = redis_store_look(app->redis, &l, &why);

	for (enum look_fault f = 0; f < LOOK_FAULTS; f++)
		if ((l.faults & LOOK_BIT(f)) != 0)
			add_fault(app, h, &l, f);
	if (result != DW_OK && (l.faults == 0 || look_weight(look_first(l.faults)) != LOOK_BROKEN))
		health_add(h, HEALTH_DOWN, "store_unavailable", "redis", "Redis cannot be asked: %s.",
		    why[0] != '\0' ? why : "the log says why");
	else if (result == DW_OK && l.loading)
		health_add(h, HEALTH_DOWN, "store_unavailable", "loading", "Redis is loading its files.");
}
