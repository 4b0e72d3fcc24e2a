/* SPDX-License-Identifier: ISC */
/*
 * When a worker asks to be replaced: after so many requests, at an age, or at a size. Neighbours differ by up to a tenth, so
 * that workers that were started together are not replaced together.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "worker/recycle.h"

#define SLOT_STEPS 8 /* slots side by side differ by an eighth of the jitter */

static int64_t
jittered(int64_t limit, size_t slot)
{

	return (limit + limit / 100 * RECYCLE_JITTER_PERCENT * (int64_t)(slot % SLOT_STEPS) / SLOT_STEPS +
		limit % 100 * RECYCLE_JITTER_PERCENT * (int64_t)(slot % SLOT_STEPS) / SLOT_STEPS / 100);
}

struct recycle_limits
recycle_limits(const struct config *conf, size_t slot)
{

	return ((struct recycle_limits){ .requests = (uint64_t)jittered(conf->max_requests, slot),
	    .age = jittered(conf->max_age, slot),
	    .rss = jittered(conf->max_rss, slot) });
}

/* Private memory: what is shared (the program, the cache) costs nothing more in a worker. */
int64_t
recycle_rss(void)
{
	int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
	int64_t size, resident, shared;
	char text[128];
	ssize_t n;

	if (fd < 0)
		return (-1);
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[n > 0 ? n : 0] = '\0';
	if (sscanf(text, "%" SCNd64 " %" SCNd64 " %" SCNd64, &size, &resident, &shared) != 3)
		return (-1);
	return ((resident - shared) * sysconf(_SC_PAGESIZE));
}

/* Memory last: it is the only one that costs something to ask for. */
bool
recycle_is_due(struct recycle *w, const struct recycle_limits *l, uint64_t served, int64_t now)
{

	if ((l->requests > 0 && served >= l->requests) || (l->age > 0 && now - w->born >= l->age))
		return (true);
	if (l->rss == 0 || now - w->looked < RECYCLE_LOOK_MS)
		return (false);
	w->looked = now;
	return (recycle_rss() >= l->rss);
}

/* Memory does not grow, nor requests come, while there is nothing to do. */
int
recycle_wait(const struct recycle *w, const struct recycle_limits *l, int64_t now)
{
	int64_t left = w->born + l->age - now;

	if (l->age == 0)
		return (-1);
	return (left < 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left);
}
