/* SPDX-License-Identifier: ISC */
/*
 * The FastCGI input of one request, as a machine that takes bytes as they come and keeps of them only what counts: the
 * name-value pairs, and the body up to one byte more than is allowed. Headers, padding and the borders of records are gone
 * after this; feed.c puts the request together anew, in records of our own, and that is all libfcgi ever reads.
 *
 * Why so: libfcgi blocks on a request that is not all there, takes a cut one for whole, overruns its stack on repeated
 * management queries, aborts on absurd lengths, forgets the padding of BEGIN_REQUEST and of an empty record, skips records of
 * other requests without an end, and swallows what follows the request. A look-ahead that agrees with it in all of this would
 * have to be as wrong as it is; so the two never read the same bytes. What an honest front does not send (management records,
 * another request on the same connection, a body before the variables) is refused here.
 *
 * What it costs in memory is bounded by INCOMING_MAX a request, however small the pieces and however long their padding.
 */
#include <stdlib.h>
#include <string.h>

#include <fastcgi.h>

#include "worker/incoming.h"

#define HEADER 8
#define BEGIN_BODY 8
#define ROOM_FIRST 2048 /* a usual request's variables */

static unsigned char shared[INCOMING_MAX];
static size_t held;

static size_t
lesser(size_t a, size_t b)
{

	return (a < b ? a : b);
}

/* Moves what is there to ${room} bytes of its own; where it was nothing is left, since it may hold passwords and tokens. */
static int
move(struct incoming *in, size_t room)
{
	size_t len = in->params + in->body;
	unsigned char *p = malloc(room);

	if (p == NULL)
		return (-1);
	if (len > 0) {
		memcpy(p, in->bytes, len);
		explicit_bzero(in->bytes, len);
	}
	if (in->room > 0)
		free(in->bytes);
	held += room - in->room;
	in->bytes = p;
	in->room = room;
	return (0);
}

/* Both parts are bounded by the parser, so that the shared memory always suffices and doubling ends at INCOMING_MAX. */
static int
store(struct incoming *in, const unsigned char *p, size_t n)
{
	size_t len = in->params + in->body, room = in->room;

	if (in->bytes == NULL)
		in->bytes = shared;
	while (in->room > 0 && room < len + n)
		room *= 2;
	if (room > in->room && move(in, lesser(room, INCOMING_MAX)) != 0)
		return (-1);
	memcpy(in->bytes + len, p, n);
	return (0);
}

/* A length is one byte, or four of which the first has its highest bit set. */
static size_t
read_length(const unsigned char *p)
{

	if (p[0] < 0x80)
		return (p[0]);
	return ((size_t)(p[0] & 0x7f) << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3]);
}

/* Takes one more byte of the two lengths. False: lengths that cannot be, of which libfcgi would abort. */
static bool
take_length(struct incoming_pairs *s, unsigned char c)
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
	return (s->name + s->value < INCOMING_DRAIN_MAX);
}

/* Takes up to ${n} bytes of a name or a value; libfcgi will join the two with '=' into one string. */
static size_t
take_text(struct incoming *in, const unsigned char *p, size_t n)
{
	struct incoming_pairs *s = &in->pairs;
	size_t *left = s->name > 0 ? &s->name : &s->value, step = lesser(*left, n);

	if (memchr(p, '\0', step) != NULL || (left == &s->name && memchr(p, '=', step) != NULL))
		in->poisoned = true;
	*left -= step;
	return (step);
}

/* From here on variables are only thrown away, wherever in a pair we are. */
static void
forget_params(struct incoming *in)
{

	if (in->params > 0)
		explicit_bzero(in->bytes, in->params);
	in->params = 0;
	in->oversized = true;
}

/* Stored as they came and walked at the same time, so that nothing has to be looked at twice. */
static enum incoming_verdict
take_params(struct incoming *in, const unsigned char *p, size_t n)
{

	if (in->oversized)
		return (INCOMING_MORE);
	if (store(in, p, n) != 0)
		return (INCOMING_NO_MEMORY);
	in->params += n;
	while (n > 0) {
		size_t step = 1;

		if (in->pairs.name + in->pairs.value > 0)
			step = take_text(in, p, n);
		else if (!take_length(&in->pairs, p[0]))
			return (INCOMING_BROKEN);
		p += step;
		n -= step;
	}
	return (INCOMING_MORE);
}

static enum incoming_verdict
take_body(struct incoming *in, const unsigned char *p, size_t n)
{
	size_t wanted = lesser(n, INCOMING_BODY_MAX - in->body);

	if (store(in, p, wanted) != 0)
		return (INCOMING_NO_MEMORY);
	in->body += wanted;
	in->received += n;
	in->cut = in->received > INCOMING_DRAIN_MAX;
	return (INCOMING_MORE);
}

