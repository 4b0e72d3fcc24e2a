/* SPDX-License-Identifier: ISC */
/*
 * The trace id of a request: the one of a "traceparent" header (W3C Trace Context) if that has exactly the form it must have,
 * else a new one. It ends up in logs and answers, so nothing but 32 hexadecimal digits gets through.
 */
#include <sys/random.h>

#include <string.h>
#include <unistd.h>

#include "base/clock.h"

#include "http/trace.h"

#define ID_AT 3
#define SPAN_AT 36
#define FLAGS_AT 53
#define PARENT_LEN 55

static bool
is_hex(const char *p, size_t n)
{

	for (size_t i = 0; i < n; i++)
		if (!((p[i] >= '0' && p[i] <= '9') || (p[i] >= 'a' && p[i] <= 'f')))
			return (false);
	return (true);
}

static bool
is_zero(const char *p, size_t n)
{

	return (strspn(p, "0") >= n);
}

/* By its length and dashes first, so that nothing is read beyond its end. */
static bool
valid(struct str s)
{

	if (s.p == NULL || s.len < PARENT_LEN || s.p[2] != '-' || s.p[35] != '-' || s.p[52] != '-')
		return (false);
	if (!is_hex(s.p, 2) || memcmp(s.p, "ff", 2) == 0)
		return (false);
	/* Version 00 ends here; a later one may go on, after a dash. */
	if (s.len > PARENT_LEN && (memcmp(s.p, "00", 2) == 0 || s.p[PARENT_LEN] != '-'))
		return (false);
	if (!is_hex(s.p + ID_AT, 32) || !is_hex(s.p + SPAN_AT, 16) || !is_hex(s.p + FLAGS_AT, 2))
		return (false);
	return (!is_zero(s.p + ID_AT, 32) && !is_zero(s.p + SPAN_AT, 16));
}

static void
put_hex(uint64_t v, char *out)
{
	static const char digits[] = "0123456789abcdef";

	for (int i = 15; i >= 0; i--, v >>= 4)
		out[i] = digits[v & 15];
}

/*
 * Unique, not secret: 64 random bits of this process and a counter, so that a request costs no system call. The first call
 * comes after the fork: the master serves nobody.
 */
static void
make(char out[TRACE_ID_LEN + 1])
{
	static uint64_t process, counter;

	if (process == 0 && getrandom(&process, sizeof(process), GRND_NONBLOCK) != sizeof(process))
		process = (uint64_t)clock_wall_ms() << 20 ^ (uint64_t)getpid();
	put_hex(process, out);
	put_hex(++counter, out + 16);
	out[TRACE_ID_LEN] = '\0';
}

void
trace_id_of(struct str traceparent, char out[TRACE_ID_LEN + 1])
{

	if (!valid(traceparent)) {
		make(out);
		return;
	}
	memcpy(out, traceparent.p + ID_AT, TRACE_ID_LEN);
	out[TRACE_ID_LEN] = '\0';
}

/* The lowest bit of the flags, whatever the version (W3C Trace Context, 4). */
enum trace_decision
trace_parent_of(struct str traceparent, char out[SPAN_ID_HEX + 1])
{

	out[0] = '\0';
	if (!valid(traceparent))
		return (TRACE_UNDECIDED);
	memcpy(out, traceparent.p + SPAN_AT, SPAN_ID_HEX);
	out[SPAN_ID_HEX] = '\0';
	return ((str_hex_value(traceparent.p[FLAGS_AT + 1]) & 1) != 0 ? TRACE_WANTED : TRACE_UNWANTED);
}
