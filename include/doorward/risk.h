/* SPDX-License-Identifier: ISC */
/*
 * What unusual logins are told by: where an address is, what is remembered of a user in his record, and the signals that are
 * weighed. The rules are in src/auth/risk.c, the bytes of the record in src/store/record.c, the databases in src/geo.
 */
#ifndef DOORWARD_RISK_H
#define DOORWARD_RISK_H

#include <stdbool.h>
#include <stdint.h>

/* In the order in which their names are joined to a reason; also the bits of a set of them. */
enum risk_signal { RISK_NEW_DEVICE, RISK_NEW_COUNTRY, RISK_TRAVEL, RISK_HOUR, RISK_FAILURES, RISK_REFRESH_MOVED, RISK_SIGNALS };

/* Where an address is; whatever is not known is zero. */
struct location {
	char country[3]; /* ISO 3166-1, two letters; "" = not known */
	uint32_t as;     /* number of its autonomous system */
	bool has_coordinates;
	int16_t latitude, longitude; /* hundredths of a degree */
};

#define HISTORY_HOURS 24
#define HISTORY_TOLD 4
#define HISTORY_TOLD_LEN 4

/* What is remembered of a user. */
struct history {
	bool known;                   /* false: nothing is, the rest is zero */
	int64_t at;                   /* seconds: when he was there last */
	struct location place;        /* where, as far as it was ever known */
	uint8_t hours[HISTORY_HOURS]; /* logins by the hour of the day, UTC; halved when one would be too large */
	uint8_t told[HISTORY_TOLD][HISTORY_TOLD_LEN]; /* sessions that moved, and whereto: told once; the newest first */
};

#endif
