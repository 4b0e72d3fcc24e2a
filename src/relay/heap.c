/* SPDX-License-Identifier: ISC */
/* A binary heap in an array: each delivery knows its place, so that one in the middle can be taken out. */
#include "relay/heap.h"

static bool
before(const struct sink_delivery *a, const struct sink_delivery *b)
{

	return (a->due != b->due ? a->due < b->due : a->serial < b->serial);
}

static void
set(struct heap *h, size_t i, struct sink_delivery *d)
{

	h->all[i] = d;
	d->heap = i;
}

static void
rise(struct heap *h, size_t i)
{
	struct sink_delivery *d = h->all[i];

	while (i > 0 && before(d, h->all[(i - 1) / 2])) {
		set(h, i, h->all[(i - 1) / 2]);
		i = (i - 1) / 2;
	}
	set(h, i, d);
}

static void
sink(struct heap *h, size_t i)
{
	struct sink_delivery *d = h->all[i];

	for (size_t k; (k = 2 * i + 1) < h->n; i = k) {
		if (k + 1 < h->n && before(h->all[k + 1], h->all[k]))
			k++;
		if (!before(h->all[k], d))
			break;
		set(h, i, h->all[k]);
	}
	set(h, i, d);
}

void
heap_push(struct heap *h, struct sink_delivery *d)
{

	set(h, h->n++, d);
	rise(h, d->heap);
}

void
heap_pull(struct heap *h, struct sink_delivery *d)
{
	size_t i = d->heap;

	d->heap = HEAP_NOWHERE;
	if (i == --h->n)
		return;
	set(h, i, h->all[h->n]);
	sink(h, i);
	rise(h, i);
}

struct sink_delivery *
heap_first(const struct heap *h)
{

	return (h->n > 0 ? h->all[0] : NULL);
}

void
heap_hurry(struct heap *h, int64_t now, int64_t within)
{

	for (size_t i = 0; i < h->n; i++) {
		int64_t soon = now + within * (int64_t)i / (int64_t)h->n;

		if (h->all[i]->attempts > 0 && h->all[i]->due > soon)
			h->all[i]->due = soon;
	}
	for (size_t i = h->n / 2; i-- > 0;)
		sink(h, i);
}
