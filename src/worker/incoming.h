/* SPDX-License-Identifier: ISC */
/* What a front has sent so far of one request, taken in piece by piece and checked, before libfcgi sees any of it. */
#ifndef WORKER_INCOMING_H
#define WORKER_INCOMING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "doorward/request.h"

#define INCOMING_PARAMS_MAX (PARAMS_BYTES_MAX + 32 * 1024) /* with names and lengths; beyond it the answer is 431 */
#define INCOMING_BODY_MAX (BODY_MAX + 1)                   /* bytes kept: one beyond what is allowed is enough to know */
#define INCOMING_MAX (INCOMING_PARAMS_MAX + INCOMING_BODY_MAX)

/*
 * So much of a body that is too large is taken and thrown away, and of variables likewise, so that the front shows our answer
 * and not its own error about a broken pipe. A larger body is answered before its end has come, and the connection closed; more
 * variables than that no front passes on.
 */
#define INCOMING_DRAIN_MAX (1024 * 1024)

enum incoming_verdict {
	INCOMING_MORE,     /* wait for more */
	INCOMING_WHOLE,    /* a request is all there, or as much of it as we want: answer it */
	INCOMING_ABORTED,  /* the front has given it up: close */
	INCOMING_BROKEN,   /* not a request we would ever answer: close */
	INCOMING_NO_MEMORY /* close */
};

/* Where in the name-value pairs we are: they go on over the borders of records. */
struct incoming_pairs {
	unsigned char head[8]; /* both lengths, as far as they have come */
	size_t have;
	size_t name, value; /* bytes of each that are to come */
};

/* One request. All zero = nothing has come. */
struct incoming {
	unsigned id;          /* of the request; 0 = not known yet */
	bool authorizer;      /* the role, once it is known */
	bool keep;            /* the front would like to keep the connection */
	bool oversized;       /* there were more variables than anybody reads: none is kept. Answer 431 */
	bool cut;             /* the end of the body was not waited for: the connection cannot be kept */
	bool poisoned;        /* a name holds '=' or NUL, or a value NUL: libfcgi's variables are not what was sent. Answer 400,
				 believe none */
	unsigned char *bytes; /* ${params} bytes of name-value pairs, then ${body} bytes; ours, or borrowed while room is 0 */
	size_t params, body, room;
	/* where the parser is */
	unsigned char head[16];  /* a record's header, and the body of BEGIN_REQUEST */
	size_t have;             /* bytes of the header */
	size_t content, padding; /* of this record that are to come */
	size_t promised;         /* bytes of variables, by the records' headers */
	size_t received;         /* bytes of body, those thrown away too */
	bool params_done, body_done;
	struct incoming_pairs pairs;
};

/*
 * Takes in up to ${n} bytes at ${p}, none beyond the end of the request; *${used} says how many. While nothing was kept by
 * incoming_keep() the bytes lie in memory that all requests of this process share, so that a request that comes in one piece
 * costs no allocation: after INCOMING_MORE it has to be kept before another one is looked at.
 */
enum incoming_verdict incoming_take(struct incoming *in, const unsigned char *p, size_t n, size_t *used);

/* Gives a request that waits for more memory of its own. Returns 0, or -1 without memory. */
int incoming_keep(struct incoming *in);

/* Wipes and forgets everything, and makes ${in} ready for the next request. */
void incoming_end(struct incoming *in);

/* Bytes that all kept requests of this process take. */
size_t incoming_held(void);

#endif
