/* SPDX-License-Identifier: ISC */
/*
 * "status": asks the daemon and shows its JSON as it is, or as names, values and tables. It knows no member of it by name
 * except the processes and the problems, so it needs no change when the daemon tells more.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "base/json.h"
#include "ctl/ctl.h"
#include "ctl/http.h"
#include "ctl/options.h"
#include "ctl/print.h"
#include "ctl/top.h"
#include "doorward/config.h"

#include "ctl/commands.h"

#define ANSWER_MAX (1 << 20) /* bytes: 256 processes, some hundred bytes each */
#define COLUMNS_MAX 32
#define NAME_WIDTH 28
#define PREFIX_MAX 128

/* One value as a person reads it. */
static const char *
word(struct json_object *v)
{

	switch (json_object_get_type(v)) {
	case json_type_null:
		return ("-");
	case json_type_boolean:
		return (json_object_get_boolean(v) ? "yes" : "no");
	case json_type_string:
		return (json_object_get_string_len(v) == 0 ? "-" : json_object_get_string(v));
	default:
		return (json_object_get_string(v));
	}
}

static bool
is_table(struct json_object *v)
{

	return (json_object_is_type(v, json_type_array) && json_object_array_length(v) > 0 &&
		json_object_is_type(json_object_array_get_idx(v, 0), json_type_object));
}

/* Whatever others said may be in it; with blanks up to ${width}. */
static void
put(const char *text, int width)
{
	int n = (int)strlen(text);

	print_shown(stdout, str_of(text));
	if (n < width)
		printf("%*s", width - n, "");
}

/* Names and values, those of nested objects as "outer.inner"; tables are left for later. */
static void
print_values(struct json_object *o, const char *prefix)
{
	char name[PREFIX_MAX];

	json_object_object_foreach(o, key, v)
	{
		snprintf(name, sizeof(name), "%s%s%s", prefix, prefix[0] != '\0' ? "." : "", key);
		if (json_object_is_type(v, json_type_object))
			print_values(v, name);
		else if (!is_table(v)) {
			put(name, NAME_WIDTH);
			putchar(' ');
			put(word(v), 0);
			putchar('\n');
		}
	}
}

static void
print_row(struct json_object *row, const char *const *names, const int *widths, size_t n)
{
	struct json_object *v;

	for (size_t i = 0; i < n; i++) {
		const char *text = row == NULL ? names[i] : json_object_object_get_ex(row, names[i], &v) ? word(v) : "-";

		put(text, i + 1 < n ? widths[i] : 0);
		fputs(i + 1 < n ? "  " : "\n", stdout);
	}
}

/* An array of objects, with the members of the first as columns. */
static void
print_table(const char *title, struct json_object *rows)
{
	const char *names[COLUMNS_MAX];
	int widths[COLUMNS_MAX];
	struct json_object *v;
	size_t n = 0;

	json_object_object_foreach(json_object_array_get_idx(rows, 0), key, first)
	{
		if (n < COLUMNS_MAX && !json_object_is_type(first, json_type_object) &&
		    !json_object_is_type(first, json_type_array))
			names[n++] = key;
	}
	for (size_t i = 0; i < n; i++) {
		widths[i] = (int)strlen(names[i]);
		for (size_t r = 0; r < json_object_array_length(rows); r++)
			if (json_object_object_get_ex(json_object_array_get_idx(rows, r), names[i], &v) &&
			    (int)strlen(word(v)) > widths[i])
				widths[i] = (int)strlen(word(v));
	}
	put(title, 0);
	putchar('\n');
	print_row(NULL, names, widths, n);
	for (size_t r = 0; r < json_object_array_length(rows); r++)
		print_row(json_object_array_get_idx(rows, r), names, widths, n);
}

/* The processes of all pools as one table. */
static void
print_workers(struct json_object *pools)
{
	struct json_object *all = json_object_new_array(), *workers;

	for (size_t i = 0; i < json_object_array_length(pools); i++) {
		if (!json_object_object_get_ex(json_object_array_get_idx(pools, i), "workers", &workers))
			continue;
		for (size_t k = 0; k < json_object_array_length(workers); k++)
			json_object_array_add(all, json_object_get(json_object_array_get_idx(workers, k)));
	}
	if (is_table(all)) {
		putchar('\n');
		print_table("processes", all);
	}
	json_object_put(all);
}

/* What is wrong stands first, and is taken out of ${o}. */
static void
print_problems(struct json_object *o)
{
	struct json_object *problems;

	if (!json_object_object_get_ex(o, "problems", &problems) || !is_table(problems))
		return;
	print_table("problems", problems);
	putchar('\n');
	json_object_object_del(o, "problems");
}

/* Then values, and a table for each array of objects; the processes, nested in the pools, as one table. */
static int
print_status(struct str text)
{
	struct json_object *o = json_parse_strict(text);

	if (o == NULL) {
		ctl_say("the daemon's answer cannot be read");
		return (-1);
	}
	print_problems(o);
	print_values(o, "");
	json_object_object_foreach(o, key, v)
	{
		if (is_table(v)) {
			putchar('\n');
			print_table(key, v);
		}
		if (strcmp(key, "pools") == 0 && is_table(v))
			print_workers(v);
	}
	json_object_put(o);
	return (0);
}

int
status_command(struct ctl *c, const struct options *o)
{
	int result = CTL_FAILED, status;
	struct str body;
	char *mem;

	if (c->conf->admin_socket[0] == '\0') {
		ctl_say("admin.socket is not set: the daemon cannot be asked");
		return (CTL_FAILED);
	}
	if (o->watch)
		return (o->json ? CTL_USAGE : top_run(c->conf->admin_socket));
	if ((mem = malloc(ANSWER_MAX)) == NULL) {
		ctl_say("out of memory");
		return (CTL_FAILED);
	}
	status = http_get(c->conf->admin_socket, "/status?json", mem, ANSWER_MAX, &body);
	if (status > 0 && status != 200)
		ctl_say("the daemon refused to tell its status: HTTP %d", status);
	if (status == 200) {
		if (o->json) {
			print_shown(stdout, body);
			fputs(body.len > 0 && body.p[body.len - 1] == '\n' ? "" : "\n", stdout);
		}
		if (o->json || print_status(body) == 0)
			result = CTL_DONE;
	}
	free(mem);
	return (result);
}
