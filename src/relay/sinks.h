/* SPDX-License-Identifier: ISC */
/* Which kinds of sink there are, and where their drivers come from. */
#ifndef RELAY_SINKS_H
#define RELAY_SINKS_H

#include <stddef.h>
#include <stdio.h>

#include "doorward/config.h"
#include "doorward/sink.h"

/* The driver of ${type}, its module opened if it is one's: after the fork. NULL with a sentence in ${why}. */
const struct sink_driver *sinks_driver(const char *type, char *why, size_t len);

/* The type of what takes spans (relay/trace.c); and the row that nobody writes, by trace.otlp of ${c}. There is one. */
#define SINK_TRACES "otlp"
const struct sink_conf *sinks_traces(const struct config *c);

/* The one that is always there. */
const struct sink_driver *sinks_ledger(void);

/*
 * Looks at every row of ${conf}, as the relay would at its start, but in a process of its own where modules are needed: prints
 * a line to ${out} for each that would not work, and returns how many.
 */
size_t sinks_check(const struct config *conf, FILE *out);

#endif
