/* SPDX-License-Identifier: ISC */
/*
 * "doorwardctl config dump": the configuration in force, in the syntax of the file, with the file and line of each value or
 * "default" in a comment. What is printed can be loaded again and means the same.
 */
#include <inttypes.h>
#include <stdint.h>
#include <string.h>

#include "config/source.h"
#include "config/table.h"
#include "config/value.h"

#include "config/load.h"

static void
print_string(const char *text, FILE *out)
{

	fputc('"', out);
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			fputc('\\', out);
		fputc(*text, out);
	}
	fputc('"', out);
}

static void
print_list(char *const *list, FILE *out)
{

	fputs("[", out);
	for (size_t i = 0; list[i] != NULL; i++) {
		fputs(i == 0 ? " " : ", ", out);
		print_string(list[i], out);
	}
	fputs(" ]", out);
}

static void
print_size(int64_t bytes, FILE *out)
{
	char text[32];

	value_size(bytes, text, sizeof(text));
	fprintf(out, "\"%s\"", text);
}

static void
print_duration(int64_t ms, FILE *out)
{
	char text[32];

	value_duration(ms, text, sizeof(text));
	print_string(text, out);
}

/* Every type in the form in which value.c reads it again. */
static void
print_value(const struct option *o, const void *base, FILE *out)
{
	const void *p = (const char *)base + o->offset;

	switch (o->type) {
	case OPTION_BOOL:
		fputs(*(const bool *)p ? "true" : "false", out);
		return;
	case OPTION_INT:
		fprintf(out, "%" PRId64, *(const int64_t *)p);
		return;
	case OPTION_COUNT:
		if (*(const int64_t *)p == 0)
			print_string(o->words[0], out);
		else
			fprintf(out, "%" PRId64, *(const int64_t *)p);
		return;
	case OPTION_DURATION:
	case OPTION_LIFETIME:
		print_duration(*(const int64_t *)p, out);
		return;
	case OPTION_SIZE:
		print_size(*(const int64_t *)p, out);
		return;
	case OPTION_MODE:
		fprintf(out, "\"%04" PRIo64 "\"", (uint64_t) * (const int64_t *)p);
		return;
	case OPTION_LIST:
		print_list(*(char *const *const *)p, out);
		return;
	case OPTION_LEVEL:
		print_string(o->words[*(const int64_t *)p], out);
		return;
	case OPTION_POLICY:
		print_string(o->words[*(const enum session_policy *)p], out);
		return;
	case OPTION_CHOICE:
		print_string(o->words[*(const bool *)p], out);
		return;
	case OPTION_ID:
		print_string(p, out);
		return;
	case OPTION_STRING:
	case OPTION_PATH:
	case OPTION_WORD:
		print_string(*(const char *const *)p, out);
		return;
	}
}

static void
print_origin(const struct config *c, const config_setting_t *at, FILE *out)
{

	if (at == NULL)
		fputs("; # default\n", out);
	else
		fprintf(out, "; # %s:%u\n", source_file(c, at), (unsigned)config_setting_source_line(at));
}

/* Bytes of the group in a dotted name, its dot included; 0 at the top. */
static size_t
group_len(const char *name)
{
	const char *dot = strchr(name, '.');

	return (dot == NULL ? 0 : (size_t)(dot - name) + 1);
}

static bool
same_group(const char *a, const char *b)
{

	return (a != NULL && b != NULL && group_len(a) == group_len(b) && strncmp(a, b, group_len(a)) == 0);
}

static void
print_option(const struct config *c, const struct option *o, FILE *out)
{
	size_t len = group_len(o->name);

	/* What the private Redis listens on follows from state_dir, and may not be given beside redis.spawn. */
	if (c->redis_spawn && strcmp(o->name, "redis.url") == 0) {
		fprintf(out, "\t# url = \"%s\"; follows from state_dir\n", c->redis_url);
		return;
	}
	fprintf(out, "%s%s = ", len > 0 ? "\t" : "", o->name + len);
	print_value(o, c, out);
	print_origin(c, source_of(c, o->name), out);
}

static void
print_client(const struct config *c, size_t i, FILE *out)
{

	fputs(i == 0 ? "\t{\n" : ",\n\t{\n", out);
	for (const struct option *o = table_client_options; o->name != NULL; o++) {
		const config_setting_t *at = source_of_client(c, i, o->name);

		fprintf(out, "\t\t%s = ", o->name);
		print_value(o, &c->clients[i], out);
		if (at == NULL && o->inherits != NULL)
			fprintf(out, "; # %s\n", o->inherits);
		else
			print_origin(c, at, out);
	}
	fputs("\t}", out);
}

static void
print_sink(const struct config *c, size_t i, FILE *out)
{

	fputs(i == 0 ? "\t{\n" : ",\n\t{\n", out);
	for (const struct option *o = table_sink_options; o->name != NULL; o++) {
		const config_setting_t *at = source_of_sink(c, i, o->name);

		if (at == NULL) /* not every type knows every option */
			continue;
		fprintf(out, "\t\t%s = ", o->name);
		print_value(o, &c->sinks[i], out);
		print_origin(c, at, out);
	}
	fputs("\t}", out);
}

static void
print_alert(const struct config *c, size_t i, FILE *out)
{

	fputs(i == 0 ? "\t{\n" : ",\n\t{\n", out);
	for (const struct option *o = table_alert_options; o->name != NULL; o++) {
		fprintf(out, "\t\t%s = ", o->name);
		print_value(o, &c->alerts[i], out);
		print_origin(c, config_setting_get_member((config_setting_t *)(uintptr_t)c->source->alerts[i], o->name), out);
	}
	fputs("\t}", out);
}

/* Options of one group stand together in the table, so a group is opened at its first and closed after its last. */
void
config_dump(const struct config *c, FILE *out)
{
	const char *before = NULL;

	for (const struct option *o = table_options; o->name != NULL; o++) {
		size_t len = group_len(o->name);

		if (len > 0 && !same_group(before, o->name))
			fprintf(out, "%.*s: {\n", (int)len - 1, o->name);
		print_option(c, o, out);
		if (len > 0 && !same_group(o->name, o[1].name))
			fputs("};\n", out);
		before = o->name;
	}
	fputs("clients = (\n", out);
	for (size_t i = 0; i < c->n_clients; i++)
		print_client(c, i, out);
	fputs("\n);\n", out);
	fputs("sinks = (\n", out);
	for (size_t i = 0; i < c->n_sinks; i++)
		print_sink(c, i, out);
	fputs("\n);\n", out);
	fputs("alerts = (\n", out);
	for (size_t i = 0; i < c->n_alerts; i++)
		print_alert(c, i, out);
	fputs("\n);\n", out);
}
