/* SPDX-License-Identifier: ISC */
/*
 * The parser of what fronts send against libfcgi: whatever is taken for a whole request, however it was cut, libfcgi reads from
 * the memory file as the same variables, body and role, and never closes it. Where the bytes of a front contain nothing that
 * libfcgi is known to read wrongly, it makes the same of them too. The mutations are the same in every run.
 */
#include <sys/mman.h>

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <fastcgi.h>
#include <fcgiapp.h>

#include "worker/feed.h"

#define ROUNDS 100000
#define WIRE_MAX 4096

static FCGX_Request request;
static unsigned char wire[WIRE_MAX];
static size_t at;
static uint64_t seed = 1;

/* Whole requests that were seen: a test in which everything is broken would show nothing. */
static unsigned whole, raw, poisoned, with_body, long_ones;

static unsigned
dice(unsigned sides)
{

	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return ((unsigned)(seed >> 33) % sides);
}

static void
put_record(unsigned type, unsigned id, const void *content, size_t n)
{
	size_t padding = dice(4) == 0 ? dice(9) : 0;

	if (at + 8 + n + padding > WIRE_MAX)
		return;
	memcpy(wire + at,
	    (unsigned char[8]){ 1, (unsigned char)type, (unsigned char)(id >> 8), (unsigned char)id, (unsigned char)(n >> 8),
		(unsigned char)n, (unsigned char)padding },
	    8);
	if (n > 0)
		memcpy(wire + at + 8, content, n);
	memset(wire + at + 8 + n, 0, padding);
	at += 8 + n + padding;
}

/* In pieces of any size. */
static void
put_stream(unsigned type, const unsigned char *p, size_t n)
{

	while (n > 0) {
		size_t piece = 1 + dice(dice(2) == 0 ? 8 : 600);

		if (piece > n)
			piece = n;
		put_record(type, 1, p, piece);
		p += piece;
		n -= piece;
	}
	put_record(type, 1, NULL, 0);
}

static size_t
put_length(unsigned char *p, size_t n)
{

	if (n < 128 && dice(8) != 0) {
		p[0] = (unsigned char)n;
		return (1);
	}
	memcpy(p, (unsigned char[4]){ 0x80, 0, (unsigned char)(n >> 8), (unsigned char)n }, 4);
	return (4);
}

static void
put_request(void)
{
	unsigned char text[2048], body[900];
	size_t n = 0, pairs = dice(7);

	at = 0;
	put_record(
	    FCGI_BEGIN_REQUEST, 1, (unsigned char[8]){ 0, (unsigned char)(1 + (dice(6) == 0)), (unsigned char)dice(2) }, 8);
	while (pairs-- > 0) {
		size_t name = 1 + dice(20), value = dice(6) == 0 ? dice(300) : dice(12);

		n += put_length(text + n, name);
		n += put_length(text + n, value);
		for (size_t i = 0; i < name + value; i++)
			text[n++] = (unsigned char)('A' + dice(26));
	}
	put_stream(FCGI_PARAMS, text, n);
	n = dice(3) == 0 ? dice(sizeof(body)) : dice(20);
	for (size_t i = 0; i < n; i++)
		body[i] = (unsigned char)dice(256);
	put_stream(FCGI_STDIN, body, n);
}

static void
mutate(void)
{
	unsigned times = dice(4);

	while (times-- > 0) {
		size_t where = dice(3) == 0 ? dice((unsigned)at) : dice(64 < at ? 64 : (unsigned)at);

		switch (dice(5)) {
		case 0:
			wire[where] = (unsigned char)dice(256);
			break;
		case 1:
			wire[where] ^= (unsigned char)(1u << dice(8));
			break;
		case 2:
			wire[where] = (unsigned char)dice(12);
			break;
		case 3: /* a piece is gone */
			memmove(wire + where, wire + where + 1, at - where - 1);
			at--;
			break;
		default: /* one comes twice: records too */
			if (at + 8 <= WIRE_MAX && where + 8 <= at) {
				memmove(wire + where + 8, wire + where, at - where);
				at += 8;
			}
		}
	}
}

