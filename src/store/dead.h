/* SPDX-License-Identifier: ISC */
/* The events that a sink could not be given: its dead letters, a stream of its own; and the way back. */
#ifndef STORE_DEAD_H
#define STORE_DEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "store/group.h"

#define DEAD_ERROR_MAX 255 /* bytes of the reason */
#define DEAD_LIST_MAX 200  /* letters of one list call */

struct dead_letter {
	struct stream_id id; /* in its stream */
	struct str json;     /* the event; valid during the call */
	int64_t attempts;
	struct str error;
};

/* Adds one; beyond ${most} the oldest go. */
enum dw_result dead_put(
    struct redis_store *s, const char *sink, struct str json, int64_t attempts, const char *error, int64_t most);

/*
 * Gives the letters behind ${*after} (zeroes: from the oldest), at most DEAD_LIST_MAX, to ${each}, and moves ${*after} on.
 * ${*n}: how many they were, 0 = that was all.
 */
typedef void dead_fn(void *arg, const struct dead_letter *d);
enum dw_result dead_list(struct redis_store *s, const char *sink, struct stream_id *after, dead_fn *each, void *arg, size_t *n);

enum dw_result dead_count(struct redis_store *s, const char *sink, uint64_t *n);

/* Takes one away. */
enum dw_result dead_remove(struct redis_store *s, const char *sink, struct stream_id id);

/* Gives ${json} to the sink once more: the relay finds it in the stream of retries. */
enum dw_result dead_retry(struct redis_store *s, const char *sink, struct str json);

#endif
