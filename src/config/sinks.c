/* SPDX-License-Identifier: ISC */
/*
 * The list "sinks": one row for each place that events are carried to. What a row may and must say depends on its type; one
 * table below has it. Only what stands in the file and in the files it names is looked at here, so that a file can be tested
 * where the module of a sink is not installed; src/relay has the rest looked at by the sink itself.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "config/row.h"
#include "config/secret.h"
#include "config/table.h"
#include "config/value.h"
#include "doorward/event.h"

#include "config/sinks.h"

/* Options of each type, between blanks. What all have (name, type, events, ended_only) is not listed. */
static const struct kind {
	const char *type;
	const char *takes;
	const char *needs;      /* of these, the ones that must be set */
	const char *schemes[2]; /* of its url: with TLS, and without, which needs allow_private */
	bool public_key;        /* its tokens are to be verified by others */
} kinds[] = {
	{ "webhook", " url secret_file ca_file allow_private ", " url secret_file ", { "https://", "http://" }, false },
	{ "set", " url audience ca_file allow_private ", " url audience ", { "https://", "http://" }, true },
	{ "backchannel", " url audience ca_file allow_private ", " url audience ", { "https://", "http://" }, true },
	{ "amqp", " url password_file ca_file exchange declare allow_private ", " url ", { "amqps://", "amqp://" }, false },
	{ "exec", " command ", " command ", { NULL, NULL }, false },
};

#define COMMON " name type events ended_only "

/* One row while it is read. */
struct row {
	const struct loading *l;
	size_t i;
	struct sink_conf *sink;
	const struct kind *kind;
};

/* Adds a message about ${option} of the row; returns false. */
static bool
refuse(const struct row *r, const char *option, const char *what)
{
	const config_setting_t *at = source_of_sink(r->l->c, r->i, option);
	char name[OPTION_NAME_MAX];

	snprintf(name, sizeof(name), "sinks[%zu].%s", r->i, option);
	return (source_wrong(r->l, at == NULL ? r->l->c->source->sinks[r->i] : at, name, "%s", what));
}

static bool __attribute__((format(printf, 3, 4))) refuse_with(const struct row *r, const char *option, const char *fmt, ...)
{
	char what[384];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	return (refuse(r, option, what));
}

static bool
has(const char *words, const char *name)
{
	char word[OPTION_NAME_MAX];

	snprintf(word, sizeof(word), " %s ", name);
	return (strstr(words, word) != NULL);
}

static bool
is_given(const struct row *r, const char *name)
{

	return (source_of_sink(r->l->c, r->i, name) != NULL);
}

/* What the type needs is there, and nothing that it does not know: an option that is set in vain is a mistake. */
static bool
check_options(const struct row *r)
{
	bool good = true;

	for (const struct option *o = table_sink_options; o->name != NULL; o++) {
		if (is_given(r, o->name) && !has(COMMON, o->name) && !has(r->kind->takes, o->name))
			good = refuse_with(r, o->name, "is not for a sink of type \"%s\"", r->kind->type);
		if (!is_given(r, o->name) && has(r->kind->needs, o->name))
			good = refuse_with(r, o->name, "is missing: a sink of type \"%s\" needs it", r->kind->type);
	}
	return (good);
}

/* The name becomes part of keys in Redis, of labels and of command lines. */
static bool
check_name(const struct row *r)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-_";
	const char *name = r->sink->name;

	if (name == NULL)
		return (is_given(r, "name") ? false : refuse(r, "name", "is missing"));
	if (strspn(name, letters) != strlen(name) || name[0] == '-')
		return (refuse_with(r, "name", "\"%s\" is not a name: lower case letters, digits, '-' and '_'", name));
	if (strcmp(name, SINK_LEDGER) == 0)
		return (refuse(r, "name", "\"" SINK_LEDGER "\" is the one that is always there"));
	if (strcmp(name, SINK_ALERTS) == 0)
		return (refuse(r, "name", "\"" SINK_ALERTS "\" is the one that counts events for alerts"));
	for (size_t i = 0; i < r->i; i++)
		if (r->l->c->sinks[i].name != NULL && strcmp(r->l->c->sinks[i].name, name) == 0)
			return (refuse_with(r, "name", "there is already a sink \"%s\"", name));
	return (true);
}

static bool
is_event(const char *type)
{
	static const char *const types[] = { EVENT_TYPES };

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(types[i], type) == 0)
			return (true);
	return (false);
}

static bool
check_events(const struct row *r)
{
	bool good = true;

	for (size_t i = 0; r->sink->events[i] != NULL; i++)
		if (!is_event(r->sink->events[i]))
			good = refuse_with(r, "events", "there is no event \"%s\"", r->sink->events[i]);
	return (good);
}

