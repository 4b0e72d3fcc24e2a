/* SPDX-License-Identifier: ISC */
/* Answers as they come in, in pieces: where they end, and their status. One answer at a time on a connection. */
#ifndef BENCH_REPLY_H
#define BENCH_REPLY_H

#include <stdbool.h>
#include <stddef.h>

#define REPLY_HEAD_MAX 4096 /* bytes of an HTTP answer's head that are kept until it is whole */

struct reply {
	int status; /* 0 until it is known */
	bool close; /* the server will close the connection after it */
	/* FastCGI: the record being read; HTTP: the head, and what is left of the body */
	size_t have; /* bytes in ${head} */
	size_t left; /* content and padding, or body, still to come */
	bool in_body, chunked;
	char tail[5]; /* last bytes of a chunked body */
	char head[REPLY_HEAD_MAX];
};

enum reply_verdict { REPLY_MORE, REPLY_DONE, REPLY_BAD };

/* Makes ${r} ready for the next answer. */
void reply_begin(struct reply *r);

/* Takes the ${n} bytes at ${p}. What follows the end of an answer is an error: nothing was asked for. */
enum reply_verdict reply_fcgi(struct reply *r, const char *p, size_t n);
enum reply_verdict reply_http(struct reply *r, const char *p, size_t n);

#endif
