/* SPDX-License-Identifier: ISC */
/* Counting events for the rows of `alerts`: a sink that is there when there are some. */
#ifndef RELAY_ALERTS_H
#define RELAY_ALERTS_H

#include "doorward/config.h"
#include "doorward/sink.h"

extern const struct sink_driver alerts_driver;

/* The row of `sinks` that nobody writes: it wants the types of events that ${c}'s alerts count. There is one, and it stays. */
const struct sink_conf *alerts_sink(const struct config *c);

#endif
