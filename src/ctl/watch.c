/* SPDX-License-Identifier: ISC */
/*
 * "watch": prints events, one a line, until it is interrupted; with --since first those that have been. They are read from the
 * outboxes, and where they have been read to is kept while Redis is away, so that each is printed once. An event is printed
 * when it was dealt with: with --exec after the command has succeeded, and before the next one begins. So whoever is
 * interrupted, however hard, goes on with the last id that was printed.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <json-c/json.h>

#include "auth/name.h"
#include "base/json.h"
#include "config/value.h"
#include "ctl/ctl.h"
#include "ctl/exec.h"
#include "ctl/options.h"
#include "ctl/print.h"
#include "doorward/config.h"
#include "doorward/event.h"
#include "store/event_id.h"
#include "store/watch.h"

#include "ctl/commands.h"

#define RETRY_MS 1000            /* between two attempts after Redis was lost; between two of a command, at first */
#define RETRY_MAX_MS 60000       /* at most */
#define SINCE_MAX_MS 31536000000 /* a year: outbox.keep is rarely more than a day */
#define ID_SHOWN 64

static const char *const types[] = { EVENT_TYPES };

static volatile sig_atomic_t interrupted;

struct watching {
	const struct config *conf;
	struct watch *watch;
	const struct options *o;
	char name[USERNAME_MAX + 1]; /* --user, canonical; "" if it is no name */
	bool stands;                 /* there was nothing more, since the last loss */
	bool began;                  /* the place to begin at was found */
};

static void
on_signal(int sig)
{

	interrupted = sig;
}

/* A signal ends it. */
static void
rest(int ms)
{

	if (!interrupted)
		(void)poll(NULL, 0, ms);
}

static bool
is_of_type(const struct options *o, struct str type)
{

	for (size_t i = 0; i < o->types.n; i++)
		if (str_is(type, o->types.values[i]))
			return (true);
	return (o->types.n == 0);
}

/* A name that was tried in vain is in its event as it was typed. */
static bool
is_of_user(const struct watching *w, struct str id, struct str name)
{
	char canonical[USERNAME_MAX + 1];

	if (w->o->user == NULL || str_is(id, w->o->user) || str_is(name, w->o->user))
		return (true);
	return (w->name[0] != '\0' && name.p != NULL && name_canonical(name, canonical) && strcmp(canonical, w->name) == 0);
}

static bool
is_wanted(const struct watching *w, struct json_object *e)
{
	bool wrong = false;
	struct str type = json_string(e, "type", &wrong), id = json_string(e, "user_id", &wrong),
		   name = json_string(e, "username", &wrong);

	return (is_of_type(w->o, type) && is_of_user(w, id, name));
}

/* Has the command deal with it, as often as it takes. False: interrupted meanwhile. */
static bool
deal_with(const struct watching *w, struct str json, struct json_object *e)
{
	char why[EXEC_WHY_MAX], id[ID_SHOWN + 1] = "?";
	bool wrong = false;
	int wait = RETRY_MS;

	if (w->o->exec == NULL)
		return (true);
	(void)str_copy(id, sizeof(id), e != NULL ? json_string(e, "id", &wrong) : STR_NONE);
	while (!interrupted && !exec_event(w->o->exec, json, why)) {
		ctl_say("--exec: event %s: %s; trying again in %d s", id, why, wait / 1000);
		rest(wait);
		wait = wait * 2 < RETRY_MAX_MS ? wait * 2 : RETRY_MAX_MS;
		if (interrupted)
			return (false);
	}
	return (!interrupted);
}

/* Flushed at once, since the reader may be a pipe. */
static bool
print_event(struct str json)
{

	print_shown(stdout, json);
	putchar('\n');
	return (fflush(stdout) == 0);
}

/* What is no JSON passes only where nothing is asked of it. */
static bool
on_json(struct watching *w, struct str json)
{
	struct json_object *e = json_parse_strict(json);
	bool go_on = true;

	if (e != NULL ? is_wanted(w, e) : w->o->types.n == 0 && w->o->user == NULL)
		go_on = deal_with(w, json, e) && print_event(json);
	json_object_put(e);
	return (go_on);
}

