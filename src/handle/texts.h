/* SPDX-License-Identifier: ISC */
/* Everything the pages say, in one table. */
#ifndef HANDLE_TEXTS_H
#define HANDLE_TEXTS_H

#include <stdint.h>

#include "base/str.h"

/* The text called ${name}, or STR_NONE. */
struct str texts_find(struct str name);

/* The same for the text called ${prefix}${word}: "title." and the code of an error, for one. */
struct str texts_of(const char *prefix, const char *word);

#define TEXTS_WAIT_MAX 96

/* The sentence that another try at a password is taken in ${seconds}, written to ${room}; returns that. */
const char *texts_wait(int64_t seconds, char room[TEXTS_WAIT_MAX]);

#endif
