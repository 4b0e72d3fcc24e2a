/* SPDX-License-Identifier: ISC */
/* Borrowed byte ranges and the few text predicates everybody needs. A struct str never owns memory. */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ${len} bytes at ${p}, not necessarily NUL-terminated. ${p} == NULL means absent; an empty string has a non-NULL ${p}. */
struct str {
	const char *p;
	size_t len;
};

#define STR_NONE ((struct str){ NULL, 0 })
#define STR_LIT(s) ((struct str){ (s), sizeof(s) - 1 })

/* Returns the struct str of the NUL-terminated ${s}; NULL gives STR_NONE. */
struct str str_of(const char *s);

/* Returns true if ${a} holds exactly the bytes of the NUL-terminated ${s}. Not constant-time: never for secrets. */
bool str_is(struct str a, const char *s);

/* The same, ignoring ASCII case (header values, schemes). */
bool str_is_nocase(struct str a, const char *s);

/* FNV-1a of ${n} bytes, behind those that ${hash} is of; it begins with STR_HASH. */
#define STR_HASH UINT64_C(0xcbf29ce484222325)
uint64_t str_hash(uint64_t hash, const void *p, size_t n);

/* Returns true if ${a} begins with the NUL-terminated ${s}. */
bool str_starts(struct str a, const char *s);

/* Returns ${a} without leading and trailing spaces and tabs. */
struct str str_trim(struct str a);

/*
 * Cuts ${*rest} at the first ${sep}: returns what stands before it and leaves what follows in ${*rest}, whose p becomes
 * NULL when nothing follows. Iterate while rest.p != NULL.
 */
struct str str_cut(struct str *rest, char sep);

/* Copies ${a} into ${dst} of ${cap} bytes and terminates it. Returns false, leaving an empty string, if it does not fit. */
bool str_copy(char *dst, size_t cap, struct str a);

/* Parses ${a} as an unsigned decimal of digits only, at most ${max}. Returns false on anything else, overflow included. */
bool str_to_u64(struct str a, uint64_t max, uint64_t *out);

/* Returns true if ${a} is well-formed UTF-8 (RFC 3629: no overlongs, no surrogates, nothing beyond U+10FFFF). */
bool str_is_utf8(struct str a);

/* Returns true if every byte of ${a} is below 0x80. */
bool str_is_ascii(struct str a);

/* Returns true if ${a} holds a C0 control or DEL. */
bool str_has_control(struct str a);

/* Returns true if every byte of ${a} is an ASCII letter, a digit or one of ${extra}, and 1 <= length <= ${max}. */
bool str_is_word(struct str a, const char *extra, size_t max);

/* Returns the value of the hexadecimal digit ${c}, either case, or -1. */
int str_hex_value(char c);

#endif
