/* SPDX-License-Identifier: ISC */
/*
 * The list "sinks": one row for each place that events are carried to. What a row may and must say depends on its type; one
 * table below has it. Only what stands in the file and in the files it names is looked at here, so that a file can be tested
 * where the module of a sink is not installed; src/relay has the rest looked at by the sink itself.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "config/row.h"
#include "config/secret.h"
#include "config/syntax.h"

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
struct sink_row {
	const struct row *row;
	const struct sink_conf *sink;
	const struct kind *kind;
};

static bool
has(const char *words, const char *name)
{
	char word[OPTION_NAME_MAX];

	snprintf(word, sizeof(word), " %s ", name);
	return (strstr(words, word) != NULL);
}

static bool
is_given(const struct sink_row *r, const char *name)
{

	return (row_member(r->row, name) != NULL);
}

/* What the type needs is there, and nothing that it does not know: an option that is set in vain is a mistake. */
static bool
check_options(const struct sink_row *r)
{
	bool good = true;

	for (const struct option *o = table_sink_options; o->name != NULL; o++) {
		if (is_given(r, o->name) && !has(COMMON, o->name) && !has(r->kind->takes, o->name))
			good = row_wrong(r->row, o->name, "is not for a sink of type \"%s\"", r->kind->type);
		if (!is_given(r, o->name) && has(r->kind->needs, o->name))
			good = row_wrong(r->row, o->name, "is missing: a sink of type \"%s\" needs it", r->kind->type);
	}
	return (good);
}

/* The name becomes part of keys in Redis, of labels and of command lines. */
static bool
check_name(const struct sink_row *r)
{
	const char *name = r->sink->name;

	if (name == NULL)
		return (is_given(r, "name") ? false : row_wrong(r->row, "name", "is missing"));
	if (!syntax_is_name(name))
		return (row_wrong(r->row, "name", "\"%s\" is not a name: lower case letters, digits, '-' and '_'", name));
	if (strcmp(name, SINK_LEDGER) == 0)
		return (row_wrong(r->row, "name", "\"" SINK_LEDGER "\" is the one that is always there"));
	if (strcmp(name, SINK_ALERTS) == 0)
		return (row_wrong(r->row, "name", "\"" SINK_ALERTS "\" is the one that counts events for alerts"));
	for (const struct sink_conf *other = r->row->l->c->sinks; other < r->sink; other++)
		if (other->name != NULL && strcmp(other->name, name) == 0)
			return (row_wrong(r->row, "name", "there is already a sink \"%s\"", name));
	return (true);
}

static bool
check_events(const struct sink_row *r)
{
	bool good = true;

	for (size_t i = 0; r->sink->events[i] != NULL; i++)
		if (!syntax_is_event(r->sink->events[i]))
			good = row_wrong(r->row, "events", "there is no event \"%s\"", r->sink->events[i]);
	return (good);
}

/* A password in an address ends up in logs, process lists and `config dump`. */
static bool
check_url(const struct sink_row *r)
{
	const char *url = r->sink->url, *rest, *at;
	const char *const *s = r->kind->schemes;
	size_t authority;

	if (url[0] == '\0' || s[0] == NULL)
		return (true);
	if (!str_starts(str_of(url), s[0]) && !str_starts(str_of(url), s[1]))
		return (row_wrong(r->row, "url", "\"%s\" is not %s… or, with allow_private, %s…", url, s[0], s[1]));
	rest = strstr(url, "://") + 3;
	authority = strcspn(rest, "/?#");
	if (authority == 0 || strcspn(url, " <>\"{}|\\^`") != strlen(url) || !str_is_ascii(str_of(url)))
		return (row_wrong(r->row, "url", "\"%s\" is not an address", url));
	if (strchr(url, '#') != NULL)
		return (row_wrong(r->row, "url", "has a fragment (#), which is never sent"));
	if ((at = memchr(rest, '@', authority)) == NULL)
		return (true);
	if (memchr(rest, ':', (size_t)(at - rest)) != NULL || !has(r->kind->takes, "password_file"))
		return (row_wrong(r->row, "url", "must not have a password in it"));
	return (true);
}

static bool
check_secrets(const struct sink_row *r)
{
	const struct {
		const char *option, *file;
	} files[] = { { "secret_file", r->sink->secret_file }, { "password_file", r->sink->password_file } };
	bool good = true;
	const char *fault;

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if ((fault = secret_file_fault(files[i].file, SINK_SECRET_MAX, 1)) != NULL)
			good = row_wrong(r->row, files[i].option, "\"%s\": %s", files[i].file, fault);
	return (good);
}

static bool
check_command(const struct sink_row *r)
{

	if (!has(r->kind->takes, "command") || !is_given(r, "command"))
		return (true);
	if (r->sink->command[0] == NULL)
		return (row_wrong(r->row, "command", "must not be empty"));
	if (r->sink->command[0][0] != '/')
		return (row_wrong(r->row, "command", "\"%s\" is not an absolute path", r->sink->command[0]));
	return (true);
}

static bool
check_key(const struct sink_row *r)
{

	if (!r->kind->public_key || strcmp(r->row->l->c->access_alg, "HS256") != 0)
		return (true);
	return (row_wrong(
	    r->row, "type", "\"%s\" sends tokens that others verify: access.alg must not be \"HS256\"", r->kind->type));
}

static bool
check_row(struct sink_row *r)
{
	bool good = check_name(r);

	for (size_t i = 0; r->sink->type != NULL && i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kinds[i].type, r->sink->type) == 0)
			r->kind = &kinds[i];
	if (r->kind == NULL)
		return (is_given(r, "type") ? false : row_wrong(r->row, "type", "is missing"));
	good &= check_options(r);
	good &= check_events(r);
	good &= check_url(r);
	good &= check_secrets(r);
	good &= check_command(r);
	return (check_key(r) && good);
}

static bool
add_row(const struct row *row)
{
	struct config *c = row->l->c;
	struct sink_conf *sink = &c->sinks[c->n_sinks];

	c->source->sinks[c->n_sinks++] = row->at;
	if (!row_set_defaults(row, sink))
		return (false);
	return (row_read(row, sink) & check_row(&(struct sink_row){ row, sink, NULL })); /* both, so that both are told */
}

static const struct row_list sinks = {
	.name = "sinks",
	.like = "( { name = \"apps\"; … } )",
	.row_like = "{ name = \"apps\"; type = \"webhook\"; … }",
	.most = SINKS_MAX,
	.table = table_sink_options,
	.size = sizeof(struct sink_conf),
	.add = add_row,
};

bool
sinks_read(const struct loading *l)
{

	l->c->sinks = row_list_new(l, &sinks, &l->c->source->sinks);
	return (l->c->sinks != NULL && row_list_read(l, &sinks));
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

	row_list_free(&sinks, c->sinks, c->n_sinks);
	free(c->source->sinks);
}
