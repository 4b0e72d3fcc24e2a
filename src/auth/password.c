/* SPDX-License-Identifier: ISC */
/*
 * Verifying a password, and making a hash of a new one.
 *
 * A password is verified in the form that RFC 8265 gives it, and then, if that is another one, as it was typed: hashes that
 * were imported, or made before names and passwords were prepared, are of those bytes. A hash that matches so is renewed in the
 * prepared form.
 *
 * Where accounts are in a database that gives no hashes away, elsewhere.c has it verify the same forms.
 */
#include <string.h>

#include "auth/effort.h"
#include "auth/elsewhere.h"
#include "auth/name.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/precis.h"
#include "crypto/pwhash.h"
#include "doorward/app.h"

#include "auth/password.h"

#define PASSWORD_FORMS 2

/* The forms of one password, the prepared one first. */
struct password {
	char prepared[PASSWORD_MAX];
	struct str forms[PASSWORD_FORMS];
	size_t n;
};

/* What takes the place of a hash that is outdated. */
struct renewal {
	char text[PWHASH_TEXT_MAX]; /* "" = nothing need */
};

static bool
prepare(struct str typed, struct password *p)
{
	size_t len;

	if (typed.len > PASSWORD_MAX || !precis_password(typed, p->prepared, sizeof(p->prepared), &len) || len == 0)
		return (false);
	p->n = 0;
	p->forms[p->n++] = (struct str){ p->prepared, len };
	if (len != typed.len || memcmp(p->prepared, typed.p, len) != 0)
		p->forms[p->n++] = typed;
	return (true);
}

/*
 * Verifies all forms, up to the one that matches: its number goes to ${*which}. A disabled account is verified like any other
 * and then refused, as late as a wrong password is.
 */
static enum dw_result
compare(const struct account *a, const struct password *p, size_t *which)
{
	int64_t start = clock_cpu_us();
	enum pwhash_verdict verdict = PWHASH_NO_MATCH;
	size_t i;

	for (i = 0; i < p->n && verdict == PWHASH_NO_MATCH; i++)
		verdict = pwhash_verify(a->hash, p->forms[i].p, p->forms[i].len);
	if (verdict == PWHASH_ERROR)
		return (DW_FAULT);
	*which = i - 1;
	if (verdict == PWHASH_MATCH && !a->disabled)
		return (DW_OK);
	effort_top_up(a->hash, start, i, p->n, p->forms[0]);
	return (DW_REFUSED);
}

/* ${renewal} NULL: none is to be made. */
static enum dw_result
evaluate(enum dw_result found, const struct account *a, const struct password *p, struct renewal *renewal)
{
	enum dw_result rc;
	size_t which;

	if (found != DW_OK) {
		for (size_t i = 0; i < p->n; i++)
			effort_spend(p->forms[i]);
		return (DW_REFUSED);
	}
	rc = compare(a, p, &which);
	if (rc == DW_OK && renewal != NULL && (which > 0 || pwhash_outdated(a->hash)) &&
	    pwhash_make(p->forms[0].p, p->forms[0].len, renewal->text) != 0)
		renewal->text[0] = '\0';
	return (rc);
}

static enum dw_result
hash_in_turn(struct app *app, enum dw_result found, const struct account *a, const struct password *p, struct renewal *renewal)
{
	int64_t start = clock_mono_ms();
	enum dw_result rc;

	if (!board_hash_begin(app->board, app->slot))
		return (DW_BUSY);
	board_stage(app->slot, STAGE_HASH);
	rc = evaluate(found, a, p, renewal);
	board_hash_end(app->slot);
	board_count(app->slot, COUNT_HASH_MS, (uint64_t)(clock_mono_ms() - start));
	board_stage(app->slot, STAGE_RULES);
	return (rc);
}

/*
 * A failed rewrite does not fail the login (R099): the old hash still verifies. It replaces only the hash that was verified:
 * where the password has been changed meanwhile, writing would bring the old one back.
 */
