/* SPDX-License-Identifier: ISC */
/* Reads a row of a list of groups by its table of options, as load.c reads the file by the global one. */
#include <stdio.h>

#include "config/hint.h"
#include "config/value.h"

#include "config/row.h"

static bool
read_one(const struct loading *l, const config_setting_t *s, const char *name, const struct option *table, void *base)
{
	const struct option *o = table_find(table, config_setting_name(s));
	char why[256];

	if (o == NULL)
		return (source_unknown(l, s, name, hint_row_option(table, config_setting_name(s))));
	if (!value_from_setting(o, s, base, why, sizeof(why)))
		return (source_wrong(l, s, name, "%s", why));
	return (true);
}

bool
row_read(
    const struct loading *l, const config_setting_t *row, const char *list, int index, const struct option *table, void *base)
{
	char name[OPTION_NAME_MAX];
	bool good = true;

	for (int i = 0; i < config_setting_length(row); i++) {
		const config_setting_t *s = config_setting_get_elem(row, (unsigned)i);

		snprintf(name, sizeof(name), "%s[%d].%s", list, index, config_setting_name(s));
		good &= read_one(l, s, name, table, base);
	}
	return (good);
}
