/* SPDX-License-Identifier: ISC */
/*
 * One row a kind of sink. Those that need a library of their own are in modules (base/module.h), which the relay opens for the
 * rows that are configured, and nobody else; a test of the configuration tries them in a process that ends at once.
 */
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/module.h"
#include "crypto/keyring.h"
#include "relay/alerts.h"
#include "relay/exec.h"
#include "relay/ledger.h"

#include "relay/sinks.h"

#define PACKAGE "doorward-sinks"
#define WHY_MAX 1024
#define TRACES_URL_MAX 1100

static const struct kind {
	const char *type;
	const struct sink_driver *driver; /* NULL: the module's */
	const char *module;
} kinds[] = {
	{ "exec", &exec_driver, NULL }, { SINK_ALERTS, &alerts_driver, NULL }, /* not for `sinks` */
	{ "webhook", NULL, "sink_http" }, { "set", NULL, "sink_http" }, { "backchannel", NULL, "sink_http" },
	{ "amqp", NULL, "sink_amqp" }, { SINK_TRACES, NULL, "sink_http" }, /* nor this */
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static const struct sink_driver *
of_module(const struct kind *k, char *why, size_t len)
{
	const struct module *m = module_open(k->module, PACKAGE, why, len);

	if (m == NULL)
		return (NULL);
	for (size_t i = 0; m->sinks != NULL && m->sinks[i] != NULL; i++)
		if (strcmp(m->sinks[i]->type, k->type) == 0)
			return (m->sinks[i]);
	snprintf(why, len, "the module %s has no sink of type %s", k->module, k->type);
	errno = 0;
	return (NULL);
}

const struct sink_driver *
sinks_driver(const char *type, char *why, size_t len)
{

	for (size_t i = 0; i < KINDS; i++)
		if (strcmp(kinds[i].type, type) == 0)
			return (kinds[i].driver != NULL ? kinds[i].driver : of_module(&kinds[i], why, len));
	snprintf(why, len, "there is no sink of type %s", type);
	errno = 0;
	return (NULL);
}

const struct sink_driver *
sinks_ledger(void)
{

	return (&ledger_driver);
}

/* A sink says "option: what is wrong with it"; what it says without one is of its type. */
static void
complain(const struct config *conf, size_t i, const char *why, FILE *out)
{
	char option[32], place[PATH_MAX + 64];
	size_t n = strspn(why, "abcdefghijklmnopqrstuvwxyz_");
	bool names = n > 0 && n < sizeof(option) && strncmp(why + n, ": ", 2) == 0;

	snprintf(option, sizeof(option), "%.*s", names ? (int)n : 4, names ? why : "type");
	config_place_of_sink(conf, i, option, place, sizeof(place));
	fprintf(out, "%s: sink \"%s\": %s\n", place, conf->sinks[i].name, names ? why + n + 2 : why);
}

const struct sink_conf *
sinks_traces(const struct config *c)
{
	static char name[] = "traces", type[] = SINK_TRACES, none[] = "";
	static char url[TRACES_URL_MAX];
	static struct sink_conf sink = { .name = name,
		.type = type,
		.url = url,
		.secret_file = none,
		.password_file = none,
		.ca_file = none,
		.audience = none,
		.exchange = none,
		.allow_private = true,
		.plain_private = true };

	snprintf(url, sizeof(url), "%s/v1/traces", c->trace_otlp);
	return (&sink);
}

/* Keys that are not there yet are made for access.alg, which was looked at; those of another user are his to look at. */
static bool
has_key(const struct sink_driver *d, const struct config *conf, char *why, size_t len)
{
	struct keyring *keys = d->needs_public_key ? keyring_load(conf->state_dir, why, len) : NULL;
	bool has = keys == NULL || keyring_public_signer(keys) != NULL;

	if (!has)
		snprintf(why, len, "%s: see doorwardctl key generate", SINK_NO_PUBLIC_KEY);
	keyring_free(keys);
	return (has);
}

static bool
is_possible(const struct config *conf, const struct sink_conf *c, char *why, size_t len)
{
	const struct sink_driver *d = sinks_driver(c->type, why, len);

	return (d != NULL && (d->check == NULL || d->check(c, why, len)) && has_key(d, conf, why, len));
}

static size_t
check_traces(const struct config *conf, FILE *out)
{
	char why[WHY_MAX], place[PATH_MAX + 64];

	if (conf->trace_otlp[0] == '\0' || is_possible(conf, sinks_traces(conf), why, sizeof(why)))
		return (0);
	config_place(conf, "trace.otlp", place, sizeof(place));
	fprintf(out, "%s: %s\n", place, why);
	return (1);
}

static size_t
check_all(const struct config *conf, FILE *out)
{
	char why[WHY_MAX];
	size_t wrong = check_traces(conf, out);

	for (size_t i = 0; i < conf->n_sinks; i++) {
		if (is_possible(conf, &conf->sinks[i], why, sizeof(why)))
			continue;
		complain(conf, i, why, out);
		wrong++;
	}
	return (wrong);
}

/* What the process that looks has to say, as far as it comes. */
static void
pass_on(int fd, FILE *out)
{
	char part[512];
	ssize_t n;

	while ((n = read(fd, part, sizeof(part))) > 0 || (n < 0 && errno == EINTR))
		if (n > 0)
			(void)fwrite(part, 1, (size_t)n, out);
	close(fd);
}

/* For the process that looks: its exit code is the number, of which there are fewer than 100 rows. */
static void __attribute__((noreturn)) look(const struct config *conf, int fd)
{
	FILE *to = fdopen(fd, "w");
	size_t wrong = to == NULL ? 1 : check_all(conf, to);

	if (to != NULL)
		fflush(to);
	_exit((int)wrong);
}

/* What a module's library leaves behind ends with the process, and with it what it wrote into a stream in memory: its words
 * come through a pipe. */
size_t
sinks_check(const struct config *conf, FILE *out)
{
	int status = 0, ends[2];
	pid_t pid;

	if (conf->n_sinks == 0 && conf->trace_otlp[0] == '\0')
		return (0);
	fflush(out);
	if (pipe2(ends, O_CLOEXEC) != 0) {
		fprintf(out, "%s: sinks: they could not be looked at: %s\n", conf->file, strerror(errno));
		return (1);
	}
	if ((pid = fork()) == 0)
		look(conf, ends[1]);
	close(ends[1]);
	pass_on(ends[0], out);
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (pid > 0 && WIFEXITED(status))
		return ((size_t)WEXITSTATUS(status));
	fprintf(out, "%s: sinks: they could not be looked at\n", conf->file);
	return (1);
}
