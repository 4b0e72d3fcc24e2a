/* SPDX-License-Identifier: ISC */
/* Reads a list of groups: each row by the list's table of options, as load.c reads the file by the global one. */
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/hint.h"
#include "config/value.h"

#include "config/row.h"

/* Of no groups "[ ]" is a list, too. */
static bool
is_list(const config_setting_t *at)
{

	return (config_setting_is_list(at) || (config_setting_is_array(at) && config_setting_length(at) == 0));
}

void *
row_list_new(const struct loading *l, const struct row_list *list, const config_setting_t ***at)
{
	const config_setting_t *setting = source_of(l->c, list->name);
	size_t n = 0;
	void *rows;

	if (setting != NULL && !is_list(setting)) {
		source_wrong(l, setting, list->name, "must be a list of groups, as in %s", list->like);
		return (NULL);
	}
	if (setting != NULL && (n = (size_t)config_setting_length(setting)) > (size_t)list->most) {
		source_wrong(l, setting, list->name, "has more than %d elements", list->most);
		return (NULL);
	}
	rows = calloc(n + 1, list->size);
	*at = calloc(n + 1, sizeof(**at));
	if (rows != NULL && *at != NULL)
		return (rows);
	source_wrong(l, setting, list->name, "%s", strerror(errno));
	free(rows);
	return (NULL);
}

bool
row_list_read(const struct loading *l, const struct row_list *list)
{
	const config_setting_t *setting = source_of(l->c, list->name);
	struct row r = { .l = l, .list = list };
	char name[OPTION_NAME_MAX];
	bool good = true;

	for (; setting != NULL && r.index < config_setting_length(setting); r.index++) {
		r.at = config_setting_get_elem(setting, (unsigned)r.index);
		snprintf(name, sizeof(name), "%s[%d]", list->name, r.index);
		good &= config_setting_is_group(r.at)
			    ? list->add(&r)
			    : source_wrong(l, r.at, name, "must be a group, as in %s", list->row_like);
	}
	return (good);
}

void
row_list_free(const struct row_list *list, void *rows, size_t n)
{

	for (size_t i = 0; i < n; i++)
		for (const struct option *o = list->table; o->name != NULL; o++)
			value_free(o, (char *)rows + i * list->size);
	free(rows);
}

bool
row_set_defaults(const struct row *r, void *base)
{
	char why[128];

	for (const struct option *o = r->list->table; o->name != NULL; o++)
		if (!table_is_required(o) && !value_from_text(o, o->def, base, why, sizeof(why)))
			return (row_wrong(r, o->name, "%s", why));
	return (true);
}

static bool
read_one(const struct row *r, const config_setting_t *s, void *base)
{
	const struct option *o = table_find(r->list->table, config_setting_name(s));
	char name[OPTION_NAME_MAX], why[256];

	snprintf(name, sizeof(name), "%s[%d].%s", r->list->name, r->index, config_setting_name(s));
	if (o == NULL)
		return (source_unknown(r->l, s, name, hint_row_option(r->list->table, config_setting_name(s))));
	if (!value_from_setting(o, s, base, why, sizeof(why)))
		return (source_wrong(r->l, s, name, "%s", why));
	return (true);
}

bool
row_read(const struct row *r, void *base)
{
	bool good = true;

	for (int i = 0; i < config_setting_length(r->at); i++)
		good &= read_one(r, config_setting_get_elem(r->at, (unsigned)i), base);
	return (good);
}

const config_setting_t *
row_member(const struct row *r, const char *option)
{

	return (config_setting_get_member((config_setting_t *)(uintptr_t)r->at, option));
}

bool
row_wrong(const struct row *r, const char *option, const char *fmt, ...)
{
	const config_setting_t *at = row_member(r, option);
	char name[OPTION_NAME_MAX], what[384];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	snprintf(name, sizeof(name), "%s[%d].%s", r->list->name, r->index, option);
	return (source_wrong(r->l, at == NULL ? r->at : at, name, "%s", what));
}
