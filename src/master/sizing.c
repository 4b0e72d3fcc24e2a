/* SPDX-License-Identifier: ISC */
/*
 * The decision how many processes to start or stop, as arithmetic without state of the system. Too few idle ones: start as many
 * as are missing, but only 1, 2, 4 … in successive turns, so that a short burst does not fill the machine. Too many: stop one a
 * turn.
 */
#include "master/sizing.h"

/* How many are missing: idle ones, and one if connections wait although some seem idle. */
static size_t
missing(const struct sizing_view *v)
{

	if (v->idle < v->spare_least)
		return (v->spare_least - v->idle);
	return (v->queued > 0 && v->idle == 0 ? 1 : 0);
}

static size_t
lesser(size_t a, size_t b)
{

	return (a < b ? a : b);
}

int
sizing_step(struct sizing *z, const struct sizing_view *v)
{
	size_t n;

	if (v->have < v->least)
		return ((int)(v->least - v->have));
	if ((n = lesser(missing(v), v->most > v->have ? v->most - v->have : 0)) > 0) {
		z->rate = z->rate == 0 ? 1 : z->rate * 2 < SIZING_RATE_MAX ? z->rate * 2 : SIZING_RATE_MAX;
		return ((int)lesser(n, z->rate));
	}
	z->rate = 0;
	return (v->idle > v->spare_most && v->have > v->least ? -1 : 0);
}
