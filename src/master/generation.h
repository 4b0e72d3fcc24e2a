/* SPDX-License-Identifier: ISC */
/*
 * One configuration with all it asks for: looked up, checked, its sockets open. A reload makes the next one beside the
 * present one.
 */
#ifndef MASTER_GENERATION_H
#define MASTER_GENERATION_H

#include <stddef.h>
#include <stdint.h>

#include "master/master.h"
#include "master/privs.h"

struct generation {
	uint32_t number;
	struct config *conf;
	struct privs privs;
	struct plan plan;
	struct listener *sockets[BOARD_ROLES][CHILD_LISTEN_MAX]; /* as in plan.roles[].listen */
};

/*
 * Makes generation ${number} of ${conf}, opening in ${ls} what is not open yet. Returns NULL with a sentence in ${err};
 * ${conf} is then still the caller's, and sockets opened in vain are closed by generation_prune().
 */
struct generation *generation_new(
    struct config *conf, const struct master_setup *setup, uint32_t number, struct listeners *ls, char *err, size_t errlen);

/* Frees ${g} and its configuration; NULL is fine. */
void generation_free(struct generation *g, const struct master_setup *setup);

/*
 * Closes every socket in ${ls} that neither ${now} nor ${next} (NULL: there is none) uses; one that a service manager named is
 * kept.
 */
void generation_prune(const struct generation *now, const struct generation *next, struct listeners *ls);

/* Writes to the board where the roles of ${g} can be reached. Its roles are entered there already. */
void generation_publish(const struct generation *g, struct board *b);

/* Processes that ${g} starts with. */
size_t generation_size(const struct generation *g);

/* Processes that ${role} starts with. */
size_t generation_start(const struct role *role);

#endif
