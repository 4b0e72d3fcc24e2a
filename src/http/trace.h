/* SPDX-License-Identifier: ISC */
/* The trace id of a request (W3C Trace Context): the caller's, if its traceparent is valid, else one of our own. */
#ifndef HTTP_TRACE_H
#define HTTP_TRACE_H

#include "base/str.h"
#include "doorward/session.h"
#include "doorward/trace.h"

/* Writes the 32 lower-case hex digits of the trace id to ${out}. ${traceparent} is believed only in its exact form (R183). */
void trace_id_of(struct str traceparent, char out[TRACE_ID_LEN + 1]);

/*
 * What ${traceparent} says besides: the id of the caller's span goes to ${out}, "" if there is none, and whether the trace is
 * sampled. UNDECIDED where it is not valid.
 */
enum trace_decision trace_parent_of(struct str traceparent, char out[SPAN_ID_HEX + 1]);

#endif
