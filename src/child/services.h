/* SPDX-License-Identifier: ISC */
/* What a process needs before it can answer: keys, the store's connection, the user database. Made after the fork, never
 * shared. */
#ifndef CHILD_SERVICES_H
#define CHILD_SERVICES_H

#include "doorward/app.h"

/*
 * Fills ${app} for ${conf} and the process ${c}, whose board, slot and cache it uses. Returns 0, EXIT_CONFIG (a key or file
 * that is wrong stays wrong) or EXIT_RESOURCE, logged. Redis is not asked yet: a store that is down is an answer, not a reason
 * not to start.
 */
int services_open(struct app *app, const struct config *conf, const struct child *c);
void services_close(struct app *app);

/* The look() of ${app}'s accounts, if it is due at ${now} (mono, ms). Returns the ms until it is again; -1: it never is. */
int services_look(struct app *app, int64_t now);

#endif
