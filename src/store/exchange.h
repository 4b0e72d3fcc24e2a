/* SPDX-License-Identifier: ISC */
/* Questions over one link, in one piece. */
#ifndef STORE_EXCHANGE_H
#define STORE_EXCHANGE_H

#include <stdbool.h>
#include <stddef.h>

struct call;
struct link;
struct redis_store;

/*
 * Sends ${n} of ${calls} to the server of ${l}, over a new connection if there is none that will do, and sets their replies,
 * which may be errors. False: none has a reply; l->denied says whether that is because the server was not to be sent this.
 */
bool exchange_ask(struct redis_store *s, struct link *l, struct call *const *calls, size_t n);

#endif
