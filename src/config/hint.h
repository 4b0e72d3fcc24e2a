/* SPDX-License-Identifier: ISC */
/* What the writer of a configuration probably meant. Inside src/config only. */
#ifndef CONFIG_HINT_H
#define CONFIG_HINT_H

#include <stddef.h>

/*
 * Finds the option that ${name}, which is none, was most likely meant to be: a neighbour in spelling, or the same last word in
 * another group. Returns its name, or NULL if nothing is near.
 */
const char *hint_option(const char *name);

struct option;

/* The same for an option of a row of ${table}, without "clients[0].". */
const char *hint_row_option(const struct option *table, const char *name);

/*
 * Looks at line ${line} of ${file}, where the parser stopped, and at the one before it, for the mistakes that people make most.
 * Writes a sentence that begins with ": " into the ${cap} bytes at ${out}, or nothing.
 */
void hint_syntax(const char *file, unsigned line, char *out, size_t cap);

/* Copies the name that line ${line} of ${file} sets into the ${cap} bytes at ${out}; "" if there is none. */
void hint_name(const char *file, unsigned line, char *out, size_t cap);

#endif
