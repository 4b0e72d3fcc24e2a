/* SPDX-License-Identifier: ISC */
/* The log as the configuration wants it. */
#ifndef CONFIG_LOGGING_H
#define CONFIG_LOGGING_H

#include <stdbool.h>

struct config;

/* Sends the log where ${c} says. Returns 0, or -1 with errno set and the log left where it was. */
int logging_open(const struct config *c);

/* Where that is, in a message about a failure. */
const char *logging_place(const struct config *c);

/* Do both want the same? */
bool logging_same(const struct config *a, const struct config *b);

#endif
