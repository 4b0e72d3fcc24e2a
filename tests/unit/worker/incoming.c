/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "worker/incoming.h"

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
		(unsigned char)(content >> 8), (unsigned char)content, (unsigned char)padding, 0 };

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

static size_t used;

/* Gives the first ${n} bytes to a new request, in memory that ends there, so that reading on is seen. */
static enum incoming_verdict
look(size_t n, struct incoming *in)
{
	unsigned char *p = malloc(n > 0 ? n : 1);
	enum incoming_verdict v;

	assert_non_null(p);
	memcpy(p, wire, n);
	memset(in, 0, sizeof(*in));
	v = incoming_take(in, p, n, &used);
	free(p);
	assert_true(used <= n);
	return (v);
}

/* The same, with the verdict that the request gets in pieces, kept between them as the event loop does. */
static enum incoming_verdict
look_in_pieces(size_t piece, struct incoming *in)
{
	enum incoming_verdict v = INCOMING_MORE;

	memset(in, 0, sizeof(*in));
	for (size_t i = 0; i < at && v == INCOMING_MORE; i += piece) {
		v = incoming_take(in, wire + i, at - i < piece ? at - i : piece, &used);
		assert_int_equal(incoming_keep(in), 0);
	}
	return (v);
}

static enum incoming_verdict
look_at_all(void)
{
	static const size_t pieces[] = { 1, 2, 7, 8, 9, 1000 };
	struct incoming in;
	enum incoming_verdict v = look(at, &in);

	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		if (look_in_pieces(pieces[i], &in) != v)
			fail_msg("in pieces of %zu it is another verdict than %d", pieces[i], (int)v);
		incoming_end(&in);
		assert_int_equal(incoming_held(), 0);
	}
	return (v);
}

static void
cut_at_every_byte(void **state)
{
	static const unsigned roles[] = { RESPONDER, AUTHORIZER };
	size_t whole;

	(void)state;
	for (size_t r = 0; r < 2; r++) {
		at = 0;
		put_request(258, roles[r]);
		for (size_t n = 0; n < at; n++) {
			struct incoming in;
			enum incoming_verdict v = look(n, &in);

			if (v != INCOMING_MORE)
				fail_msg("%zu of %zu bytes: %d", n, at, (int)v);
			assert_int_equal(used, n);
			assert_int_equal(in.authorizer, n >= 16 && roles[r] == AUTHORIZER);
		}
		assert_int_equal(look_at_all(), INCOMING_WHOLE);
		/* What follows is not taken. */
		whole = at;
		put_request(259, RESPONDER);
		for (size_t n = whole; n <= at; n++) {
			struct incoming in;

			assert_int_equal(look(n, &in), INCOMING_WHOLE);
			assert_int_equal(used, whole);
		}
		assert_int_equal(look_at_all(), INCOMING_WHOLE);
	}
}

/* lighttpd and mod_authnz_fcgi send an Authorizer no end of a body. */
static void
authorizer_without_a_body(void **state)
{
	struct incoming in;

	(void)state;
	put_request(1, AUTHORIZER);
	assert_int_equal(look(at, &in), INCOMING_WHOLE);
	assert_true(in.authorizer);
}

static void
empty_body(void **state)
{

	(void)state;
	put_begin(1, RESPONDER);
	put_record(PARAMS, 1, NULL, 0, 0);
	assert_int_equal(look_at_all(), INCOMING_MORE);
	put_record(STDIN, 1, NULL, 0, 0);
	assert_int_equal(look_at_all(), INCOMING_WHOLE);
}

/* Pairs may be cut into records anywhere, in the middle of a length too. */
static void
pairs_cut_anywhere(void **state)
{
	static const char long_ones[] = "\x80\x00\x00\x05\x80\x00\x00\x02HTTPSon\x05\x80\x00\x00\x02HTTPSon"
					"\x80\x00\x00\x05\x02HTTPSon";
	const struct {
		const char *p;
		size_t n;
	} t[] = { { pairs, 9 }, { long_ones, sizeof(long_ones) - 1 } };

	(void)state;
	for (size_t k = 0; k < 2; k++) {
		for (size_t first = 1; first < t[k].n; first++) {
			at = 0;
			put_begin(1, RESPONDER);
			put_record(PARAMS, 1, t[k].p, first, 1);
			put_record(PARAMS, 1, t[k].p + first, t[k].n - first, 0);
			put_record(PARAMS, 1, NULL, 0, 0);
			put_record(STDIN, 1, NULL, 0, 0);
			assert_int_equal(look_at_all(), INCOMING_WHOLE);
		}
		/* Byte by byte. */
		at = 0;
		put_begin(1, RESPONDER);
		for (size_t i = 0; i < t[k].n; i++)
			put_record(PARAMS, 1, t[k].p + i, 1, 0);
		put_record(PARAMS, 1, NULL, 0, 0);
		put_record(STDIN, 1, NULL, 0, 0);
		assert_int_equal(look_at_all(), INCOMING_WHOLE);
	}
}

