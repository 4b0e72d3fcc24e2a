/* SPDX-License-Identifier: ISC */
/* Prints the option tables for options.sh: name, default as it is written in the file, what the option is for. */
#include <stdio.h>

#include "config/table.h"

static bool
is_bare(const struct option *o)
{

	return (o->type == OPTION_BOOL || o->type == OPTION_INT || o->type == OPTION_COUNT || o->type == OPTION_LIST);
}

static void
print(const char *prefix, const struct option *o)
{
	const struct option *source = o->inherits == NULL ? o : table_find(table_options, o->inherits);
	const char *quote = is_bare(source) ? "" : "\"";

	printf("%s%s\t", prefix, o->name);
	if (table_is_required(o))
		printf("-");
	else
		printf("%s%s%s", quote, source->def, quote);
	printf("\t%s\n", o->doc);
}

int
main(void)
{

	for (const struct option *o = table_options; o->name != NULL; o++)
		print("", o);
	for (const struct option *o = table_client_options; o->name != NULL; o++)
		print("clients[].", o);
	for (const struct option *o = table_sink_options; o->name != NULL; o++)
		print("sinks[].", o);
	for (const struct option *o = table_alert_options; o->name != NULL; o++)
		print("alerts[].", o);
	return (0);
}
