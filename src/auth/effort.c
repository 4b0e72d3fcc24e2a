/* SPDX-License-Identifier: ISC */
/*
 * How long a failed login takes must not depend on who it was about.
 *
 * For a name nobody has, the work itself is done: a verification with the parameters of the dearest hash. A wrong password of
 * an account with a cheaper hash is verified, and then the processor is kept busy for as long as the dearest would have taken.
 * Both are measured in processor time, which does not depend on what else the machine does, and not waited for: a wait ends on
 * time where work, on a busy machine, does not.
 */
#include <string.h>

#include "base/clock.h"
#include "crypto/pwhash.h"
#include "doorward/app.h"

#include "auth/effort.h"

#define REFRESH_MS 10000 /* a hash imported meanwhile shows for so long at most */

static struct {
	char like[PWHASH_MAX]; /* with the parameters of the dearest; "" = a default hash */
	int64_t cost;          /* pwhash_cost() of it */
	int64_t measured;      /* microseconds it takes here, smoothed; 0 = not measured yet */
	int64_t next;          /* when to look again, clock_mono_ms() */
} dearest;

/* The parameters are all that is wanted: what follows the last separator is somebody's hash. */
static void
forget_digest(char *hash)
{
	char *dollar = strrchr(hash, '$'), *colon = strrchr(hash, ':');
	char *p = dollar > colon ? dollar : colon;

	for (p = p == NULL ? hash : p + 1; *p != '\0'; p++)
		if (*p != '=')
			*p = 'A';
}

static void
remember(const char *like)
{

	if (strcmp(like, dearest.like) == 0 && dearest.cost > 0)
		return;
	str_copy(dearest.like, sizeof(dearest.like), str_of(like));
	dearest.cost = pwhash_cost(like);
	dearest.measured = 0;
}

void
effort_refresh(struct app *app)
{
	char hash[PWHASH_MAX] = "";
	int64_t now = clock_mono_ms();

	if (dearest.cost > 0 && now < dearest.next)
		return;
	dearest.next = now + REFRESH_MS;
	if (app->users->dearest != NULL)
		switch (app->users->dearest(app->users_ctx, hash)) {
		case DW_OK:
			forget_digest(hash);
			break;
		case DW_ABSENT:
			break;
		default:
			strcpy(hash, dearest.like); /* could not be asked: what was true */
		}
	remember(pwhash_cost(hash) > pwhash_cost("") ? hash : "");
}

static void
measure(int64_t us)
{

	dearest.measured = dearest.measured == 0 ? us : (3 * dearest.measured + us) / 4;
}

void
effort_spend(struct str password)
{
	int64_t start = clock_cpu_us();

	pwhash_spend(dearest.like, password.p, password.len);
	measure(clock_cpu_us() - start);
}

void
effort_top_up(const char *hash, int64_t started, size_t done, size_t wanted, struct str password)
{

	if (done == wanted && pwhash_cost(hash) >= dearest.cost) {
		measure((clock_cpu_us() - started) / (int64_t)wanted);
		return;
	}
	if (dearest.measured == 0)
		effort_spend(password);
	pwhash_burn(started + dearest.measured * (int64_t)wanted);
}
