/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "reply.h"

#define HEADER 8
#define END_REQUEST 3
#define STDOUT_DATA 6
#define STATUS_LINE "Status: "
#define STATUS_BYTES (sizeof(STATUS_LINE) - 1 + 3)

void
reply_begin(struct reply *r)
{

	r->status = 0;
	r->close = r->in_body = r->chunked = false;
	r->have = r->left = 0;
}

/* ${head} holds a record's header, then the beginning of its content if that is where the status stands. */
static size_t
take_head(struct reply *r, const char *p, size_t n)
{
	size_t wanted = HEADER - r->have;

	if (n < wanted)
		wanted = n;
	memcpy(r->head + r->have, p, wanted);
	r->have += wanted;
	if (r->have == HEADER) {
		const unsigned char *h = (const unsigned char *)r->head;

		r->left = ((size_t)h[4] << 8 | h[5]) + h[6];
	}
	return (wanted);
}

/*
 * The status line is the first thing in the first piece of output; an answer without one, or with one cut apart,
 * counts as bad.
 */
static void
look_for_status(struct reply *r, const char *p, size_t n)
{

	if (r->status == 0 && r->head[1] == STDOUT_DATA && n >= STATUS_BYTES &&
	    memcmp(p, STATUS_LINE, sizeof(STATUS_LINE) - 1) == 0)
		r->status = atoi(p + sizeof(STATUS_LINE) - 1);
}

enum reply_verdict
reply_fcgi(struct reply *r, const char *p, size_t n)
{

	while (n > 0) {
		size_t taken;

		if (r->have < HEADER) {
			taken = take_head(r, p, n);
		} else {
			look_for_status(r, p, n);
			taken = n < r->left ? n : r->left;
			r->left -= taken;
		}
		p += taken;
		n -= taken;
		if (r->have < HEADER || r->left > 0)
			continue;
		if (r->head[0] != 1)
			return (REPLY_BAD);
		r->have = 0;
		if (r->head[1] == END_REQUEST)
			return (n == 0 && r->status != 0 ? REPLY_DONE : REPLY_BAD);
	}
	return (REPLY_MORE);
}

static const char *
header(const struct reply *r, const char *name)
{
	const char *p = r->head;
	size_t n = strlen(name);

	while ((p = strstr(p, "\r\n")) != NULL) {
		p += 2;
		if (strncasecmp(p, name, n) == 0 && p[n] == ':')
			return (p + n + 1 + strspn(p + n + 1, " "));
	}
	return (NULL);
}

static bool
read_head(struct reply *r)
{
	const char *length = header(r, "Content-Length"), *coding = header(r, "Transfer-Encoding");
	const char *connection = header(r, "Connection");

	if (strncmp(r->head, "HTTP/1.", 7) != 0 || r->have < 12)
		return (false);
	r->status = atoi(r->head + 9);
	r->in_body = true;
	r->chunked = coding != NULL && strncasecmp(coding, "chunked", 7) == 0;
	r->left = length == NULL || r->chunked ? 0 : strtoul(length, NULL, 10);
	r->close = connection != NULL && strncasecmp(connection, "close", 5) == 0;
	memset(r->tail, 0, sizeof(r->tail));
	return (length != NULL || r->chunked || r->status == 204 || r->status == 304);
}

static void
keep_tail(struct reply *r, const char *p, size_t n)
{

	if (n >= sizeof(r->tail)) {
		memcpy(r->tail, p + n - sizeof(r->tail), sizeof(r->tail));
		return;
	}
	memmove(r->tail, r->tail + n, sizeof(r->tail) - n);
	memcpy(r->tail + sizeof(r->tail) - n, p, n);
}

static enum reply_verdict
take_body(struct reply *r, const char *p, size_t n)
{

	if (r->chunked) {
		/* With one answer at a time on the connection the last chunk is what its bytes end with. */
		keep_tail(r, p, n);
		return (memcmp(r->tail, "0\r\n\r\n", 5) == 0 ? REPLY_DONE : REPLY_MORE);
	}
	if (n > r->left)
		return (REPLY_BAD);
	r->left -= n;
	return (r->left == 0 ? REPLY_DONE : REPLY_MORE);
}

enum reply_verdict
reply_http(struct reply *r, const char *p, size_t n)
{
	size_t before = r->have, head;
	char *end;

	if (r->in_body)
		return (take_body(r, p, n));
	if (n >= sizeof(r->head) - r->have)
		return (REPLY_BAD);
	memcpy(r->head + r->have, p, n);
	r->have += n;
	r->head[r->have] = '\0';
	if ((end = strstr(r->head, "\r\n\r\n")) == NULL)
		return (REPLY_MORE);
	head = (size_t)(end - r->head) + 4 - before;
	end[2] = '\0';
	if (!read_head(r))
		return (REPLY_BAD);
	return (take_body(r, p + head, n - head));
}
