/* SPDX-License-Identifier: ISC */
/* An event as it was published, taken apart: what sinks are given. */
#ifndef RELAY_EVENT_H
#define RELAY_EVENT_H

#include "base/str.h"
#include "doorward/sink.h"

/*
 * Parses ${json}. Returns one block of memory, to be freed with free(), or NULL: it is no event of ours, or errno is ENOMEM,
 * and nothing is known of it.
 */
struct sink_event *event_parse(struct str json);

/* The time ${text}, as buf_time() writes it, in seconds; 0 if it is none. */
int64_t event_time(const char *text);

#endif
