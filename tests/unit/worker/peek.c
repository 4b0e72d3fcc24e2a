#include <sys/socket.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "worker/peek.h"

#define BEGIN 1
#define ABORT 2
#define END 3
#define PARAMS 4
#define STDIN 5
#define STDOUT 6
#define DATA 8
#define GET_VALUES 9
#define GET_VALUES_RESULT 10
#define UNKNOWN 11

#define RESPONDER 1
#define AUTHORIZER 2
#define FILTER 3

/* What a front has sent so far. */
static unsigned char wire[512 * 1024];
static size_t at;

static int
fresh(void **state)
{

	(void)state;
	at = 0;
	return (0);
}

static void
put_header(unsigned type, unsigned id, size_t content, size_t padding)
{
	unsigned char h[8] = { 1, (unsigned char)type, (unsigned char)(id >> 8), (unsigned char)id,
		(unsigned char)(content >> 8),
		(unsigned char)content, (unsigned char)padding, 0 };

	memcpy(wire + at, h, sizeof(h));
	at += sizeof(h);
}

static void
put_record(unsigned type, unsigned id, const void *content, size_t n, size_t padding)
{

	put_header(type, id, n, padding);
	if (n > 0)
		memcpy(wire + at, content, n);
	memset(wire + at + n, 0, padding);
	at += n + padding;
}

static void
put_begin(unsigned id, unsigned role)
{
	unsigned char body[8] = { (unsigned char)(role >> 8), (unsigned char)role, 1 };

	put_record(BEGIN, id, body, sizeof(body), 0);
}

static const char pairs[] = "\x05\x02HTTPSon\x0b\x00QUERY_STRING\x0e\x04REQUEST_METHODPOST";

/* A whole request: what a good front sends. */
static void
put_request(unsigned id, unsigned role)
{

	put_begin(id, role);
	put_record(PARAMS, id, "\x05\x02HTTPSon", 9, 7);
	put_record(PARAMS, id, "\x0e\x04REQUEST_METHODPOST", 20, 4);
	put_record(PARAMS, id, NULL, 0, 0);
	if (role == AUTHORIZER)
		return;
	put_record(STDIN, id, "a=b", 3, 5);
	put_record(STDIN, id, NULL, 0, 0);
}

/* Looks at the first ${n} bytes in memory that ends there, so that reading on is seen. */
static enum peek_verdict
look(size_t n, bool full, struct peek_found *found)
{
	unsigned char *p = malloc(n > 0 ? n : 1);
	enum peek_verdict v;

	assert_non_null(p);
	memcpy(p, wire, n);
	v = peek_bytes(p, n, full, found);
	free(p);
	return (v);
}

static enum peek_verdict
look_at_all(void)
{
	struct peek_found found = { 0 };

	return (look(at, false, &found));
}

static void
cut_at_every_byte(void **state)
{
	static const unsigned roles[] = { RESPONDER, AUTHORIZER };

	(void)state;
	for (size_t r = 0; r < 2; r++) {
		at = 0;
		put_request(258, roles[r]);
		for (size_t n = 0; n < at; n++) {
			struct peek_found found = { 0 };
			enum peek_verdict v = look(n, false, &found);

			/* once the variables are there it is the body that is missing; an Authorizer waits for none */
			if (v != PEEK_PARTIAL && (v != PEEK_BODY || roles[r] == AUTHORIZER || n < at / 2))
				fail_msg("%zu of %zu bytes: %d", n, at, (int)v);
			assert_int_equal(found.authorizer, n >= 16 && roles[r] == AUTHORIZER);
		}
		assert_int_equal(look_at_all(), PEEK_COMPLETE);
		/* What follows is the next look's business. */
		put_request(259, RESPONDER);
		assert_int_equal(look_at_all(), PEEK_COMPLETE);
	}
}

/* lighttpd and mod_authnz_fcgi send an Authorizer no end of a body. */
static void
authorizer_without_a_body(void **state)
{
	struct peek_found found = { 0 };

	(void)state;
	put_request(1, AUTHORIZER);
	assert_int_equal(look(at, false, &found), PEEK_COMPLETE);
	assert_true(found.authorizer);
}

static void
empty_body(void **state)
{

	(void)state;
	put_begin(1, RESPONDER);
	put_record(PARAMS, 1, NULL, 0, 0);
	assert_int_equal(look_at_all(), PEEK_BODY);
	put_record(STDIN, 1, NULL, 0, 0);
	assert_int_equal(look_at_all(), PEEK_COMPLETE);
}