static void
renew(struct app *app, const struct account *a, const struct renewal *renewal)
{
	enum dw_result rc;

	if (renewal->text[0] == '\0')
		return;
	board_stage(app->slot, STAGE_USERDB);
	rc = app->users->replace_hash(app->users_ctx, a->id, a->hash, renewal->text);
	board_stage(app->slot, STAGE_RULES);
	if (rc != DW_OK && rc != DW_ABSENT)
		log_warn("outdated password hash could not be replaced user=%s", a->id);
}

/* ${name} is canonical; "" is nobody's. */
static enum dw_result
verify_hash(struct app *app, const char *name, const struct password *p, struct account *out)
{
	struct renewal renewal = { .text = "" };
	enum dw_result rc = DW_ABSENT;

	board_stage(app->slot, STAGE_USERDB);
	effort_refresh(app);
	if (name[0] != '\0')
		rc = app->users->find(app->users_ctx, name, out);
	if (rc != DW_OK && rc != DW_ABSENT)
		return (DW_UNAVAILABLE); /* a damaged database can be asked as little as one that is away */
	rc = hash_in_turn(app, rc, out, p, app->userdb->passwords && app->conf->password_rehash ? &renewal : NULL);
	if (rc == DW_OK)
		renew(app, out, &renewal);
	explicit_bzero(&renewal, sizeof(renewal));
	return (rc);
}

enum dw_result
password_verify(struct app *app, struct str name, struct str password, const char *ip, struct account *out)
{
	enum dw_result rc = DW_REFUSED; /* costs nothing, and depends on nothing but the password (R094) */
	char canonical[USERNAME_MAX + 1];
	struct password p;

	memset(out, 0, sizeof(*out));
	(void)name_canonical(name, canonical); /* "" if it is none */
	if (prepare(password, &p))
		rc = app->users->verify != NULL ? elsewhere_verify(app, canonical, ip, p.forms, p.n, out)
						: verify_hash(app, canonical, &p, out);
	explicit_bzero(&p, sizeof(p));
	explicit_bzero(out->hash, sizeof(out->hash));
	return (rc);
}

bool
password_is_of(const char *hash, struct str password)
{
	bool same = false;
	struct password p;

	if (prepare(password, &p))
		for (size_t i = 0; i < p.n && !same; i++)
			same = pwhash_verify(hash, p.forms[i].p, p.forms[i].len) == PWHASH_MATCH;
	explicit_bzero(&p, sizeof(p));
	return (same);
}

int
password_make(struct str password, char hash[PWHASH_TEXT_MAX])
{
	struct password p;
	int rc = -1;

	if (prepare(password, &p))
		rc = pwhash_make(p.forms[0].p, p.forms[0].len, hash);
	explicit_bzero(&p, sizeof(p));
	return (rc);
}

enum dw_result
password_make_in_turn(struct app *app, struct str password, char hash[PWHASH_TEXT_MAX])
{
	int64_t start = clock_mono_ms();
	enum dw_result rc;

	if (!board_hash_begin(app->board, app->slot))
		return (DW_BUSY);
	board_stage(app->slot, STAGE_HASH);
	rc = password_make(password, hash) == 0 ? DW_OK : DW_FAULT;
	board_hash_end(app->slot);
	board_count(app->slot, COUNT_HASH_MS, (uint64_t)(clock_mono_ms() - start));
	board_stage(app->slot, STAGE_RULES);
	return (rc);
}

void
password_configure(const struct config *conf)
{
	struct pwhash_policy policy = { (enum pwhash_scheme)conf->password_scheme, (uint32_t)(conf->argon2_memory / 1024),
		(uint32_t)conf->argon2_time, (uint32_t)conf->bcrypt_cost, (uint32_t)conf->pbkdf2_rounds };

	pwhash_configure(&policy);
}
