/* SPDX-License-Identifier: ISC */
/*
 * Spans of requests on their way from workers to the relay: a ring of fixed-size records for each process, in memory that was
 * mapped before the fork. Each ring has one writer, which never waits: what has no room is counted and dropped. Where nothing
 * is traced a request costs one branch a stage.
 *
 * A request is one span, with one below it for each time it spent on Redis, on the user database and on a password: these are
 * the stages that the board is told of anyway.
 */
#ifndef DOORWARD_TRACE_H
#define DOORWARD_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SPAN_ID_LEN 8
#define SPAN_ID_HEX (2 * SPAN_ID_LEN)
#define SPAN_ROUTE_MAX 47

struct span {
	char trace_id[33], parent[SPAN_ID_HEX + 1]; /* hex; parent "" = it has none */
	uint8_t id[SPAN_ID_LEN];
	int64_t start, end; /* ns since the epoch */
	uint16_t status;    /* of a request's answer */
	uint8_t stage;      /* enum board_stage of a part; 0 = it is the request */
	char method[8];
	char route[SPAN_ROUTE_MAX + 1]; /* without the mount; "" = none was found */
};

struct trace_rings;

/* Made before the first fork; NULL = no memory. */
struct trace_rings *trace_new(void);

/* From now on this process, whose slot has the number ${slot}, traces ${fraction} of what nobody decided about. */
void trace_join(struct trace_rings *r, size_t slot, double fraction);

/* Is there a request in hand that is traced? Read by who would else call for nothing. */
extern bool trace_active;

enum trace_decision { TRACE_UNDECIDED = 0, TRACE_WANTED, TRACE_UNWANTED };

/* A request with these ids begins: decides whether it is traced. ${parent}: SPAN_ID_HEX characters, or "". */
void trace_begin(const char *trace_id, const char *parent, enum trace_decision said, const char *method);

/* Its route, as the table has it. A part of it, by stage, that began and ended at ns of the monotonic clock. Its end. */
void trace_route(const char *route);
void trace_part(uint32_t stage, int64_t start, int64_t end);
void trace_end(int64_t start, int64_t end, int status);

/* Takes at most ${max} spans out of all rings. ${n} more were lost by who took them. All that were dropped. */
size_t trace_take(struct trace_rings *r, struct span *out, size_t max);
void trace_lost(struct trace_rings *r, uint64_t n);
uint64_t trace_dropped(const struct trace_rings *r);

#endif