/* Pairs may be cut into records anywhere, in the middle of a length too. */
static void
pairs_cut_anywhere(void **state)
{
	static const char long_ones[] = "\x80\x00\x00\x05\x80\x00\x00\x02HTTPSon\x05\x80\x00\x00\x02HTTPSon"
	    "\x80\x00\x00\x05\x02HTTPSon";
	const struct { const char *p; size_t n; } t[] = { { pairs, 9 }, { long_ones, sizeof(long_ones) - 1 } };

	(void)state;
	for (size_t k = 0; k < 2; k++) {
		for (size_t first = 1; first < t[k].n; first++) {
			at = 0;
			put_begin(1, RESPONDER);
			put_record(PARAMS, 1, t[k].p, first, 1);
			put_record(PARAMS, 1, t[k].p + first, t[k].n - first, 0);
			put_record(PARAMS, 1, NULL, 0, 0);
			put_record(STDIN, 1, NULL, 0, 0);
			assert_int_equal(look_at_all(), PEEK_COMPLETE);
		}
		/* Byte by byte. */
		at = 0;
		put_begin(1, RESPONDER);
		for (size_t i = 0; i < t[k].n; i++)
			put_record(PARAMS, 1, t[k].p + i, 1, 0);
		put_record(PARAMS, 1, NULL, 0, 0);
		put_record(STDIN, 1, NULL, 0, 0);
		assert_int_equal(look_at_all(), PEEK_COMPLETE);
	}
}

/* Lengths that promise more than comes make libfcgi allocate it all, or abort (fronts.md, 6.4; CVE-2025-23016). */
static void
hostile_pairs(void **state)
{
	static const struct {
		const char *p;
		size_t n;
	} t[] = {
		{ "\xff\xff\xff\xff\xff\xff\xff\xff", 8 },
		{ "\xff\xff\xff\xfe\xff\xff\xff\xfe", 8 },
		{ "\xff\xff\xff\xff\x01x", 6 },
		{ "\x01\xff\xff\xff\xffx", 6 },
		{ "\x80\x10\x00\x00\x00", 5 },
		{ "\x05\x03HTTPSon", 9 },
		{ "\x05\x02HTTPSonx", 10 },
		{ "\x05", 1 },
		{ "\x80\x00\x00", 3 },
		{ "\x05\x80\x00\x00", 4 },
		{ "\x05\x02HTTPS", 7 },
		{ "\x05\x02HTTPSo", 8 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		at = 0;
		put_begin(1, RESPONDER);
		put_record(PARAMS, 1, t[i].p, t[i].n, 0);
		/* What cannot come true is not waited for. */
		if (look_at_all() != (i < 5 ? PEEK_BROKEN : PEEK_PARTIAL))
			fail_msg("row %zu, not ended", i);
		put_record(PARAMS, 1, NULL, 0, 0);
		put_record(STDIN, 1, NULL, 0, 0);
		if (look_at_all() != PEEK_BROKEN)
			fail_msg("row %zu", i);
	}
}

static void
hostile_records(void **state)
{
	static const unsigned types[] = { 0, ABORT, END, STDOUT, 7, DATA, GET_VALUES, GET_VALUES_RESULT, UNKNOWN, 12,
		255 };
	static const unsigned ids[] = { 0, 1, 2 };

	(void)state;
	for (size_t t = 0; t < sizeof(types) / sizeof(types[0]); t++) {
		for (size_t i = 0; i < 3; i++) {
			/* Before a request, alone and with content; after BEGIN; between variables and body. */
			at = 0;
			put_record(types[t], ids[i], NULL, 0, 0);
			assert_int_equal(look_at_all(), PEEK_BROKEN);
			at = 0;
			put_record(types[t], ids[i], "\x0f\x00" "FCGI_MPXS_CONNS\x0f\x00" "FCGI_MPXS_CONNS", 34, 0);
			put_request(1, RESPONDER);
			assert_int_equal(look_at_all(), PEEK_BROKEN);
			at = 0;
			put_begin(1, RESPONDER);
			put_record(types[t], ids[i], NULL, 0, 0);
			assert_int_equal(look_at_all(), PEEK_BROKEN);
			at = 0;
			put_begin(1, RESPONDER);
			put_record(PARAMS, 1, NULL, 0, 0);
			put_record(types[t], ids[i], "x", 1, 0);
			put_record(STDIN, 1, NULL, 0, 0);
			assert_int_equal(look_at_all(), PEEK_BROKEN);
		}
	}
}

static void
wrong_versions(void **state)
{
	static const unsigned char versions[] = { 0, 2, 'G', 0x16, 255 };
	struct peek_found found = { 0 };

	(void)state;
	for (size_t v = 0; v < sizeof(versions); v++) {
		/* Whatever record it stands at the head of, and before the record is whole. */
		at = 0;
		put_request(1, RESPONDER);
		for (size_t i = 0; i < at; i += 8u + ((size_t)wire[i + 4] << 8 | wire[i + 5]) + wire[i + 6]) {
			wire[i] = versions[v];
			assert_int_equal(look_at_all(), PEEK_BROKEN);
			assert_int_equal(look(i + 1, false, &found), PEEK_BROKEN);
			wire[i] = 1;
		}
	}
	memcpy(wire, "GET / HTTP/1.1\r\n\r\n", 18);
	assert_int_equal(look(18, false, &found), PEEK_BROKEN);
}

static void
wrong_beginnings(void **state)
{
	static const unsigned roles[] = { 0, FILTER, 4, 99, 256, 257, 65535 };
	static const size_t sizes[] = { 0, 1, 2, 7, 9, 16 };
	static const unsigned char body[16] = { 0, 1 };

	(void)state;
	for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++) {
		at = 0;
		put_begin(1, roles[i]);
		assert_int_equal(look_at_all(), PEEK_BROKEN);
	}
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		at = 0;
		put_record(BEGIN, 1, body, sizes[i], 0);
		assert_int_equal(look_at_all(), PEEK_BROKEN);
	}
	at = 0;
	put_begin(0, RESPONDER);
	assert_int_equal(look_at_all(), PEEK_BROKEN);
	/* Twice. */
	for (unsigned id = 1; id < 3; id++) {
		at = 0;
		put_begin(1, RESPONDER);
		put_begin(id, RESPONDER);
		assert_int_equal(look_at_all(), PEEK_BROKEN);
	}
	at = 0;
	put_begin(1, RESPONDER);
	put_record(PARAMS, 1, NULL, 0, 0);
	put_begin(1, AUTHORIZER); /* the role is not to change under way */
	assert_int_equal(look_at_all(), PEEK_BROKEN);
}

