/* SPDX-License-Identifier: ISC */
/* Lists of accounts as other programs write them, read record by record: htpasswd(1) files, and CSV (RFC 4180). */
#ifndef CTL_RECORDS_H
#define CTL_RECORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/str.h"

#define RECORD_MAX 16384 /* bytes of a record: a name, a hash and as many groups as fit an account */
#define RECORD_FIELDS_MAX 3

/* One record. The fields are part of it, and valid until the next is read. */
struct record {
	char text[RECORD_MAX];
	struct str fields[RECORD_FIELDS_MAX];
	size_t n;          /* fields; of a faulty record nothing is known */
	size_t line;       /* its first, counted from 1 */
	size_t next_line;  /* of the reader */
	const char *fault; /* why it cannot be read; NULL = it is fine */
};

/*
 * Reads the next record of ${in}: of htpasswd "name:hash", comments and blank lines skipped; of CSV up to three fields, blank
 * lines skipped. ${r} is all zero at first. Returns false at the end, or when ${in} cannot be read: see ferror().
 */
bool records_htpasswd(FILE *in, struct record *r);
bool records_csv(FILE *in, struct record *r);

#endif
