/* SPDX-License-Identifier: ISC */
/* Questions to one node. */
#ifndef STORE_LINK_H
#define STORE_LINK_H

#include <stddef.h>

struct call;
struct link;
struct redis_store;

/*
 * Asks ${n} of ${calls}, all of which are for ${l}, and settles each: its result, its reply, and in a cluster what is next.
 * Where the node cannot be asked they stay as they were, DW_UNAVAILABLE.
 */
void link_ask(struct redis_store *s, struct link *l, struct call *const *calls, size_t n);

#endif
