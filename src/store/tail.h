/* SPDX-License-Identifier: ISC */
/*
 * Reads the events of all outboxes in one order: by the number that Redis gives them, which begins with its time, then by
 * bucket. Nothing twice and nothing left out: the streams are read, and where each has been read to is remembered here,
 * whatever happens to connections and servers in between.
 *
 * With several servers, and so several clocks, and after a clock that stepped back, events come in the order in which they
 * are found; who then goes on from an id may see some again.
 */
#ifndef STORE_TAIL_H
#define STORE_TAIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "doorward/result.h"

struct redis_store;
struct tail;

/* Called with one event, the JSON as it was published. False: no more now; this one counts as read. */
typedef bool tail_fn(void *arg, struct str json);

/* NULL: out of memory. ${s} must outlive it. */
struct tail *tail_new(struct redis_store *s);
void tail_free(struct tail *t);

/* From now on / what happened in the last ${ms}. DW_OK or as in store.h; ask again where it could not be asked. */
enum dw_result tail_from_now(struct tail *t);
enum dw_result tail_from_ago(struct tail *t, int64_t ms);

/*
 * Behind the event ${id}. DW_ABSENT: it is not there any more, and ${t} goes on with what happened from the second on that
 * ${id} names, or with everything where it names none.
 */
enum dw_result tail_from_id(struct tail *t, struct str id);

/*
 * Gives ${each} what is there, in order, a bounded piece. ${*more}: there is more already, or will be in a moment. DW_OK or as
 * in store.h: then nothing was given that will not be given the next time.
 */
enum dw_result tail_read(struct tail *t, tail_fn *each, void *arg, bool *more);

#endif
