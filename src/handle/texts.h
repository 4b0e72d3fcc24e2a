/* SPDX-License-Identifier: ISC */
/* Everything the pages say, in one table. A language is a number, from texts_language(). */
#ifndef HANDLE_TEXTS_H
#define HANDLE_TEXTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

#define TEXTS_ENGLISH 0 /* what programs are told, and who asks for no language of ours */

/* The language for somebody whose browser sends ${accept_language}. */
unsigned texts_language(struct str accept_language);

/* The text called ${name}, or STR_NONE. */
struct str texts_find(unsigned language, struct str name);

/* The same for the text called ${prefix}${word}: "title." and the code of an error, for one. */
struct str texts_of(unsigned language, const char *prefix, const char *word);

#define TEXTS_NUMBER_MAX 160

/* ${text} with ${n} for its first '#', written to ${room}. */
struct str texts_number(struct str text, int64_t n, char room[TEXTS_NUMBER_MAX]);

/* The sentence that another try at a password is taken in ${seconds}, written to ${room}; returns that. */
const char *texts_wait(unsigned language, int64_t seconds, char room[TEXTS_NUMBER_MAX]);

/* "Active 3 hours ago", likewise. */
struct str texts_ago(unsigned language, int64_t seconds, char room[TEXTS_NUMBER_MAX]);

/* Text number ${i}: for the tests, which want every row in every language. False after the last. */
bool texts_at(size_t i, unsigned language, const char **name, const char **text);

#endif
