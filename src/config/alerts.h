/* SPDX-License-Identifier: ISC */
/* The list `alerts`: which events are counted, and how many are too many. */
#ifndef CONFIG_ALERTS_H
#define CONFIG_ALERTS_H

#include <stdbool.h>

#include "config/source.h"

/* Reads the list of ${l->c} and checks each row. Returns false with the messages written. */
bool alerts_read(const struct loading *l);

/* Releases what alerts_read() made, in part or whole. */
void alerts_free(struct config *c);

#endif