/* Lengths that promise more than comes make libfcgi allocate it all, or abort (CVE-2025-23016). */
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
		if (look_at_all() != (i < 5 ? INCOMING_BROKEN : INCOMING_MORE))
			fail_msg("row %zu, not ended", i);
		put_record(PARAMS, 1, NULL, 0, 0);
		put_record(STDIN, 1, NULL, 0, 0);
		if (look_at_all() != INCOMING_BROKEN)
			fail_msg("row %zu", i);
	}
}

static void
hostile_records(void **state)
{
	static const unsigned types[] = { 0, ABORT, END, STDOUT, 7, DATA, GET_VALUES, GET_VALUES_RESULT, UNKNOWN, 12, 255 };
	static const unsigned ids[] = { 0, 1, 2 };

	(void)state;
	for (size_t t = 0; t < sizeof(types) / sizeof(types[0]); t++) {
		for (size_t i = 0; i < 3; i++) {
			enum incoming_verdict under_way = types[t] == ABORT && ids[i] == 1 ? INCOMING_ABORTED : INCOMING_BROKEN;

			/* Before a request, alone and with content; after BEGIN; between variables and body. */
			at = 0;
			put_record(types[t], ids[i], NULL, 0, 0);
			assert_int_equal(look_at_all(), INCOMING_BROKEN);
			at = 0;
			put_record(types[t], ids[i],
			    "\x0f\x00"
			    "FCGI_MPXS_CONNS\x0f\x00"
			    "FCGI_MPXS_CONNS",
			    34, 0);
			put_request(1, RESPONDER);
			assert_int_equal(look_at_all(), INCOMING_BROKEN);
			at = 0;
			put_begin(1, RESPONDER);
			put_record(types[t], ids[i], NULL, 0, 0);
			assert_int_equal(look_at_all(), under_way);
			at = 0;
			put_begin(1, RESPONDER);
			put_record(PARAMS, 1, NULL, 0, 0);
			put_record(types[t], ids[i], "x", 1, 0);
			put_record(STDIN, 1, NULL, 0, 0);
			assert_int_equal(look_at_all(), under_way);
		}
	}
}

static void
wrong_versions(void **state)
{
	static const unsigned char versions[] = { 0, 2, 'G', 0x16, 255 };
	struct incoming in;

	(void)state;
	for (size_t v = 0; v < sizeof(versions); v++) {
		/* Whatever record it stands at the head of, and before the record is whole. */
		at = 0;
		put_request(1, RESPONDER);
		for (size_t i = 0; i < at; i += 8u + ((size_t)wire[i + 4] << 8 | wire[i + 5]) + wire[i + 6]) {
			wire[i] = versions[v];
			assert_int_equal(look_at_all(), INCOMING_BROKEN);
			assert_int_equal(look(i + 1, &in), INCOMING_BROKEN);
			wire[i] = 1;
		}
	}
	memcpy(wire, "GET / HTTP/1.1\r\n\r\n", 18);
	assert_int_equal(look(18, &in), INCOMING_BROKEN);
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
		assert_int_equal(look_at_all(), INCOMING_BROKEN);
	}
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		at = 0;
		put_record(BEGIN, 1, body, sizes[i], 0);
		assert_int_equal(look_at_all(), INCOMING_BROKEN);
	}
	at = 0;
	put_begin(0, RESPONDER);
	assert_int_equal(look_at_all(), INCOMING_BROKEN);
	/* Twice. */
	for (unsigned id = 1; id < 3; id++) {
		at = 0;
		put_begin(1, RESPONDER);
		put_begin(id, RESPONDER);
		assert_int_equal(look_at_all(), INCOMING_BROKEN);
	}
	at = 0;
	put_begin(1, RESPONDER);
	put_record(PARAMS, 1, NULL, 0, 0);
	put_begin(1, AUTHORIZER); /* the role is not to change under way */
	assert_int_equal(look_at_all(), INCOMING_BROKEN);
}

