#include <string.h>
#include <time.h>

#include "auth/name.h"
#include "base/clock.h"
#include "base/log.h"
#include "crypto/pwhash.h"
#include "doorward/app.h"

#include "auth/password.h"

/* Milliseconds a default hash takes here, measured once: a failure against a cheaper, older hash is made to last as long (R092). */
static int64_t default_cost = -1;

static void
spend_default(struct str password)
{
	int64_t start = clock_mono_ms();

	pwhash_spend(password.p, password.len);
	default_cost = clock_mono_ms() - start;
}

static void
wait_out(int64_t started, struct str password)
{
	int64_t left;

	if (default_cost < 0)
		spend_default(password);
	left = default_cost - (clock_mono_ms() - started);
	if (left > 0) {
		struct timespec ts = { left / 1000, left % 1000 * 1000000 };

		nanosleep(&ts, NULL);
	}
}

/* A disabled account is verified like any other and then refused, as late as a wrong password is. */
static enum dw_result
compare(const struct account *a, struct str password)
{
	int64_t start = clock_mono_ms();

	switch (pwhash_verify(a->hash, password.p, password.len)) {
	case PWHASH_ERROR:
		return (DW_FAULT);
	case PWHASH_MATCH:
		if (!a->disabled)
			return (DW_OK);
		break;
	default:
		break;
	}
	if (pwhash_outdated(a->hash))
		wait_out(start, password);
	return (DW_REFUSED);
}

static enum dw_result
evaluate(enum dw_result found, const struct account *a, struct str password)
{

	if (found == DW_OK)
		return (compare(a, password));
	spend_default(password);
	return (DW_REFUSED);
}

/*
 * A failed rewrite does not fail the login (R099): the old hash still verifies. It replaces only the hash that was verified: where the
 * password has been changed meanwhile, writing would bring the old one back.
 */
static void
rehash(struct app *app, const struct account *a, struct str password)
{
	char text[PWHASH_TEXT_MAX];
	enum dw_result rc;

	if (!pwhash_outdated(a->hash) || pwhash_make(password.p, password.len, text) != 0)
		return;
	rc = app->users->replace_hash(app->users_ctx, a->id, a->hash, text);
	if (rc != DW_OK && rc != DW_ABSENT)
		log_warn("outdated password hash could not be replaced user=%s", a->id);
	explicit_bzero(text, sizeof(text));
}

static enum dw_result
hash_in_turn(struct app *app, enum dw_result found, struct account *a, struct str password)
{
	int64_t start = clock_mono_ms();
	enum dw_result rc;

	if (!board_hash_begin(app->board, app->slot))
		return (DW_BUSY);
	board_stage(app->slot, STAGE_HASH);
	rc = evaluate(found, a, password);
	if (rc == DW_OK)
		rehash(app, a, password);
	board_hash_end(app->slot);
	board_count(app->slot, COUNT_HASH_MS, (uint64_t)(clock_mono_ms() - start));
	board_stage(app->slot, STAGE_RULES);
	return (rc);
}

enum dw_result
password_verify(struct app *app, struct str name, struct str password, struct account *out)
{
	char canonical[USERNAME_MAX + 1];
	enum dw_result rc = DW_ABSENT;

	memset(out, 0, sizeof(*out));
	if (password.len == 0 || password.len > PASSWORD_MAX)
		return (DW_REFUSED); /* costs nothing, and depends on nothing but its length (R094) */
	board_stage(app->slot, STAGE_USERDB);
	if (name_canonical(name, canonical))
		rc = app->users->find(app->users_ctx, canonical, out);
	if (rc != DW_OK && rc != DW_ABSENT)
		return (DW_UNAVAILABLE); /* a damaged database can be asked as little as one that is away */
	rc = hash_in_turn(app, rc, out, password);
	explicit_bzero(out->hash, sizeof(out->hash));
	return (rc);
}