static enum incoming_verdict
take_begin(struct incoming *in, const unsigned char *p, size_t n)
{
	const unsigned char *body = in->head + HEADER;
	unsigned role;

	memcpy(in->head + HEADER + BEGIN_BODY - in->content, p, n);
	if (n < in->content)
		return (INCOMING_MORE);
	role = (unsigned)body[0] << 8 | body[1];
	in->authorizer = role == FCGI_AUTHORIZER;
	in->keep = (body[2] & FCGI_KEEP_CONN) != 0;
	return (role == FCGI_RESPONDER || role == FCGI_AUTHORIZER ? INCOMING_MORE : INCOMING_BROKEN);
}

/* No pair may be left open when the variables end. */
static bool
params_record(struct incoming *in)
{

	in->promised += in->content;
	if (in->params_done || in->promised > INCOMING_DRAIN_MAX)
		return (false);
	if (in->promised > INCOMING_PARAMS_MAX && !in->oversized)
		forget_params(in);
	in->params_done = in->content == 0;
	return (!in->params_done || in->oversized || (in->pairs.have == 0 && in->pairs.name + in->pairs.value == 0));
}

/* A record begins. */
static enum incoming_verdict
take_header(struct incoming *in)
{
	unsigned type = in->head[1], id = (unsigned)in->head[2] << 8 | in->head[3];
	bool good = false;

	in->content = (size_t)in->head[4] << 8 | in->head[5];
	in->padding = in->head[6];
	if (type == FCGI_BEGIN_REQUEST) {
		good = in->id == 0 && id != 0 && in->content == BEGIN_BODY;
		in->id = id;
	} else if (in->id != 0 && id == in->id) {
		if (type == FCGI_ABORT_REQUEST)
			return (INCOMING_ABORTED);
		if (type == FCGI_PARAMS)
			good = params_record(in);
		if (type == FCGI_STDIN) {
			good = in->params_done;
			in->body_done = in->content == 0;
		}
	}
	return (good ? INCOMING_MORE : INCOMING_BROKEN); /* management records too, of which libfcgi's handling is unsafe */
}

static enum incoming_verdict
take_content(struct incoming *in, const unsigned char *p, size_t n)
{
	enum incoming_verdict v;

	if (in->head[1] == FCGI_BEGIN_REQUEST)
		v = take_begin(in, p, n);
	else
		v = in->head[1] == FCGI_PARAMS ? take_params(in, p, n) : take_body(in, p, n);
	in->content -= n;
	return (v);
}

/* Takes the next piece that is of one kind. */
static enum incoming_verdict
step(struct incoming *in, const unsigned char *p, size_t n, size_t *took)
{
	enum incoming_verdict v = INCOMING_MORE;

	if (in->have < HEADER) {
		*took = lesser(HEADER - in->have, n);
		memcpy(in->head + in->have, p, *took);
		in->have += *took;
		if (in->head[0] != FCGI_VERSION_1)
			return (INCOMING_BROKEN);
		if (in->have == HEADER)
			v = take_header(in);
	} else if (in->content > 0) {
		*took = lesser(in->content, n);
		v = take_content(in, p, *took);
	} else {
		*took = lesser(in->padding, n);
		in->padding -= *took;
	}
	return (v);
}

/* Between two records, or at the end. An Authorizer has no body, and many fronts send it no end of one. */
static bool
is_whole(struct incoming *in)
{

	if (in->cut)
		return (true);
	if (in->have < HEADER || in->content + in->padding > 0)
		return (false);
	in->have = 0;
	return (in->params_done && (in->body_done || in->authorizer));
}

enum incoming_verdict
incoming_take(struct incoming *in, const unsigned char *p, size_t n, size_t *used)
{
	enum incoming_verdict v = INCOMING_MORE;

	for (*used = 0; *used < n && v == INCOMING_MORE;) {
		size_t took;

		v = step(in, p + *used, n - *used, &took);
		*used += took;
		if (v == INCOMING_MORE && is_whole(in))
			v = INCOMING_WHOLE;
	}
	return (v);
}

int
incoming_keep(struct incoming *in)
{
	size_t len = in->params + in->body, room = ROOM_FIRST;

	if (in->room > 0 || len == 0)
		return (0);
	while (room < len)
		room *= 2;
	return (move(in, lesser(room, INCOMING_MAX)));
}

void
incoming_end(struct incoming *in)
{

	if (in->bytes != NULL)
		explicit_bzero(in->bytes, in->params + in->body);
	if (in->room > 0)
		free(in->bytes);
	held -= in->room;
	memset(in, 0, sizeof(*in));
}

size_t
incoming_held(void)
{

	return (held);
}
