/* SPDX-License-Identifier: ISC */
/*
 * A strict gate in front of json-c, which lets duplicate members, NUL inside keys, malformed UTF-8, control characters, NaN and
 * more pass: RFC 8259 grammar, RFC 3629 UTF-8, uniqueness of names (RFC 7493 2.3). Used for request bodies and for tokens
 * alike.
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

struct json_object;

#define JSON_DEPTH_MAX 16    /* nesting of objects and arrays */
#define JSON_MEMBERS_MAX 256 /* members of one object: bounds the search for duplicates */

/*
 * Returns true if ${text} is one JSON object, well-formed in every byte: no duplicate member names (compared after unescaping),
 * no NUL, escaped or raw, no unpaired surrogate, no control character in a string, nesting within JSON_DEPTH_MAX, numbers that
 * a double holds finitely, nothing after it but white space.
 */
bool json_is_strict(struct str text);

/* Gate and parser in one: returns the object, to be released with json_object_put(), or NULL if it is not strict JSON. */
struct json_object *json_parse_strict(struct str text);

/* json_object_put() of what may hold a password: wipes the strings that are its members. */
void json_forget(struct json_object *o);

/*
 * The member ${name} of ${o}: a string's bytes (valid while ${o} lives); STR_NONE if it is absent. If it is there with another
 * type,
 * ${*wrong} becomes true.
 */
struct str json_string(struct json_object *o, const char *name, bool *wrong);

/* An integer member within 0 … 2^53, or ${otherwise} if it is absent; fractions and negatives set ${*wrong}. */
int64_t json_integer(struct json_object *o, const char *name, int64_t otherwise, bool *wrong);

/* A boolean member (not json_bool, which json-c has as a type), or ${otherwise} if it is absent. */
bool json_boolean(struct json_object *o, const char *name, bool otherwise, bool *wrong);

#endif
