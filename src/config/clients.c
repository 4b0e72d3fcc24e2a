/* SPDX-License-Identifier: ISC */
/*
 * The list "clients": one row for each client_id. A row starts with the global lifetimes, which is why the list is read after
 * everything else, and then takes what is set in it. There is always a client "default", for requests that name none; unless a
 * row defines it, it is added with the global values.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/row.h"
#include "config/table.h"
#include "config/value.h"

#include "config/clients.h"

#define DEFAULT_CLIENT "default"

/* Before the row is read, so that a row holds only its differences. */
static bool
inherit_all(const struct loading *l, struct client *cl)
{
	char why[128];

	for (const struct option *o = table_client_options; o->name != NULL; o++) {
		if (o->inherits != NULL)
			value_inherit(table_find(table_options, o->inherits), l->c, o, cl);
		else if (o->type != OPTION_ID && !value_from_text(o, o->def, cl, why, sizeof(why)))
			return (source_wrong(l, NULL, "clients", "%s", why));
	}
	return (true);
}

/* A row needs an id that no other row has. */
static bool
check_id(const struct loading *l, const config_setting_t *row, int index)
{
	const struct client *cl = &l->c->clients[l->c->n_clients - 1];
	char name[OPTION_NAME_MAX];

	snprintf(name, sizeof(name), "clients[%d].id", index);
	if (config_setting_get_member((config_setting_t *)row, "id") == NULL)
		return (source_wrong(l, row, name, "is missing"));
	if (cl->id[0] == '\0')
		return (false); /* it was refused, and that was said */
	for (const struct client *other = l->c->clients; other < cl; other++)
		if (strcmp(other->id, cl->id) == 0)
			return (source_wrong(l, row, name, "there is already a client \"%s\"", cl->id));
	return (true);
}

/* Adds a client with the global lifetimes; ${row} may be NULL. */
static struct client *
add(const struct loading *l, const config_setting_t *row)
{
	struct client *cl = &l->c->clients[l->c->n_clients];

	l->c->source->rows[l->c->n_clients++] = row;
	return (inherit_all(l, cl) ? cl : NULL);
}

static bool
add_row(const struct loading *l, const config_setting_t *row, int index)
{
	char name[OPTION_NAME_MAX];
	struct client *cl;

	snprintf(name, sizeof(name), "clients[%d]", index);
	if (!config_setting_is_group(row))
		return (source_wrong(l, row, name, "must be a group, as in { id = \"app\"; }"));
	if ((cl = add(l, row)) == NULL)
		return (false);
	return (row_read(l, row, "clients", index, table_client_options, cl) &
		check_id(l, row, index)); /* both, so that both are told */
}

/* Looked for before any row is added: the default comes first in the list. */
static bool
names_default(const config_setting_t *list, int n)
{

	for (int i = 0; i < n; i++) {
		config_setting_t *row = config_setting_get_elem(list, (unsigned)i);
		const char *id;

		if (config_setting_is_group(row) && config_setting_lookup_string(row, "id", &id) &&
		    strcmp(id, DEFAULT_CLIENT) == 0)
			return (true);
	}
	return (false);
}

static bool
add_default(const struct loading *l)
{
	struct client *cl = add(l, NULL);

	if (cl == NULL)
		return (false);
	strcpy(cl->id, DEFAULT_CLIENT);
	return (true);
}

/* One element more than there are rows: the default client may have to be added. */
bool
clients_read(const struct loading *l)
{
	const config_setting_t *list = source_of(l->c, "clients");
	bool good = true;
	int n = 0;

	if (list != NULL && !source_is_rows(list))
		return (source_wrong(l, list, "clients", "must be a list of groups, as in ( { id = \"app\"; } )"));
	if (list != NULL && (n = config_setting_length(list)) > CLIENTS_MAX)
		return (source_wrong(l, list, "clients", "has more than %d elements", CLIENTS_MAX));
	l->c->clients = calloc((size_t)n + 1, sizeof(*l->c->clients));
	l->c->source->rows = calloc((size_t)n + 1, sizeof(*l->c->source->rows));
	if (l->c->clients == NULL || l->c->source->rows == NULL)
		return (source_wrong(l, list, "clients", "%s", strerror(errno)));
	if (!names_default(list, n) && !add_default(l))
		return (false);
	for (int i = 0; i < n; i++)
		good &= add_row(l, config_setting_get_elem(list, (unsigned)i), i);
	return (good);
}

void
clients_free(struct config *c)
{

	for (size_t i = 0; i < c->n_clients; i++)
		for (const struct option *o = table_client_options; o->name != NULL; o++)
			value_free(o, &c->clients[i]);
	free(c->clients);
	free(c->source->rows);
}
