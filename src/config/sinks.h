/* SPDX-License-Identifier: ISC */
/* The list `sinks`: where events are carried to. */
#ifndef CONFIG_SINKS_H
#define CONFIG_SINKS_H

#include <stdbool.h>

#include "config/source.h"

/* Reads the list of ${l->c}, after all other options, and checks each row. Returns false with the messages written. */
bool sinks_read(const struct loading *l);

/* Releases what sinks_read() made, in part or whole. */
void sinks_free(struct config *c);

#endif
