/* SPDX-License-Identifier: ISC */
/* The values of options: from text or from the parsed file into their field. */
#ifndef CONFIG_VALUE_H
#define CONFIG_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <libconfig.h>

#include "config/table.h"

/*
 * Sets the field of ${o} in the struct at ${base} from ${text}, the way defaults are written in the table. Returns
 * false, with what is wrong in the ${len} bytes at ${why} and the field unchanged, if the text is not of the type or
 * out of range.
 */
bool value_from_text(const struct option *o, const char *text, void *base, char *why, size_t len);

/* The same from a parsed setting. */
bool value_from_setting(const struct option *o, const config_setting_t *s, void *base, char *why, size_t len);

/*
 * Copies the inherited field of ${from} in ${base} to the field of ${o} in ${client}; both are of one type, without
 * memory of its own.
 */
void value_inherit(const struct option *from, const void *base, const struct option *o, void *client);

/* Writes the duration ${ms} with the largest unit that leaves nothing over. */
void value_duration(int64_t ms, char *out, size_t cap);

/* Writes the size ${bytes} with the largest unit that leaves nothing over. */
void value_size(int64_t bytes, char *out, size_t cap);

/* Releases what the field owns, and empties it. */
void value_free(const struct option *o, void *base);

#endif