static void
wrong_order(void **state)
{
	static const unsigned types[] = { PARAMS, STDIN };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		at = 0;
		put_record(types[i], 1, NULL, 0, 0);
		assert_int_equal(look_at_all(), PEEK_BROKEN);
		/* Of another request. */
		at = 0;
		put_begin(1, RESPONDER);
		put_record(types[i], 2, NULL, 0, 0);
		assert_int_equal(look_at_all(), PEEK_BROKEN);
		at = 0;
		put_begin(1, RESPONDER);
		put_record(types[i], 257, NULL, 0, 0);
		assert_int_equal(look_at_all(), PEEK_BROKEN);
	}
	at = 0;
	put_begin(1, RESPONDER);
	put_record(STDIN, 1, "a=b", 3, 0);
	assert_int_equal(look_at_all(), PEEK_BROKEN);
	at = 0;
	put_begin(1, RESPONDER);
	put_record(PARAMS, 1, NULL, 0, 0);
	put_record(PARAMS, 1, pairs, 9, 0);
	assert_int_equal(look_at_all(), PEEK_BROKEN);
}

static void
huge_lengths(void **state)
{
	struct peek_found found = { 0 };

	(void)state;
	/* A record that promises as much as one can is waited for. */
	put_begin(1, RESPONDER);
	put_header(PARAMS, 1, 65535, 255);
	assert_int_equal(look_at_all(), PEEK_PARTIAL);
	at += 65535 + 255 - 1;
	memset(wire + 24, 0, at - 24); /* pairs without names or values */
	assert_int_equal(look(at, false, &found), PEEK_PARTIAL);
	/* Variables beyond any sense. */
	at = 16;
	for (int i = 0; i < 3; i++) {
		static const unsigned char none[40000];

		put_record(PARAMS, 1, none, sizeof(none), 0);
	}
	assert_int_equal(look_at_all(), PEEK_BROKEN);
}

