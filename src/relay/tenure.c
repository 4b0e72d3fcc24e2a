/* SPDX-License-Identifier: ISC */
/*
 * A relay counts on its lease for a little less than the lease lasts in Redis, so two never deliver at a time. One that is held
 * by a process of this machine is tried for often, since that may be leaving (a reload), and taken if it is known to be dead.
 */
#include <stddef.h>

#include "relay/holder.h"

#include "relay/tenure.h"

#define LEASE_MS 10000
#define RENEW_MS 3000
#define STANDBY_MS 1000 /* between two tries to take it */
#define NEAR_MS 100     /* the same where it is held by a relay of this machine */
#define AWAY_MS 250     /* after it could not be renewed */

void
tenure_open(struct tenure *t, struct redis_store *store, const char *sink)
{

	*t = (struct tenure){ .store = store, .sink = sink };
	holder_name(t->me);
}

bool
tenure_is_ours(const struct tenure *t, int64_t now)
{

	return (now < t->until);
}

static int64_t
pause_before(const struct tenure *t, int64_t now, const char *holder)
{

	if (tenure_is_ours(t, now))
		return (AWAY_MS);
	return (holder_is_near(holder) ? NEAR_MS : STANDBY_MS);
}

void
tenure_see_to(struct tenure *t, int64_t now)
{
	char holder[LEASE_HOLDER_MAX + 1];
	enum dw_result rc;
	bool mine;

	if (now < t->at)
		return;
	rc = lease_take(t->store, t->sink, t->me, LEASE_MS, NULL, &mine, holder);
	if (rc == DW_OK && !mine && holder_is_dead(holder))
		rc = lease_take(t->store, t->sink, t->me, LEASE_MS, holder, &mine, holder);
	if (rc == DW_OK)
		t->until = mine ? now + LEASE_MS - RENEW_MS : 0;
	t->at = now + (rc == DW_OK && mine ? RENEW_MS : pause_before(t, now, holder));
}

void
tenure_end(struct tenure *t)
{
	char holder[LEASE_HOLDER_MAX + 1];
	bool mine;

	t->until = 0;
	(void)lease_take(t->store, t->sink, t->me, 0, NULL, &mine, holder);
}
