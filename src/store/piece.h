/* SPDX-License-Identifier: ISC */
/* Questions about many outboxes or records that are asked together, with what their answers come in: see call_many(). */
#ifndef STORE_PIECE_H
#define STORE_PIECE_H

#include "store/args.h"
#include "store/call.h"

struct piece {
	size_t n, most;
	struct call *calls;
	struct args *args;
};

/* For at most ${most} questions, and never more than CALLS_MAX. NULL: no memory. */
struct piece *piece_new(size_t most);
void piece_free(struct piece *p);

/* One more question, to the node of ${bucket}; there is room for it. Its arguments are the caller's to begin. */
struct args *piece_add(struct piece *p, unsigned bucket);
bool piece_is_full(const struct piece *p);

void piece_ask(struct redis_store *s, struct piece *p);

/* Forgets questions and answers. */
void piece_clear(struct piece *p);

#endif
