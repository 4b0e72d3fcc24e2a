/* SPDX-License-Identifier: ISC */
/*
 * Text built into memory of a fixed size. An overflow is sticky and drops the rest: check ${overflow} once, at the end.
 * The text is always NUL-terminated.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct buf {
	char *p;
	size_t len;
	size_t cap; /* of the memory at ${p}, its terminator included */
	bool overflow;
};

/* Makes ${b} an empty text in the ${cap} (>= 1) bytes at ${mem}. */
void buf_init(struct buf *b, char *mem, size_t cap);

/* Append ${n} bytes, a NUL-terminated string, a struct str, one character, a formatted text. */
void buf_put(struct buf *b, const void *p, size_t n);
void buf_puts(struct buf *b, const char *s);
void buf_putstr(struct buf *b, struct str s);
void buf_putc(struct buf *b, char c);
void buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Appends ${n} in decimal. */
void buf_int(struct buf *b, int64_t n);

/*
 * Appends ${s} as a JSON string with its quotes (RFC 8259 section 7); an absent one as null. ${s} must be UTF-8. What does not
 * show (hidden.h) is escaped: answers and lines of the log are read on terminals, too.
 */
void buf_json(struct buf *b, struct str s);

/* Appends the words of ${list}, which stand with commas between them ("" = none), as a JSON array of strings. */
void buf_json_list(struct buf *b, const char *list);

/*
 * Appends ${s} for a terminal: what does not show is escaped as JSON does it, but for the ends of lines, and what is no UTF-8
 * as \\x9b. JSON stays the same JSON.
 */
void buf_shown(struct buf *b, struct str s);

/* Appends ${s} with &, <, >, " and ' as character references: safe in HTML text and in quoted attributes. */
void buf_html(struct buf *b, struct str s);

/* Appends ${s} percent-encoded for use as a query value: all but the unreserved characters of RFC 3986 and '/'. */
void buf_urlencode(struct buf *b, struct str s);

/* Appends the time ${epoch} (seconds) as RFC 3339 UTC, "2026-11-23T04:05:06Z". */
void buf_time(struct buf *b, int64_t epoch);

/* The text so far. */
struct str buf_str(const struct buf *b);

#endif