static enum incoming_verdict
take(struct incoming *in)
{
	enum incoming_verdict v = INCOMING_MORE;
	size_t used = 0;
	unsigned piece = dice(3) == 0 ? WIRE_MAX : 1 + dice(200);

	for (size_t i = 0; i < at && v == INCOMING_MORE; i += used) {
		v = incoming_take(in, wire + i, at - i < piece ? at - i : piece, &used);
		assert_int_equal(incoming_keep(in), 0);
	}
	return (v);
}

static size_t
length_of(const unsigned char **p)
{
	const unsigned char *q = *p;

	*p += q[0] < 0x80 ? 1 : 4;
	return (q[0] < 0x80 ? q[0] : (size_t)(q[0] & 0x7f) << 24 | (size_t)q[1] << 16 | (size_t)q[2] << 8 | q[3]);
}

/* libfcgi's first variable is the role, then come those that were sent, in their order. */
static void
same_variables(const struct incoming *in, char **envp)
{
	const unsigned char *p = in->bytes, *end = p + in->params;

	assert_string_equal(*envp++, in->authorizer ? "FCGI_ROLE=AUTHORIZER" : "FCGI_ROLE=RESPONDER");
	while (p < end) {
		size_t name = length_of(&p), value = length_of(&p);

		assert_non_null(*envp);
		if (!in->poisoned) {
			assert_int_equal(strlen(*envp), name + 1 + value);
			assert_memory_equal(*envp, p, name);
			assert_int_equal((*envp)[name], '=');
			assert_memory_equal(*envp + name + 1, p + name, value);
		}
		p += name + value;
		envp++;
	}
	assert_ptr_equal(p, end);
	assert_null(*envp);
}

static void
same_body(const struct incoming *in, FCGX_Stream *stream)
{
	static char got[INCOMING_BODY_MAX + 1];
	int n = FCGX_GetStr(got, sizeof(got), stream);

	assert_int_equal(FCGX_GetError(stream), 0);
	assert_int_equal(n, in->authorizer ? 0 : in->body);
	if (n > 0)
		assert_memory_equal(got, in->bytes + in->params, (size_t)n);
}

static void
libfcgi_reads(const struct incoming *in, int fd)
{

	request.ipcFd = fd;
	request.keepConnection = 1;
	request.in = NULL;
	request.detached = 1;
	assert_int_equal(FCGX_Accept_r(&request), 0);
	assert_int_equal(request.ipcFd, fd);
	assert_int_equal(FCGX_GetError(request.in), 0);
	assert_int_equal(request.role, in->authorizer ? FCGI_AUTHORIZER : FCGI_RESPONDER);
	assert_int_equal(request.keepConnection != 0, in->keep);
	assert_int_equal(request.requestId, in->id);
	same_variables(in, request.envp);
	same_body(in, request.in);
	request.ipcFd = open("/dev/null", O_WRONLY | O_CLOEXEC); /* for the end of the request */
	request.keepConnection = 0;
	FCGX_Finish_r(&request);
	assert_int_equal(request.ipcFd, -1);
}

/* libfcgi forgets the padding of BEGIN_REQUEST and of the record that ends a stream, and an Authorizer's body is not looked at.
 */
static bool
is_plain(void)
{

	for (size_t i = 0; i + 8 <= at; i += 8u + ((size_t)wire[i + 4] << 8 | wire[i + 5]) + wire[i + 6])
		if (wire[i + 6] != 0 && (wire[i + 1] == FCGI_BEGIN_REQUEST || (wire[i + 4] == 0 && wire[i + 5] == 0)))
			return (false);
	return (true);
}

static void
compare(int file)
{
	struct incoming in = { 0 };

	if (take(&in) == INCOMING_WHOLE) {
		whole++;
		poisoned += in.poisoned;
		with_body += in.body > 0;
		long_ones += in.params > 500;
		libfcgi_reads(&in, feed_load(&in));
		feed_wipe();
		if (is_plain() && !in.authorizer) {
			raw++;
			assert_int_equal(pwrite(file, wire, at, 0), (ssize_t)at);
			assert_int_equal(ftruncate(file, (off_t)at), 0);
			assert_int_equal(lseek(file, 0, SEEK_SET), 0);
			libfcgi_reads(&in, file);
		}
	}
	incoming_end(&in);
	assert_int_equal(incoming_held(), 0);
}

