#include <sys/socket.h>

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include <fastcgi.h>

#include "doorward/request.h"

#include "worker/peek.h"

/* Variables, their records' headers and padding, a body and a little more; what does not fit is a request of PEEK_LARGE. */
#define LOOK_BYTES (128 * 1024)
#define HEADER 8
#define PARAMS_SENT_MAX (PARAMS_BYTES_MAX + 32 * 1024) /* with names and lengths; beyond it the answer is 431, made by params_read */

struct record {
	unsigned type, id;
	size_t content, padding;
};

/* Where in the name-value pairs we are: they go on over the borders of records. */
struct pairs {
	unsigned char head[8]; /* both lengths, as far as they have come */
	size_t have;
	size_t name, value;    /* bytes of each that are to come */
	bool poisoned;
};

struct request_look {
	unsigned id;
	bool begun, authorizer, params_done, stdin_done;
	size_t params;
	unsigned pieces;
	struct pairs pairs;
};

static void
read_header(const unsigned char *p, struct record *r)
{

	r->type = p[1];
	r->id = (unsigned)p[2] << 8 | p[3];
	r->content = (size_t)p[4] << 8 | p[5];
	r->padding = p[6];
}

/* A length is one byte, or four of which the first has its highest bit set. */
static size_t
read_length(const unsigned char *p)
{

	if (p[0] < 0x80)
		return (p[0]);
	return ((size_t)(p[0] & 0x7f) << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3]);
}

/* Takes one more byte of the two lengths. False: lengths that cannot be, of which libfcgi would abort (fronts.md, 6.4). */
static bool
take_length(struct pairs *s, unsigned char c)
{
	size_t first, second = 0;

	s->head[s->have++] = c;
	first = s->head[0] < 0x80 ? 1 : 4;
	if (s->have > first)
		second = s->head[first] < 0x80 ? 1 : 4;
	if (second == 0 || s->have < first + second)
		return (true);
	s->name = read_length(s->head);
	s->value = read_length(s->head + first);
	s->have = 0;
	return (s->name + s->value <= PARAMS_SENT_MAX);
}

static size_t
lesser(size_t a, size_t b)
{

	return (a < b ? a : b);
}

/* Takes up to ${n} bytes of a name or a value; libfcgi will join the two with '=' into one string (security.md F3). */
static size_t
take_text(struct pairs *s, const unsigned char *p, size_t n)
{
	size_t *left = s->name > 0 ? &s->name : &s->value, step = lesser(*left, n);

	if (memchr(p, '\0', step) != NULL || (left == &s->name && memchr(p, '=', step) != NULL))
		s->poisoned = true;
	*left -= step;
	return (step);
}

static bool
take_pairs(struct pairs *s, const unsigned char *p, size_t n)
{

	while (n > 0) {
		size_t step = 1;

		if (s->name + s->value > 0)
			step = take_text(s, p, n);
		else if (!take_length(s, p[0]))
			return (false);
		p += step;
		n -= step;
	}
	return (true);
}

static bool
begin(struct request_look *l, const struct record *r, const unsigned char *body)
{
	unsigned role;

	if (l->begun || r->content != 8 || r->id == 0)
		return (false);
	role = (unsigned)body[0] << 8 | body[1];
	l->begun = true;
	l->id = r->id;
	l->authorizer = role == FCGI_AUTHORIZER;
	return (role == FCGI_RESPONDER || role == FCGI_AUTHORIZER);
}

/* Takes one whole record. False: nothing a front server sends. */
static bool
take(struct request_look *l, const struct record *r, const unsigned char *body)
{

	if (r->type == FCGI_BEGIN_REQUEST)
		return (begin(l, r, body));
	if (!l->begun || r->id != l->id)
		return (false);
	switch (r->type) {
	case FCGI_PARAMS:
		l->params += r->content;
		if (l->params_done || l->params > PARAMS_SENT_MAX || !take_pairs(&l->pairs, body, r->content))
			return (false);
		l->params_done = r->content == 0;
		return (!l->params_done || (l->pairs.have == 0 && l->pairs.name + l->pairs.value == 0));
	case FCGI_STDIN:
		if (!l->params_done)
			return (false);
		l->stdin_done = r->content == 0;
		l->pieces++;
		return (true);
	default: /* ABORT, and management records, of which libfcgi's handling is unsafe */
		return (false);
	}
}

static bool
is_complete(const struct request_look *l)
{

	return (l->params_done && (l->stdin_done || l->authorizer));
}

enum peek_verdict
peek_bytes(const unsigned char *p, size_t n, bool full, struct peek_found *found)
{
	struct request_look l = { 0 };
	struct record r;

	*found = (struct peek_found){ .pieces = 0 };
	while (n >= HEADER) {
		read_header(p, &r);
		if (p[0] != FCGI_VERSION_1)
			return (PEEK_BROKEN);
		if (n < HEADER + r.content + r.padding)
			break;
		if (!take(&l, &r, p + HEADER))
			return (PEEK_BROKEN);
		*found = (struct peek_found){ l.authorizer, l.pairs.poisoned, l.pieces };
		if (is_complete(&l))
			return (PEEK_COMPLETE);
		p += HEADER + r.content + r.padding;
		n -= HEADER + r.content + r.padding;
	}
	if (n > 0 && p[0] != FCGI_VERSION_1)
		return (PEEK_BROKEN);
	if (full)
		return (l.params_done ? PEEK_LARGE : PEEK_BROKEN);
	return (l.params_done ? PEEK_BODY : PEEK_PARTIAL);
}

enum peek_verdict
peek(int fd, struct peek_found *found)
{
	static unsigned char look[LOOK_BYTES];
	ssize_t n = recv(fd, look, sizeof(look), MSG_PEEK | MSG_DONTWAIT);

	if (n == 0)
		return (PEEK_CLOSED);
	if (n < 0)
		return (errno == EAGAIN || errno == EINTR ? PEEK_NOTHING : PEEK_CLOSED);
	return (peek_bytes(look, (size_t)n, (size_t)n == sizeof(look), found));
}