static bool
on_event(void *arg, struct str json)
{
	struct watching *w = arg;

	if (json.p != NULL)
		return (on_json(w, json) && !interrupted);
	if (!w->stands)
		fputs("waiting for events\n", stderr);
	w->stands = true;
	return (!interrupted);
}

/* Reads --since; says what is wrong with it. */
static int
read_since(const struct options *o, int64_t *ago, bool *is_id)
{
	static const struct option duration = { .name = "--since", .type = OPTION_DURATION, .min = 0, .max = SINCE_MAX_MS };
	char why[256];
	unsigned bucket;
	int64_t second;

	*ago = 0;
	*is_id = o->since != NULL && event_id_parse(str_of(o->since), &bucket, &second);
	if (o->since == NULL || *is_id || value_from_text(&duration, o->since, ago, why, sizeof(why)))
		return (0);
	ctl_say("--since: \"%s\" is neither the id of an event nor a duration as 10m: %s", o->since, why);
	return (-1);
}

static bool
is_type(const char *word)
{

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(word, types[i]) == 0)
			return (true);
	ctl_say("--type: there are no events \"%s\"", word);
	return (false);
}

/* An empty command succeeds: every event would be taken for dealt with. */
static int
check_options(const struct options *o)
{

	for (size_t i = 0; i < o->types.n; i++)
		if (!is_type(o->types.values[i]))
			return (-1);
	if (o->user != NULL && o->user[0] == '\0')
		ctl_say("--user: a name is missing");
	else if (o->exec != NULL && o->exec[0] == '\0')
		ctl_say("--exec: a command is missing");
	else
		return (0);
	return (-1);
}

static enum dw_result
begin(struct watching *w, int64_t ago, bool is_id)
{
	char keep[32];
	enum dw_result rc = is_id ? watch_from_id(w->watch, str_of(w->o->since)) : watch_from_ago(w->watch, ago);

	value_duration(w->conf->outbox_keep, keep, sizeof(keep));
	if (rc == DW_ABSENT) {
		ctl_say(
		    "event %s is not in the outboxes any more (outbox.keep = \"%s\"): what happened after it may be missing, "
		    "and some may come again; going on with what is kept since then",
		    w->o->since, keep);
		rc = DW_OK;
	}
	if (rc == DW_OK && !is_id && ago > w->conf->outbox_keep)
		ctl_say("events are kept for outbox.keep = \"%s\": older ones may be missing", keep);
	return (rc);
}

/* Goes on until it is interrupted, or nobody reads any more. Redis may come and go. */
static int
run(struct watching *w)
{
	enum dw_result rc;

	while ((rc = watch_run(w->watch, on_event, w)) != DW_OK && !interrupted) {
		if (w->stands)
			ctl_say("Redis was lost: going on where it stood when it is there again");
		w->stands = false;
		rest(RETRY_MS);
	}
	return (CTL_DONE);
}

/* Where the first question is not answered that is an error; a later loss is waited out. */
static int
start(struct watching *w, int64_t ago, bool is_id)
{
	struct sigaction handler = { .sa_handler = on_signal };

	if (begin(w, ago, is_id) != DW_OK) {
		ctl_say("Redis could not be asked");
		return (CTL_FAILED);
	}
	sigaction(SIGINT, &handler, NULL);
	sigaction(SIGTERM, &handler, NULL);
	return (run(w));
}

int
watch_command(struct ctl *c, const struct options *o)
{
	struct watching w = { .o = o };
	int64_t ago;
	bool is_id;
	int result;

	if (read_since(o, &ago, &is_id) != 0 || check_options(o) != 0)
		return (CTL_USAGE);
	if (ctl_store(c) != 0)
		return (CTL_FAILED);
	w.conf = c->conf;
	if (o->user != NULL)
		(void)name_canonical(str_of(o->user), w.name);
	if ((w.watch = watch_new(c->store)) == NULL) {
		ctl_say("out of memory");
		return (CTL_FAILED);
	}
	result = start(&w, ago, is_id);
	watch_free(w.watch);
	return (result);
}
