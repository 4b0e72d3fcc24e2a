/* SPDX-License-Identifier: ISC */
/* The tokens of JSON, for the gate in json.c. Every function stops behind what it took; false means that it is not there. */
#ifndef BASE_JSON_SCAN_H
#define BASE_JSON_SCAN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

/* A place in a text that is well-formed UTF-8. */
struct json_scan {
	const char *p;
	const char *end;
};

struct json_scan json_scan_of(struct str text);

/* The next byte, -1 at the end. */
int json_scan_peek(const struct json_scan *s);

/* Takes the byte ${c}, the bytes of ${word}, white space if there is any. */
bool json_scan_take(struct json_scan *s, char c);
bool json_scan_word(struct json_scan *s, const char *word);
void json_scan_space(struct json_scan *s);

/* Takes a number that a double holds finitely, in at most some hundred characters. */
bool json_scan_number(struct json_scan *s);

/* Takes a string without NUL, control character and unpaired surrogate; ${*raw} is what stands between the quotes. */
bool json_scan_string(struct json_scan *s, struct str *raw);

/* Compare strings that json_scan_string took, by what they mean: "\u0061" is "a". */
bool json_scan_same(struct str a, struct str b);
uint64_t json_scan_hash(struct str raw);

#endif
