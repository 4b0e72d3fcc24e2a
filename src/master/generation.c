#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "master/generation.h"

static int
open_sockets(struct generation *g, struct listeners *ls, char *err, size_t errlen)
{

	for (size_t r = 0; r < g->plan.n_roles; r++) {
		struct role *role = &g->plan.roles[r];

		for (size_t i = 0; i < role->n_listen; i++) {
			struct listen_spec *spec = &role->listen[i];

			if (spec->uid == (uid_t)-1)
				spec->uid = g->privs.uid;
			if (spec->gid == (gid_t)-1)
				spec->gid = g->privs.gid;
			if ((g->sockets[r][i] = listen_open(ls, spec, err, errlen)) == NULL)
				return (-1);
			listen_check_backlog(spec->backlog);
		}
	}
	return (0);
}

struct generation *
generation_new(struct config *conf, const struct master_setup *setup, uint32_t number, struct listeners *ls, char *err,
    size_t errlen)
{
	struct generation *g = calloc(1, sizeof(*g));

	if (g == NULL) {
		snprintf(err, errlen, "out of memory");
		return (NULL);
	}
	g->number = number;
	g->conf = conf;
	if (privs_resolve(conf->user, conf->group, &g->privs, err, errlen) != 0)
		goto err0;
	privs_warn(conf->user);
	setup->plan(conf, &g->plan);
	if (generation_most(g) > BOARD_SLOTS / 2) {
		snprintf(err, errlen, "%zu processes are too many: two generations must fit into %d places",
		    generation_most(g), BOARD_SLOTS);
		goto err0;
	}
	if (open_sockets(g, ls, err, errlen) != 0)
		goto err0;
	return (g);

err0:
	free(g);
	return (NULL);
}

void
generation_free(struct generation *g, const struct master_setup *setup)
{

	if (g == NULL)
		return;
	setup->release(g->conf);
	free(g);
}

static bool
uses(const struct generation *g, const struct listener *l)
{

	for (size_t r = 0; g != NULL && r < BOARD_ROLES; r++)
		for (size_t i = 0; i < CHILD_LISTEN_MAX; i++)
			if (g->sockets[r][i] == l)
				return (true);
	return (false);
}

void
generation_prune(const struct generation *now, const struct generation *next, struct listeners *ls)
{

	for (size_t i = 0; i < LISTENERS_MAX; i++)
		if (ls->all[i].kind != 0 && ls->all[i].name[0] == '\0' && !uses(now, &ls->all[i]) && !uses(next, &ls->all[i]))
			listen_close(&ls->all[i]);
}

size_t
generation_size(const struct generation *g)
{
	size_t n = 0;

	for (size_t r = 0; r < g->plan.n_roles; r++)
		n += generation_start(&g->plan.roles[r]);
	return (n);
}

size_t
generation_most(const struct generation *g)
{
	size_t n = 0;

	for (size_t r = 0; r < g->plan.n_roles; r++) {
		const struct role *role = &g->plan.roles[r];

		n += role->most > role->count ? role->most : role->count;
	}
	return (n);
}

size_t
generation_start(const struct role *role)
{

	return (role->start > 0 ? role->start : role->count);
}
