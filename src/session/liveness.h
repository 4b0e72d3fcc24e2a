/* SPDX-License-Identifier: ISC */
/*
 * Until when a session is alive: the one rule, here for the rules in C and once more in src/store/lua/rules.lua for the
 * scripts; a test holds the two together. A session is alive while now < its end and it was not created before the record's
 * not-before mark.
 */
#ifndef SESSION_LIVENESS_H
#define SESSION_LIVENESS_H

#include <stdbool.h>
#include <stdint.h>

#include "doorward/session.h"

/* End of the cookie: its absolute limit, for POLICY_SLIDING with an idle time the earlier end of that. 0 if there is no cookie.
 */
int64_t session_cookie_end(const struct session *s);

/* End of the refresh family: the earlier of its absolute limit and its idle time after the last rotation (0 = no idle limit). 0
 * if there is none. */
int64_t session_family_end(const struct session *s);

/* End of the session: the latest end of anything issued for it, access tokens included. 0 if nothing was. Times saturate, never
 * wrap. */
int64_t session_end(const struct session *s);

/* Whether it was created before the mark ${not_before} of its record, which ends everything older at once. */
bool session_is_void(const struct session *s, int64_t not_before);

/* Whether it is alive at ${now}. */
bool session_is_alive(const struct session *s, int64_t not_before, int64_t now);

#endif