/* A password in an address ends up in logs, process lists and `config dump`. */
static bool
check_url(const struct row *r)
{
	const char *url = r->sink->url, *rest, *at;
	const char *const *s = r->kind->schemes;
	size_t authority;

	if (url[0] == '\0' || s[0] == NULL)
		return (true);
	if (!str_starts(str_of(url), s[0]) && !str_starts(str_of(url), s[1]))
		return (refuse_with(r, "url", "\"%s\" is not %s… or, with allow_private, %s…", url, s[0], s[1]));
	rest = strstr(url, "://") + 3;
	authority = strcspn(rest, "/?#");
	if (authority == 0 || strcspn(url, " <>\"{}|\\^`") != strlen(url) || !str_is_ascii(str_of(url)))
		return (refuse_with(r, "url", "\"%s\" is not an address", url));
	if (strchr(url, '#') != NULL)
		return (refuse(r, "url", "has a fragment (#), which is never sent"));
	if ((at = memchr(rest, '@', authority)) == NULL)
		return (true);
	if (memchr(rest, ':', (size_t)(at - rest)) != NULL || !has(r->kind->takes, "password_file"))
		return (refuse(r, "url", "must not have a password in it"));
	return (true);
}

static bool
check_secrets(const struct row *r)
{
	const struct {
		const char *option, *file;
	} files[] = { { "secret_file", r->sink->secret_file }, { "password_file", r->sink->password_file } };
	bool good = true;
	const char *fault;

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if ((fault = secret_file_fault(files[i].file, SINK_SECRET_MAX, 1)) != NULL)
			good = refuse_with(r, files[i].option, "\"%s\": %s", files[i].file, fault);
	return (good);
}

static bool
check_command(const struct row *r)
{

	if (!has(r->kind->takes, "command") || !is_given(r, "command"))
		return (true);
	if (r->sink->command[0] == NULL)
		return (refuse(r, "command", "must not be empty"));
	if (r->sink->command[0][0] != '/')
		return (refuse_with(r, "command", "\"%s\" is not an absolute path", r->sink->command[0]));
	return (true);
}

static bool
check_key(const struct row *r)
{

	if (!r->kind->public_key || strcmp(r->l->c->access_alg, "HS256") != 0)
		return (true);
	return (
	    refuse_with(r, "type", "\"%s\" sends tokens that others verify: access.alg must not be \"HS256\"", r->kind->type));
}

static bool
check_row(struct row *r)
{
	bool good = check_name(r);

	for (size_t i = 0; r->sink->type != NULL && i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kinds[i].type, r->sink->type) == 0)
			r->kind = &kinds[i];
	if (r->kind == NULL)
		return (is_given(r, "type") ? false : refuse(r, "type", "is missing"));
	good &= check_options(r);
	good &= check_events(r);
	good &= check_url(r);
	good &= check_secrets(r);
	good &= check_command(r);
	return (check_key(r) && good);
}

static bool
set_defaults(const struct row *r)
{
	char why[128];

	for (const struct option *o = table_sink_options; o->name != NULL; o++)
		if (!table_is_required(o) && !value_from_text(o, o->def, r->sink, why, sizeof(why)))
			return (refuse(r, o->name, why));
	return (true);
}

static bool
add_row(const struct loading *l, const config_setting_t *setting, int index)
{
	struct row r = { .l = l, .i = l->c->n_sinks, .sink = &l->c->sinks[l->c->n_sinks] };
	char name[OPTION_NAME_MAX];

	snprintf(name, sizeof(name), "sinks[%d]", index);
	if (!config_setting_is_group(setting))
		return (source_wrong(l, setting, name, "must be a group, as in { name = \"apps\"; type = \"webhook\"; … }"));
	l->c->source->sinks[l->c->n_sinks++] = setting;
	if (!set_defaults(&r))
		return (false);
	return (
	    row_read(l, setting, "sinks", index, table_sink_options, r.sink) & check_row(&r)); /* both, so that both are told */
}

bool
sinks_read(const struct loading *l)
{
	const config_setting_t *list = source_of(l->c, "sinks");
	bool good = true;
	int n;

	if (list == NULL)
		return (true);
	if (!source_is_rows(list))
		return (source_wrong(l, list, "sinks", "must be a list of groups, as in ( { name = \"apps\"; … } )"));
	if ((n = config_setting_length(list)) > SINKS_MAX)
		return (source_wrong(l, list, "sinks", "has more than %d elements", SINKS_MAX));
	l->c->sinks = calloc((size_t)n + 1, sizeof(*l->c->sinks));
	l->c->source->sinks = calloc((size_t)n + 1, sizeof(*l->c->source->sinks));
	if (l->c->sinks == NULL || l->c->source->sinks == NULL)
		return (source_wrong(l, list, "sinks", "%s", strerror(errno)));
	for (int i = 0; i < n; i++)
		good &= add_row(l, config_setting_get_elem(list, (unsigned)i), i);
	return (good);
}

void
config_place_of_sink(const struct config *c, size_t i, const char *name, char *out, size_t len)
{
	const config_setting_t *at = source_of_sink(c, i, name);

	if (at == NULL)
		at = c->source->sinks[i];
	snprintf(out, len, "%s:%u: sinks[%zu].%s", source_file(c, at), (unsigned)config_setting_source_line(at), i, name);
}

void
sinks_free(struct config *c)
{

	for (size_t i = 0; i < c->n_sinks; i++)
		for (const struct option *o = table_sink_options; o->name != NULL; o++)
			value_free(o, &c->sinks[i]);
	free(c->sinks);
	free(c->source->sinks);
}
