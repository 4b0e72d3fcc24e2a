/* SPDX-License-Identifier: ISC */
/*
 * A generation: one configuration, what runs by it (roles and their numbers), whom it runs as, and the sockets it listens on.
 * The first comes at the start, one more with every reload. Sockets belong to the master and are found again by their address,
 * so that the next generation listens on the same ones and no connection is lost between the two.
 */
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "master/generation.h"

/* Owner and group default to the user that the processes run as. */
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

/* Processes that it may come to have. */
static size_t
most_of(const struct generation *g)
{
	size_t n = 0;

	for (size_t r = 0; r < g->plan.n_roles; r++) {
		const struct role *role = &g->plan.roles[r];

		n += role->most > role->count ? role->most : role->count;
	}
	return (n);
}

/* Everything that can fail does so here, before a process is started for it. */
struct generation *
generation_new(
    struct config *conf, const struct master_setup *setup, uint32_t number, struct listeners *ls, char *err, size_t errlen)
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
	if (most_of(g) > BOARD_SLOTS / 2) {
		snprintf(
		    err, errlen, "%zu processes are too many: two generations must fit into %d slots", most_of(g), BOARD_SLOTS);
		goto err0;
	}
	if (open_sockets(g, ls, err, errlen) != 0)
		goto err0;
	return (g);

err0:
	free(g);
	return (NULL);
}

/* Its slots have let go of it by then: they keep the number only. */
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

/* Closes what neither generation listens on. Sockets of the service manager stay: it could not be asked for again. */
void
generation_prune(const struct generation *now, const struct generation *next, struct listeners *ls)
{

	for (size_t i = 0; i < LISTENERS_MAX; i++)
		if (ls->all[i].kind != 0 && ls->all[i].name[0] == '\0' && !uses(now, &ls->all[i]) && !uses(next, &ls->all[i]))
			listen_close(&ls->all[i]);
}

/*
 * The address as it was bound, by us or by a service manager. A relative path is left out: it means another file in another
 * directory.
 */
static void
describe_socket(int fd, struct board_socket *s)
{
	const struct sockaddr_un *sun = (const struct sockaddr_un *)&s->address;
	struct stat st;

	*s = (struct board_socket){ .length = sizeof(s->address) };
	if (getsockname(fd, (struct sockaddr *)&s->address, &s->length) != 0 || s->length > sizeof(s->address)) {
		s->length = 0;
		return;
	}
	if (s->address.ss_family != AF_UNIX)
		return;
	if (s->length <= offsetof(struct sockaddr_un, sun_path) || (sun->sun_path[0] != '\0' && sun->sun_path[0] != '/'))
		s->length = 0;
	else if (sun->sun_path[0] == '/' && lstat(sun->sun_path, &st) == 0) {
		s->dev = (uint64_t)st.st_dev;
		s->ino = (uint64_t)st.st_ino;
	}
}

/* On the board, for the admin listener, which knows no configuration but its own. */
void
generation_publish(const struct generation *g, struct board *b)
{

	for (size_t r = 0; r < g->plan.n_roles; r++) {
		const struct role *role = &g->plan.roles[r];
		int i = board_role(b, role->name);

		if (i < 0)
			continue;
		b->roles[i].n_sockets = 0;
		for (size_t k = 0; k < role->n_listen; k++)
			describe_socket(g->sockets[r][k]->fd, &b->roles[i].sockets[k]);
		b->roles[i].n_sockets = (uint32_t)role->n_listen;
	}
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
generation_start(const struct role *role)
{

	return (role->start > 0 ? role->start : role->count);
}
