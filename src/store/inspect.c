/* SPDX-License-Identifier: ISC */
/*
 * What "doorward -t --strict" says of the Redis server: connects once, looks (look.c), and prints a line for each fault with
 * what mends it. A private Redis that does not run yet is no fault.
 */
#include "base/buf.h"
#include "base/clock.h"
#include "doorward/config.h"
#include "store/conn.h"
#include "store/look.h"

#include "store/inspect.h"

#define LINE_MAX_LEN 1280

static void
say(const struct look *l, const struct config *c, enum look_fault f, const char *file, FILE *out)
{
	char text[LINE_MAX_LEN];
	struct buf b;

	buf_init(&b, text, sizeof(text));
	look_say(&b, l, f);
	buf_puts(&b, " To mend it: ");
	look_mend(&b, l, c, f);
	fprintf(out, "%s: redis.url: %s\n", file, text);
}

static size_t
say_all(const struct look *l, const struct config *c, const char *file, FILE *out)
{
	size_t n = 0;

	for (enum look_fault f = 0; f < LOOK_FAULTS; f++) {
		if ((l->faults & LOOK_BIT(f)) == 0)
			continue;
		say(l, c, f, file, out);
		n++;
	}
	return (n);
}

/* Without a shared node: a test of a configuration must not change what running processes know. */
size_t
inspect_server(const struct config *c, const char *file, FILE *out)
{
	char err[128];
	struct conn *conn = conn_new(c, c->redis_url, err, sizeof(err));
	size_t n = 0;
	bool good;

	if (conn == NULL) {
		fprintf(out, "%s: redis.url: %s\n", file, err);
		return (1);
	}
	conn_set_node(conn, NULL);
	good = conn_open(conn, clock_mono_ms() + c->redis_connect_timeout + c->redis_command_timeout);
	n = say_all(conn_seen(conn), c, file, out);
	if (!good && n == 0 && !c->redis_spawn) {
		fprintf(out, "%s: redis.url: Redis cannot be asked: %s\n", file, conn_why(conn));
		n++;
	}
	conn_free(conn);
	return (n);
}

static void
contradiction(const struct look *l, const struct config *c, enum look_fault f, char *err, size_t errlen)
{
	struct buf b;

	buf_init(&b, err, errlen);
	buf_puts(&b, "redis.durability: ");
	look_say(&b, l, f);
	buf_puts(&b, " To mend it: ");
	look_mend(&b, l, c, f);
}

bool
inspect_contradicts(const struct config *c, char *err, size_t errlen)
{
	char ignored[128];
	struct conn *conn;
	bool bad;

	if (c->redis_durability != DURABILITY_DISK || c->redis_spawn ||
	    (conn = conn_new(c, c->redis_url, ignored, sizeof(ignored))) == NULL)
		return (false);
	conn_set_node(conn, NULL);
	bad = conn_open(conn, clock_mono_ms() + c->redis_connect_timeout + c->redis_command_timeout) &&
	      (conn_seen(conn)->faults & LOOK_BIT(LOOK_UNSYNCED)) != 0;
	if (bad)
		contradiction(conn_seen(conn), c, LOOK_UNSYNCED, err, errlen);
	conn_free(conn);
	return (bad);
}
