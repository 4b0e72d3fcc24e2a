/*
 * A look at what a front has sent so far, before libfcgi is let loose on it. libfcgi would block on a request that is not all there, take a
 * cut one for whole, overrun its stack on repeated management queries, abort on absurd lengths, and make other variables of names that hold
 * '=' or of texts that hold NUL (fronts.md 6.3 and 6.4, security.md F3); a request that has passed this look does none of that.
 */
#ifndef WORKER_PEEK_H
#define WORKER_PEEK_H

#include <stdbool.h>
#include <stddef.h>

enum peek_verdict {
	PEEK_COMPLETE, /* one whole request is in the socket: reading it will not block */
	PEEK_BODY,     /* its variables are all there, its body is still coming */
	PEEK_LARGE,    /* its variables are all there, its body is longer than we look: read it with a deadline */
	PEEK_PARTIAL,  /* a request has begun: wait for more */
	PEEK_NOTHING,  /* not a byte has come */
	PEEK_CLOSED,   /* the peer has gone */
	PEEK_BROKEN    /* not a request we would ever answer: close */
};

struct peek_found {
	bool authorizer; /* the role, once it is known */
	bool poisoned;   /* a name holds '=' or NUL, or a value NUL: libfcgi's variables are not what was sent. Answer 400, believe none */
	unsigned pieces; /* of the body, so far */
};

/* Looks at ${fd} without taking anything. */
enum peek_verdict peek(int fd, struct peek_found *found);

/* The same over bytes, for tests. ${full}: there may be more than these ${n} bytes. */
enum peek_verdict peek_bytes(const unsigned char *p, size_t n, bool full, struct peek_found *found);

#endif
