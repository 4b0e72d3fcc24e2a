/* SPDX-License-Identifier: ISC */
/* Questions to whichever node has what they are about. */
#ifndef STORE_TURNS_H
#define STORE_TURNS_H

#include <stdbool.h>
#include <stddef.h>

struct call;
struct redis_store;

/* Asks those of ${n} ${calls} that are CALL_OPEN and sets what became of each. */
void turns_ask(struct redis_store *s, struct call *calls, size_t n);

/* Brings a cluster's map up to date where there is a reason to, and with ${doubt} anyway. */
void turns_refresh(struct redis_store *s, bool doubt);

#endif
