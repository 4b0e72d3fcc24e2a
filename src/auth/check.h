/* SPDX-License-Identifier: ISC */
/* The check: does this credential stand for a live session, and whose is it? */
#ifndef AUTH_CHECK_H
#define AUTH_CHECK_H

#include "auth/credential.h"
#include "doorward/cache.h"
#include "doorward/store.h"

struct app;

struct identity {
	struct lookup_reply found; /* user, groups, session */
	int64_t expires;           /* when the presented credential stops being good */
	struct cache_epoch epoch;  /* as it was before the store was asked */
	enum end_cause
	    cause; /* after DW_REFUSED: what the session ended of; END_NONE = nothing is known, or it is another reason */
	const char *reason; /* likewise: why it is over, as clients are told; NULL = nothing is known */
};

/*
 * Asks the store. DW_OK: valid, ${out} is filled. DW_REFUSED: invalid, with ${out}->reason. DW_UNAVAILABLE, DW_FAULT: unknown;
 * the caller answers 503 and touches no cookie. With ${family} the refresh family is read too, for the session's end. A refresh
 * token is no credential here. Use is recorded when a quarter of the idle time has passed.
 */
enum dw_result check_session(struct app *app, const struct credential *cred, bool family, struct identity *out);

/*
 * The same for somebody else who asks about the access or refresh token ${cred}: that is no use of the session, and is not
 * recorded. A refresh token is good if it is the current one of its family.
 */
enum dw_result check_token(struct app *app, const struct credential *cred, struct identity *out);

/* When use of ${s} has to be recorded next; INT64_MAX = never. */
int64_t check_touch_time(const struct session *s);

/* True if any of the comma list ${asked} is in the comma list ${groups}. A list without a name, such as ",", is held by nobody.
 */
bool check_has_any_group(const char *groups, struct str asked);

#endif