static void
wrong_order(void **state)
{
	static const unsigned types[] = { PARAMS, STDIN };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		at = 0;
		put_record(types[i], 1, NULL, 0, 0);
		assert_int_equal(look_at_all(), INCOMING_BROKEN);
		/* Of another request. */
		at = 0;
		put_begin(1, RESPONDER);
		put_record(types[i], 2, NULL, 0, 0);
		assert_int_equal(look_at_all(), INCOMING_BROKEN);
		at = 0;
		put_begin(1, RESPONDER);
		put_record(types[i], 257, NULL, 0, 0);
		assert_int_equal(look_at_all(), INCOMING_BROKEN);
	}
	at = 0;
	put_begin(1, RESPONDER);
	put_record(STDIN, 1, "a=b", 3, 0);
	assert_int_equal(look_at_all(), INCOMING_BROKEN);
	at = 0;
	put_begin(1, RESPONDER);
	put_record(PARAMS, 1, NULL, 0, 0);
	put_record(PARAMS, 1, pairs, 9, 0);
	assert_int_equal(look_at_all(), INCOMING_BROKEN);
}

static void
huge_lengths(void **state)
{
	static const unsigned char none[40000];
	struct incoming in;

	(void)state;
	/* A record that promises as much as one can is waited for. */
	put_begin(1, RESPONDER);
	put_header(PARAMS, 1, 65535, 255);
	assert_int_equal(look_at_all(), INCOMING_MORE);
	at += 65535 + 255 - 1;
	memset(wire + 24, 0, at - 24); /* pairs without names or values */
	assert_int_equal(look(at, &in), INCOMING_MORE);
	/* Variables beyond any sense are thrown away, so that there is an answer; and beyond all bounds refused. */
	at = 16;
	for (int i = 0; i < 3; i++)
		put_record(PARAMS, 1, none, sizeof(none), 0);
	put_record(PARAMS, 1, NULL, 0, 0);
	put_record(STDIN, 1, "a=b", 3, 0);
	put_record(STDIN, 1, NULL, 0, 0);
	assert_int_equal(look_in_pieces(10000, &in), INCOMING_WHOLE);
	assert_true(in.oversized);
	assert_int_equal(in.params, 0);
	assert_int_equal(in.body, 3);
	assert_memory_equal(in.bytes, "a=b", 3);
	incoming_end(&in);
	assert_int_equal(look_at_all(), INCOMING_WHOLE);
	at = 0;
	put_begin(1, RESPONDER);
	assert_int_equal(look(at, &in), INCOMING_MORE);
	at = 0;
	put_record(PARAMS, 1, none, sizeof(none), 0);
	for (size_t n = sizeof(none); n <= INCOMING_DRAIN_MAX; n += sizeof(none))
		assert_int_equal(incoming_take(&in, wire, at, &used), INCOMING_MORE);
	assert_int_equal(incoming_take(&in, wire, at, &used), INCOMING_BROKEN);
	assert_int_equal(in.params, 0);
	incoming_end(&in);
}

/* Of a body that is too large one byte more than is allowed is kept, however it comes, and its end is waited for; within
 * reason. */
