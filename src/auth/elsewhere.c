/* SPDX-License-Identifier: ISC */
/*
 * Passwords that only the database itself can verify: a directory by a bind, PAM by its modules. What that costs is spent in
 * another process or on another machine, so the work itself cannot be done again here for a name that nobody has.
 *
 * Instead the times that the last wrong passwords took are kept, and an unknown name is answered after one of these: on a slow
 * day it takes as long as anybody's mistake does on that day, and as unevenly. A right password is no measure but until the
 * first wrong one, since more is asked for after it. That wait, and the database's own, keep this process from all else: it
 * takes one of the places for hashing, so that there are always workers left for the checks.
 */
#include "auth/effort.h"
#include "base/clock.h"
#include "doorward/app.h"

#include "auth/elsewhere.h"

#define PACES 16

static struct {
	int64_t ns[PACES]; /* of the last wrong passwords; before the first, of the last right one */
	size_t n, next, drawn;
	bool wrong; /* there has been a wrong one */
} paces;

static void
remember(int64_t ns, bool wrong)
{

	if (!wrong && paces.wrong)
		return;
	if (!paces.wrong)
		paces.n = paces.next = 0;
	paces.wrong = wrong;
	paces.ns[paces.next] = ns;
	paces.next = (paces.next + 1) % PACES;
	if (paces.n < PACES)
		paces.n++;
}

/* Ends what began at ${start} like ${forms} verifications. Before the first of all: like one that is done here. */
static void
keep_pace(int64_t start, const struct str *forms, size_t n)
{
	int64_t until = start;

	for (size_t i = 0; i < n; i++)
		if (paces.n == 0)
			effort_spend(forms[i]);
		else
			until += paces.ns[paces.drawn++ % paces.n];
	clock_sleep_until(until);
}

static enum dw_result
ask(struct app *app, const char *name, struct str password, const char *ip, struct account *out)
{
	int64_t start = clock_mono_ns();
	enum dw_result rc = app->users->verify(app->users_ctx, name, password, ip, out);

	if (rc == DW_OK || rc == DW_REFUSED)
		remember(clock_mono_ns() - start, rc == DW_REFUSED);
	return (rc);
}

static enum dw_result
evaluate(struct app *app, const char *name, const char *ip, const struct str *forms, size_t n, struct account *out)
{
	int64_t start = clock_mono_ns();
	enum dw_result rc = name[0] == '\0' ? DW_ABSENT : DW_REFUSED;

	for (size_t i = 0; i < n && rc == DW_REFUSED; i++)
		rc = ask(app, name, forms[i], ip, out);
	if (rc == DW_OK && out->disabled)
		return (DW_REFUSED);
	if (rc == DW_OK || rc == DW_REFUSED)
		return (rc);
	if (rc != DW_ABSENT)
		return (DW_UNAVAILABLE);
	keep_pace(start, forms, n);
	return (DW_REFUSED);
}

enum dw_result
elsewhere_verify(struct app *app, const char *name, const char *ip, const struct str *forms, size_t n, struct account *out)
{
	enum dw_result rc;

	if (!board_hash_begin(app->board, app->slot))
		return (DW_BUSY);
	board_stage(app->slot, STAGE_USERDB);
	rc = evaluate(app, name, ip, forms, n, out);
	board_hash_end(app->slot);
	board_stage(app->slot, STAGE_RULES);
	return (rc);
}
