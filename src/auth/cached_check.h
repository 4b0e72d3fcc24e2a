/* SPDX-License-Identifier: ISC */
/*
 * The short way of the check: an answer that was found a moment ago, kept in shared memory under a hash of the credential's
 * text. Only credentials that have been verified are in there, so a forged one cannot find anything.
 */
#ifndef AUTH_CACHED_CHECK_H
#define AUTH_CACHED_CHECK_H

#include <stdbool.h>

#include "auth/check.h"
#include "doorward/cache.h"

struct app;

/* Fills ${out} if ${text}, sent as ${kind}, is known to be valid now. False says nothing at all. */
bool cached_check_recall(struct app *app, enum credential_kind kind, struct str text, struct cached_check *out);

/* The same while the store cannot be asked, as far back as stale_if_error allows; by default not at all. */
bool cached_check_recall_stale(struct app *app, enum credential_kind kind, struct str text, struct cached_check *out);

/*
 * True if ${text} was seen good here lately, and nothing was heard of its user since: while the store cannot be asked, a reason
 * to believe its bearer what is judged later anyway, and to admit nobody.
 */
bool cached_check_was_good(struct app *app, enum credential_kind kind, struct str text);

/* Fills ${out} with what check_session() found. */
void cached_check_of(const struct app *app, const struct credential *c, const struct identity *id, struct cached_check *out);

/* Keeps ${p} for the next check with ${text}. ${id} is that of check_session(). */
void cached_check_remember(
    struct app *app, enum credential_kind kind, struct str text, const struct identity *id, const struct cached_check *p);

#endif