static void
big_bodies(void **state)
{
	static const size_t pieces[] = { 1, 100, BODY_MAX, 65535 };
	static unsigned char body[65535];
	struct incoming in;

	(void)state;
	memset(body, 'x', sizeof(body));
	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		at = 0;
		put_begin(1, RESPONDER);
		put_record(PARAMS, 1, pairs, 9, 0);
		put_record(PARAMS, 1, NULL, 0, 0);
		for (size_t n = 0; n < 2 * BODY_MAX; n += pieces[i])
			put_record(STDIN, 1, body, pieces[i], i == 0 ? 0 : 255);
		assert_int_equal(look(at, &in), INCOMING_MORE);
		assert_int_equal(look_in_pieces(8192, &in), INCOMING_MORE);
		assert_true(in.room <= INCOMING_MAX && incoming_held() == in.room);
		incoming_end(&in);
		put_record(STDIN, 1, NULL, 0, 0);
		assert_int_equal(look_in_pieces(8192, &in), INCOMING_WHOLE);
		assert_int_equal(in.params, 9);
		assert_int_equal(in.body, BODY_MAX + 1);
		assert_memory_equal(in.bytes + 9, body, BODY_MAX + 1);
		assert_false(in.cut);
		incoming_end(&in);
	}
	at = 0;
	put_begin(1, RESPONDER);
	put_record(PARAMS, 1, NULL, 0, 0);
	assert_int_equal(look(at, &in), INCOMING_MORE);
	at = 0;
	put_record(STDIN, 1, body, sizeof(body), 9);
	for (size_t n = sizeof(body); n <= INCOMING_DRAIN_MAX; n += sizeof(body))
		assert_int_equal(incoming_take(&in, wire, at, &used), INCOMING_MORE);
	assert_int_equal(incoming_take(&in, wire, at, &used), INCOMING_WHOLE);
	assert_true(in.cut);
	assert_int_equal(in.body, BODY_MAX + 1);
}

/* As much as a request can bring along, in the smallest pieces: it takes no more memory than that. */
static void
memory_is_bounded(void **state)
{
	static unsigned char value[30000];
	struct incoming many[8];

	(void)state;
	put_begin(1, RESPONDER);
	memset(value, 'v', sizeof(value));
	for (int i = 0; i < 3; i++) {
		put_record(PARAMS, 1, "\x01\x80\x00\x75\x30n", 6, 0);
		put_record(PARAMS, 1, value, sizeof(value), 0);
	}
	put_record(PARAMS, 1, NULL, 0, 0);
	for (int i = 0; i < 300; i++)
		put_record(STDIN, 1, value, 100, 255);
	for (size_t i = 0; i < 8; i++) {
		assert_int_equal(look_in_pieces(13, &many[i]), INCOMING_MORE);
		assert_int_equal(many[i].params, 90018);
		assert_int_equal(many[i].body, BODY_MAX + 1);
		assert_true(incoming_held() <= (i + 1) * INCOMING_MAX);
	}
	for (size_t i = 0; i < 8; i++)
		incoming_end(&many[i]);
	assert_int_equal(incoming_held(), 0);
}

/* What has come is wiped where it lay, when it moves and when it ends. */
static void
nothing_is_left_in_shared_memory(void **state)
{
	struct incoming in, next = { 0 };
	const unsigned char *lay;

	(void)state;
	put_begin(1, RESPONDER);
	put_record(PARAMS, 1, NULL, 0, 0);
	put_record(STDIN, 1, "password=secret", 15, 0);
	assert_int_equal(look(at, &in), INCOMING_MORE);
	lay = in.bytes;
	assert_memory_equal(lay, "password=secret", 15);
	assert_int_equal(incoming_keep(&in), 0);
	assert_ptr_not_equal(in.bytes, lay);
	for (size_t i = 0; i < 15; i++)
		assert_int_equal(lay[i], 0);
	assert_int_equal(incoming_take(&next, wire, at, &used), INCOMING_MORE);
	assert_ptr_equal(next.bytes, lay);
	incoming_end(&next);
	for (size_t i = 0; i < 15; i++)
		assert_int_equal(lay[i], 0);
	assert_memory_equal(in.bytes, "password=secret", 15);
	incoming_end(&in);
	assert_null(in.bytes);
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
		{ "\1\1a\0", 4, true }, { "\3\0A=B", 5, true }, { "\3\0A\0B", 5, true }, { "\3\1ABCx", 6, false } };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (size_t cut = 0; cut <= rows[i].len; cut++) {
			struct incoming in;

			at = 0;
			put_begin(1, RESPONDER);
			if (cut > 0)
				put_record(PARAMS, 1, rows[i].pair, cut, 0);
			if (cut < rows[i].len)
				put_record(PARAMS, 1, rows[i].pair + cut, rows[i].len - cut, 0);
			put_record(PARAMS, 1, NULL, 0, 0);
			put_record(STDIN, 1, NULL, 0, 0);
			assert_int_equal(look(at, &in), INCOMING_WHOLE);
			assert_int_equal(in.poisoned, rows[i].poisoned);
		}
	}
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
		cmocka_unit_test_setup(memory_is_bounded, fresh),
		cmocka_unit_test_setup(nothing_is_left_in_shared_memory, fresh),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