static void
mutations(void **state)
{
	int file = memfd_create("raw", MFD_CLOEXEC);

	(void)state;
	assert_true(file >= 0);
	for (unsigned i = 0; i < ROUNDS; i++) {
		put_request();
		mutate();
		compare(file);
	}
	print_message("%u of %u whole: %u raw, %u poisoned, %u with a body, %u long\n", whole, ROUNDS, raw, poisoned, with_body,
	    long_ones);
	assert_true(whole > ROUNDS / 10 && whole < ROUNDS);
	assert_true(raw > ROUNDS / 50 && poisoned > 50 && with_body > ROUNDS / 50 && long_ones > 100);
	close(file);
}

/* The padding that libfcgi forgets, and the records of others that it skips for as long as they come. */
static void
what_libfcgi_reads_wrongly(void **state)
{
	static const unsigned char begin[8] = { 0, 1, 1 };
	struct incoming in = { 0 };
	size_t used;

	(void)state;
	for (size_t padded = 0; padded < 3; padded++) {
		static const unsigned char parts[] = { FCGI_BEGIN_REQUEST, FCGI_PARAMS, FCGI_STDIN };

		at = 0;
		for (size_t i = 0; i < 3; i++) {
			unsigned char head[8] = { 1, parts[i], 0, 1, 0, i == 0 ? 8 : 0, i == padded ? 255 : 0 };

			memcpy(wire + at, head, 8);
			memcpy(wire + at + 8, begin, i == 0 ? 8 : 0);
			memset(wire + at + 8 + head[5], 0, head[6]);
			at += 8u + head[5] + head[6];
		}
		for (size_t n = 0; n < at; n++) {
			assert_int_equal(incoming_take(&in, wire, n, &used), INCOMING_MORE);
			incoming_end(&in);
		}
		assert_int_equal(incoming_take(&in, wire, at, &used), INCOMING_WHOLE);
		assert_int_equal(used, at);
		libfcgi_reads(&in, feed_load(&in));
		incoming_end(&in);
	}
}

/* The largest request there can be, and after it a small one: nothing of the first is left in the file. */
static void
from_the_largest_to_the_smallest(void **state)
{
	static unsigned char bytes[INCOMING_MAX];
	struct incoming in = {
		.id = 65535, .bytes = bytes, .params = INCOMING_PARAMS_MAX, .body = INCOMING_BODY_MAX, .keep = true
	};
	struct incoming small = { .id = 1, .authorizer = true };
	char byte;
	int fd;

	(void)state;
	memcpy(bytes, "\x01\x80\x01\x7f\xfan", 6); /* 6 + 98298 = 98304 */
	memset(bytes + 6, 'v', sizeof(bytes) - 6);
	assert_int_equal(6 + 0x17ffa, INCOMING_PARAMS_MAX);
	libfcgi_reads(&in, feed_load(&in));
	feed_wipe();
	fd = feed_load(&small);
	libfcgi_reads(&small, fd);
	for (off_t i = 0; pread(fd, &byte, 1, i) == 1 && i < INCOMING_MAX; i++)
		assert_int_equal(byte, 0);
	/* Should libfcgi close the file nevertheless, there is a new one. */
	close(fd);
	feed_lost();
	libfcgi_reads(&in, feed_load(&in));
}

static int
start(void **state)
{

	(void)state;
	return (FCGX_Init() != 0 || FCGX_InitRequest(&request, -1, 0) != 0 || feed_open() != 0 ? -1 : 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mutations),
		cmocka_unit_test(what_libfcgi_reads_wrongly),
		cmocka_unit_test(from_the_largest_to_the_smallest),
	};

	return (cmocka_run_group_tests(tests, start, NULL));
}
