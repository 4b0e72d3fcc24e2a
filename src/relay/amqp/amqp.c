/* SPDX-License-Identifier: ISC */
/*
 * The driver is thin: carrier.c has the thread, broker.c the protocol. A message is delivered when the broker has confirmed it,
 * which for a persistent one in durable queues is when it is on its disk.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/str.h"
#include "crypto/ca_file.h"
#include "doorward/config.h"
#include "relay/amqp/carrier.h"

#include "relay/amqp/amqp.h"

#define EXCHANGE "doorward"
#define GUEST "guest"
#define WORD_MAX 64

struct amqp {
	const struct sink_env *env;
	struct carrier *carrier;
};

static const char *
secret_fault(int error)
{

	return (error == EPERM   ? "can be read by group or others, or is no regular file"
		: error == EFBIG ? "is too large for a password"
				 : strerror(error));
}

/* The first line of the file. */
static bool
read_password_file(const char *path, char password[BROKER_PASSWORD_MAX], char *why, size_t len)
{
	ssize_t n = fd_read_secret(path, password, BROKER_PASSWORD_MAX);

	if (n < 0) {
		snprintf(why, len, "password_file: %s %s", path, secret_fault(errno));
		return (false);
	}
	password[strcspn(password, "\r\n")] = '\0';
	if (password[0] == '\0')
		snprintf(why, len, "password_file: %s holds no password", path);
	return (password[0] != '\0');
}

/* RabbitMQ's own account for its own machine has a password that everybody knows. */
static bool
read_password(const struct sink_conf *c, struct broker_conf *b, char *why, size_t len)
{

	if (c->password_file[0] != '\0')
		return (read_password_file(c->password_file, b->password, why, len));
	if (strcmp(b->place.to.user, GUEST) == 0)
		return (str_copy(b->password, sizeof(b->password), STR_LIT(GUEST)));
	snprintf(why, len, "password_file: is missing");
	return (false);
}

static bool
read_conf(const struct sink_conf *c, struct broker_conf *b, char *why, size_t len)
{
	char fault[BROKER_ERROR_MAX];

	if (!place_read(&b->place, c->url, c->allow_private, fault, sizeof(fault))) {
		snprintf(why, len, "url: %s", fault);
		return (false);
	}
	if (!str_copy(b->exchange, sizeof(b->exchange), str_of(c->exchange[0] != '\0' ? c->exchange : EXCHANGE))) {
		snprintf(why, len, "exchange: is longer than %d bytes", BROKER_EXCHANGE_MAX);
		return (false);
	}
	if (!str_copy(b->ca_file, sizeof(b->ca_file), str_of(c->ca_file))) {
		snprintf(why, len, "ca_file: is too long");
		return (false);
	}
	b->declare = c->declare;
	return (read_password(c, b, why, len));
}

static bool
check(const struct sink_conf *c, char *why, size_t len)
{
	char fault[BROKER_ERROR_MAX];
	struct broker_conf b;
	bool fine = read_conf(c, &b, why, len);

	explicit_bzero(b.password, sizeof(b.password));
	if (fine && !(fine = place_admits_host(&b.place, clock_mono_ms() + BROKER_CONNECT_MS, fault, sizeof(fault))))
		snprintf(why, len, "url: %s", fault);
	if (fine && c->ca_file[0] != '\0' && !(fine = ca_file_check(c->ca_file, fault, sizeof(fault))))
		snprintf(why, len, "ca_file: %s", fault);
	return (fine);
}

static void
close_amqp(void *sink)
{
	struct amqp *a = sink;

	carrier_close(a->carrier);
	free(a);
}

static struct carrier *
open_carrier(const struct sink_conf *c, char *why, size_t len)
{
	struct broker_conf *b = calloc(1, sizeof(*b));

	if (b == NULL) {
		snprintf(why, len, "out of memory");
		return (NULL);
	}
	if (read_conf(c, b, why, len))
		return (carrier_open(b, why, len));
	explicit_bzero(b, sizeof(*b));
	free(b);
	return (NULL);
}

static void *
open_amqp(const struct sink_conf *c, const struct sink_env *env, char *why, size_t len)
{
	struct amqp *a = calloc(1, sizeof(*a));

	if (a == NULL) {
		snprintf(why, len, "out of memory");
		return (NULL);
	}
	a->env = env;
	if ((a->carrier = open_carrier(c, why, len)) != NULL)
		return (a);
	free(a);
	return (NULL);
}

static bool
start(void *sink, struct sink_delivery *d, const struct sink_event *e)
{
	struct amqp *a = sink;
	struct broker_message m = { .id = e->id, .type = e->type, .body = e->json, .len = e->json_len };

	if (str_is_word(str_of(e->id), "-_.", WORD_MAX) && str_is_word(str_of(e->type), "_", WORD_MAX))
		return (carrier_take(a->carrier, &m, d));
	a->env->done(d, SINK_FINAL, "the event has a malformed id or type");
	return (true);
}

static int
fd(void *sink)
{

	return (carrier_fd(((struct amqp *)sink)->carrier));
}

static int64_t
due(void *sink)
{

	return (carrier_due(((struct amqp *)sink)->carrier));
}

static void
done(void *arg, void *of, enum sink_outcome outcome, const char *error)
{

	((struct amqp *)arg)->env->done(of, outcome, error);
}

static void
run(void *sink)
{
	struct amqp *a = sink;

	carrier_run(a->carrier, done, a);
}

const struct sink_driver amqp_driver = {
	.type = "amqp",
	.module = "sink_amqp",
	.check = check,
	.open = open_amqp,
	.start = start,
	.fd = fd,
	.due = due,
	.run = run,
	.close = close_amqp,
};
