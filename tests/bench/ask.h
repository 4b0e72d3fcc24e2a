/* SPDX-License-Identifier: ISC */
/*
 * Requests ready to be sent: a template with one place that differs from request to request, encoded once as FastCGI
 * or taken as it is for HTTP; and the list of values that go into that place, all of one length, so that filling in
 * is copying.
 */
#ifndef BENCH_ASK_H
#define BENCH_ASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ASK_PLACE "@VALUE@"

struct values {
	char *text; /* ${n} pieces of ${len} bytes */
	size_t n, len;
};

struct ask {
	char *bytes; /* of one whole request */
	size_t len;
	size_t place; /* of the value in it; SIZE_MAX = it has none */
};

/* Reads the lines of ${file}, which must be of one length. Ends the program with a sentence if it cannot. */
void values_read(const char *file, struct values *out);

/*
 * Makes a FastCGI request of the template ${file}: lines NAME=VALUE, then, after an empty line, the body, whose
 * length becomes CONTENT_LENGTH. ${role} 1 or 2; ${keep} asks for the connection to stay. An HTTP request is the
 * bytes of the file. ${v} may be NULL. Both end the program with a sentence if they cannot.
 */
void ask_fcgi(const char *file, int role, bool keep, const struct values *v, struct ask *out);
void ask_http(const char *file, const struct values *v, struct ask *out);

/* Puts value ${i} into the request. */
void ask_fill(struct ask *a, const struct values *v, size_t i);

#endif
