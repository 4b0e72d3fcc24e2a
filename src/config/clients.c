/* SPDX-License-Identifier: ISC */
/*
 * The list "clients": one row for each client_id. A row starts with the global lifetimes, which is why the list is read after
 * everything else, and then takes what is set in it. There is always a client "default", for requests that name none; unless a
 * row defines it, it is added with the global values.
 */
#include <stdlib.h>
#include <string.h>

#include "config/row.h"
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
check_id(const struct row *r, const struct client *cl)
{

	if (row_member(r, "id") == NULL)
		return (row_wrong(r, "id", "is missing"));
	if (cl->id[0] == '\0')
		return (false); /* it was refused, and that was said */
	for (const struct client *other = r->l->c->clients; other < cl; other++)
		if (strcmp(other->id, cl->id) == 0)
			return (row_wrong(r, "id", "there is already a client \"%s\"", cl->id));
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
add_row(const struct row *r)
{
	struct client *cl = add(r->l, r->at);

	return (cl != NULL && (row_read(r, cl) & check_id(r, cl))); /* both, so that both are told */
}

/* Looked for before any row is added: the default comes first in the list. */
static bool
names_default(const config_setting_t *list)
{

	for (int i = 0; list != NULL && i < config_setting_length(list); i++) {
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

static const struct row_list clients = {
	.name = "clients",
	.like = "( { id = \"app\"; } )",
	.row_like = "{ id = \"app\"; }",
	.most = CLIENTS_MAX,
	.table = table_client_options,
	.size = sizeof(struct client),
	.add = add_row,
};

bool
clients_read(const struct loading *l)
{

	l->c->clients = row_list_new(l, &clients, &l->c->source->rows);
	if (l->c->clients == NULL || (!names_default(source_of(l->c, clients.name)) && !add_default(l)))
		return (false);
	return (row_list_read(l, &clients));
}

void
clients_free(struct config *c)
{

	row_list_free(&clients, c->clients, c->n_clients);
	free(c->source->rows);
}
