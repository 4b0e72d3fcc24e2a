/* SPDX-License-Identifier: ISC */
/*
 * What "doorward -t --strict" says of the Redis server: connects once (to each master of a cluster), looks (look.c), and prints
 * a line for each fault with what mends it. A private Redis that does not run yet is no fault.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/clock.h"
#include "doorward/config.h"
#include "store/cluster.h"
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
static size_t
inspect_url(const struct config *c, const char *url, const char *file, FILE *out)
{
	char err[128];
	struct conn *conn = conn_new(c, url, err, sizeof(err));
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

/* Calls ${each} with the address of each master that redis.url leads to. Returns the sum; -1 if a cluster cannot be asked. */
static int
each_master(const struct config *c, size_t (*each)(void *arg, const char *url), void *arg, char *why, size_t len)
{
	struct cluster *cl = malloc(sizeof(*cl)); /* too large for the stack */
	char url[CLUSTER_URL_MAX];
	int sum = -1;

	if (cl == NULL || !cluster_init(cl, c))
		sum = (int)each(arg, c->redis_url);
	else if (cluster_refresh(cl, clock_mono_ms() + c->redis_connect_timeout + c->redis_command_timeout) == CLUSTER_CHANGED)
		sum = 0;
	else
		snprintf(why, len, "%s", cl->why);
	for (size_t i = 0; sum >= 0 && cl != NULL && i < cl->map.n; i++) {
		cluster_url("redis", &cl->map.masters[i], url);
		sum += (int)each(arg, url);
	}
	free(cl);
	return (sum);
}

struct inspection {
	const struct config *conf;
	const char *file;
	FILE *out;
	char *err;
	size_t errlen;
};

static size_t
inspect_one(void *arg, const char *url)
{
	const struct inspection *p = arg;

	return (inspect_url(p->conf, url, p->file, p->out));
}

size_t
inspect_server(const struct config *c, const char *file, FILE *out)
{
	struct inspection p = { .conf = c, .file = file, .out = out };
	char why[160];
	int n = each_master(c, inspect_one, &p, why, sizeof(why));

	if (n >= 0)
		return ((size_t)n);
	fprintf(out, "%s: redis.url: no node of the cluster says who has which slots: %s\n", file, why);
	return (1);
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

static size_t
contradicts(void *arg, const char *url)
{
	const struct inspection *p = arg;
	char ignored[128];
	struct conn *conn = conn_new(p->conf, url, ignored, sizeof(ignored));
	bool bad;

	if (conn == NULL)
		return (0);
	conn_set_node(conn, NULL);
	bad = conn_open(conn, clock_mono_ms() + p->conf->redis_connect_timeout + p->conf->redis_command_timeout) &&
	      (conn_seen(conn)->faults & LOOK_BIT(LOOK_UNSYNCED)) != 0;
	if (bad)
		contradiction(conn_seen(conn), p->conf, LOOK_UNSYNCED, p->err, p->errlen);
	conn_free(conn);
	return (bad);
}

bool
inspect_contradicts(const struct config *c, char *err, size_t errlen)
{
	struct inspection p = { .conf = c, .err = err, .errlen = errlen };
	char ignored[160];

	return (c->redis_durability == DURABILITY_DISK && !c->redis_spawn &&
		each_master(c, contradicts, &p, ignored, sizeof(ignored)) > 0);
}
