/* SPDX-License-Identifier: ISC */
/* What is unusual about a login or a refresh, as signals with weights. Pure: no clock, no store, no database. */
#ifndef AUTH_RISK_H
#define AUTH_RISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "doorward/config.h"

#define RISK_TRAVEL_KM 300  /* nearer is no journey: databases are that wrong about where an address is */
#define RISK_HOUR_LOGINS 20 /* an hour is unusual to who signed in so often */
#define RISK_FAILURES_MIN 5 /* wrong passwords */
#define RISK_REASON_MAX 64

/* One that is looked at. */
struct risk_visit {
	bool is_refresh;
	int64_t at; /* seconds */
	struct location here;
	uint8_t session_key[SESSION_KEY_LEN]; /* of a refresh */
	struct location login;                /* of a refresh: where its login came from */
	int64_t login_until;                  /* and when its client was last known to be there; 0 = not known */
	bool device_known;                    /* of a login */
	int64_t failures;                     /* likewise: wrong passwords in a row before it */
};

enum risk_verdict { RISK_NOTHING, RISK_ALERT, RISK_REVOKE };

/* The signals of the visit ${v} after ${h}, as bits 1 << enum risk_signal. What has no weight is none. */
unsigned risk_signals(const struct config *c, const struct history *h, const struct risk_visit *v);

/* Their weights added up, and what that comes to. */
int64_t risk_sum(const struct config *c, unsigned signals);
enum risk_verdict risk_judge(const struct config *c, int64_t sum);

/* The name of one, as in events and options; all of ${signals} joined by "+", in the order of enum risk_signal. */
const char *risk_name(enum risk_signal signal);
void risk_reason(unsigned signals, char out[RISK_REASON_MAX]);

/* Was it told before that this session moved to where the visit is? Nothing else may be unusual about it. */
bool risk_was_told(const struct history *h, const struct risk_visit *v, unsigned signals);

/* Adds a visit to the history: where and when it was, for a login its hour; ${told}: that the session moved. */
void risk_remember(struct history *h, const struct risk_visit *v, bool told);

#endif