/* A body longer than the look: variables are all there, so it may be read with a deadline. */
static void
big_bodies(void **state)
{
	static const unsigned char body[65535];
	struct peek_found found = { 0 };

	(void)state;
	put_begin(1, RESPONDER);
	put_record(PARAMS, 1, pairs, 9, 0);
	put_record(PARAMS, 1, NULL, 0, 0);
	put_record(STDIN, 1, body, sizeof(body), 1);
	put_record(STDIN, 1, body, sizeof(body), 1);
	for (size_t n = at - 70000; n <= at; n += 997) {
		assert_int_equal(look(n, false, &found), PEEK_BODY);
		assert_int_equal(look(n, true, &found), PEEK_LARGE);
	}
	put_record(STDIN, 1, NULL, 0, 0);
	assert_int_equal(look(at, true, &found), PEEK_COMPLETE);
	/* But not if the look is full before the variables have ended. */
	at = 0;
	put_begin(1, RESPONDER);
	put_record(PARAMS, 1, pairs, 9, 0);
	assert_int_equal(look(at, true, &found), PEEK_BROKEN);
	at = 0;
	assert_int_equal(look(0, true, &found), PEEK_BROKEN);
}

/*
 * libfcgi would make another variable of these: they are seen wherever the records are cut, and the request is
 * answered 400.
 */
static void
poisoned_variables(void **state)
{
	static const struct {
		const char *pair;
		size_t len;
		bool poisoned;
	} rows[] = { { "\1\1ab", 4, false }, { "\1\1a=", 4, false }, { "\1\1=b", 4, true }, { "\1\1\0b", 4, true },
		{ "\1\1a\0", 4, true },
		{ "\3\0A=B", 5, true }, { "\3\0A\0B", 5, true }, { "\3\1ABCx", 6, false } };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (size_t cut = 0; cut <= rows[i].len; cut++) {
			struct peek_found found = { 0 };

			at = 0;
			put_begin(1, RESPONDER);
			if (cut > 0)
				put_record(PARAMS, 1, rows[i].pair, cut, 0);
			if (cut < rows[i].len)
				put_record(PARAMS, 1, rows[i].pair + cut, rows[i].len - cut, 0);
			put_record(PARAMS, 1, NULL, 0, 0);
			put_record(STDIN, 1, NULL, 0, 0);
			assert_int_equal(look(at, false, &found), PEEK_COMPLETE);
			assert_int_equal(found.poisoned, rows[i].poisoned);
		}
	}
}

static void
on_a_socket(void **state)
{
	struct peek_found found = { 0 };
	unsigned char got[4096];
	int fds[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	assert_int_equal(peek(fds[0], &found), PEEK_NOTHING);
	put_request(1, RESPONDER);
	for (size_t i = 0; i < at; i++) {
		enum peek_verdict v = peek(fds[0], &found);

		assert_true(i == 0 ? v == PEEK_NOTHING : v == PEEK_PARTIAL || v == PEEK_BODY);
		assert_int_equal(write(fds[1], wire + i, 1), 1);
	}
	assert_int_equal(peek(fds[0], &found), PEEK_COMPLETE);
	/* Nothing has been taken. */
	assert_int_equal(peek(fds[0], &found), PEEK_COMPLETE);
	assert_int_equal(read(fds[0], got, sizeof(got)), (int)at);
	assert_memory_equal(got, wire, at);
	assert_int_equal(peek(fds[0], &found), PEEK_NOTHING);
	close(fds[1]);
	assert_int_equal(peek(fds[0], &found), PEEK_CLOSED);
	close(fds[0]);
	assert_int_equal(peek(fds[0], &found), PEEK_CLOSED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(cut_at_every_byte, fresh),
		cmocka_unit_test_setup(authorizer_without_a_body, fresh),
		cmocka_unit_test_setup(empty_body, fresh),
		cmocka_unit_test_setup(pairs_cut_anywhere, fresh),
		cmocka_unit_test_setup(hostile_pairs, fresh),
		cmocka_unit_test_setup(hostile_records, fresh),
		cmocka_unit_test_setup(wrong_versions, fresh),
		cmocka_unit_test_setup(wrong_beginnings, fresh),
		cmocka_unit_test_setup(wrong_order, fresh),
		cmocka_unit_test_setup(huge_lengths, fresh),
		cmocka_unit_test_setup(big_bodies, fresh),
		cmocka_unit_test_setup(poisoned_variables, fresh),
		cmocka_unit_test_setup(on_a_socket, fresh),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
