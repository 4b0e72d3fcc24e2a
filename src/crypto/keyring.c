/* SPDX-License-Identifier: ISC */
/*
 * The keys of a process: all that the directory holds are loaded when it starts; which of them makes new tokens is chosen each
 * time, since a key may be due later. The newest (by the time it was created, then by its name, so that all hosts choose the
 * same) of those that are due.
 *
 * Nobody may meet a token of a key he does not know. Processes start at different times: the workers before and after a reload
 * serve side by side, single workers of mod_fcgid for hours, and another host is reloaded later. So a process that meets an
 * unknown kid or version looks into the directory again, if that has changed since, and learns what is new there (look_again).
 * What it has learned it only believes, it does not sign with it: a new key signs in processes that were started (reloaded)
 * after it was made. Nothing is forgotten before the end of the process: a retired key is gone with the next reload.
 *
 * A stranger who sends unknown kids costs one stat(2) each; the directory is read again only after it has changed.
 */
#include <sys/stat.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "base/clock.h"
#include "crypto/jwk.h"
#include "crypto/keyring_derive.h"
#include "crypto/keyring_files.h"

#include "crypto/keyring.h"

/*
 * A directory that changes twice within a tick of the file system's clock has one time of change for both, and a file that is
 * copied into it is there before its content is. So what was read within SETTLE_MS of a change, or with a file that could not
 * be read, may be read again, but not more often than every AGAIN_MS.
 */
#define SETTLE_MS 2000
#define AGAIN_MS 50
#define SENTENCE_MAX 512

struct token_held {
	struct token_keys keys;
	struct keyring_dates dates;
	bool learned;
};

struct jwk_held {
	struct jwk *jwk;
	struct keyring_dates dates;
	bool learned;
};

/* What a keyring that is const for its users learns. */
struct held {
	struct token_held *tokens[UINT8_MAX + 1]; /* by version */
	struct jwk_held jwts[KEYRING_SIGNING_MAX];
	size_t jwts_len;
	char dir[PATH_MAX];
	bool learning;          /* what is loaded now is learned */
	bool whole;             /* all files could be read the last time */
	struct timespec change; /* of the directory when it was read */
	int64_t read_at;        /* wall, ms */
	int64_t read_mono;      /* mono, ms */
};

struct keyring {
	struct user_keys user;
	struct held *held;
};

/* Reads a root as a key to derive from. NULL with a sentence in ${err}. */
static struct mac_key *
load_root(const char *path, struct keyring_dates *dates, char *err, size_t errlen)
{
	uint8_t root[KEYRING_ROOT_LEN];
	struct mac_key *k;

	if (!keyring_files_root(path, root, dates, err, errlen))
		return (NULL);
	if ((k = mac_key_new(root, sizeof(root))) == NULL)
		snprintf(err, errlen, "%s: out of memory", path);
	OPENSSL_cleanse(root, sizeof(root));
	return (k);
}

static int
load_user(struct keyring *k, const char *path, char *err, size_t errlen)
{
	struct keyring_dates dates;
	struct mac_key *root = load_root(path, &dates, err, errlen);
	bool ok;

	if (root == NULL)
		return (-1);
	if (!(ok = keyring_derive_user(root, &k->user)))
		snprintf(err, errlen, "%s: out of memory", path);
	mac_key_free(root);
	return (ok ? 0 : -1);
}

static void
free_token(struct token_held *t)
{

	if (t != NULL)
		keyring_free_token(&t->keys);
	free(t);
}

static int
load_token(struct held *h, const struct keyring_file *f, char *err, size_t errlen)
{
	struct token_held *t = NULL;
	struct keyring_dates dates;
	struct mac_key *root = load_root(f->path, &dates, err, errlen);
	int retired = root == NULL ? -1 : keyring_files_is_retired(f, &dates, err, errlen);

	if (retired == 0) {
		if ((t = calloc(1, sizeof(*t))) != NULL && keyring_derive_token(root, &t->keys)) {
			t->keys.version = f->version;
			t->dates = dates;
			t->learned = h->learning;
			h->tokens[f->version] = t;
		} else {
			snprintf(err, errlen, "%s: out of memory", f->path);
			free_token(t);
			retired = -1;
		}
	}
	mac_key_free(root);
	return (retired < 0 ? -1 : 0);
}

static const struct jwk *
find_jwk(const struct held *h, struct str kid)
{

	for (size_t i = 0; i < h->jwts_len; i++)
		if (str_is(kid, jwk_kid(h->jwts[i].jwk)))
			return (h->jwts[i].jwk);
	return (NULL);
}

static int
load_jwt(struct held *h, const struct keyring_file *f, char *err, size_t errlen)
{
	struct keyring_dates dates;
	struct jwk *jwk;
	int retired;

	if (h->jwts_len == KEYRING_SIGNING_MAX) {
		snprintf(
		    err, errlen, "%s: there are more than %d signing keys; retire the oldest", f->path, KEYRING_SIGNING_MAX);
		return (-1);
	}
	if ((jwk = keyring_files_jwk(f, &dates, err, errlen)) == NULL)
		return (-1);
	retired = keyring_files_is_retired(f, &dates, err, errlen);
	if (retired == 0 && find_jwk(h, str_of(jwk_kid(jwk))) == NULL)
		h->jwts[h->jwts_len++] = (struct jwk_held){ jwk, dates, h->learning };
	else
		jwk_free(jwk); /* or one key under two names */
	return (retired < 0 ? -1 : 0);
}

static int
load_file(const struct keyring_file *f, void *arg, char *err, size_t errlen)
{
	struct keyring *k = arg;

	switch (f->kind) {
	case KEYRING_USER:
		return (load_user(k, f->path, err, errlen));
	case KEYRING_TOKEN:
		return (load_token(k->held, f, err, errlen));
	case KEYRING_JWT_PEM:
	case KEYRING_JWT_SECRET:
		return (load_jwt(k->held, f, err, errlen));
	default:
		return (0);
	}
}

/* Notes as which state of the directory the next reading counts: taken before it, so that what comes in between is a change. */
static void
note_state(struct held *h)
{
	struct stat st;

	h->change = stat(h->dir, &st) == 0 ? st.st_mtim : (struct timespec){ .tv_sec = 0 };
	h->read_at = clock_wall_ms();
	h->read_mono = clock_mono_ms();
}

static bool
has_changed(const struct held *h)
{
	int64_t changed_at = (int64_t)h->change.tv_sec * 1000 + h->change.tv_nsec / 1000000;
	bool settled = h->whole && h->read_at - changed_at > SETTLE_MS;
	struct stat st;

	if (stat(h->dir, &st) != 0)
		return (false);
	if (st.st_mtim.tv_sec != h->change.tv_sec || st.st_mtim.tv_nsec != h->change.tv_nsec)
		return (true);
	return (!settled && clock_mono_ms() - h->read_mono >= AGAIN_MS);
}

/* What cannot be read now, half a copy perhaps, is looked at the next time. */
static int
learn_file(const struct keyring_file *f, void *arg, char *err, size_t errlen)
{
	struct held *h = arg;
	int rc = 0;

	if (f->kind == KEYRING_TOKEN && h->tokens[f->version] == NULL)
		rc = load_token(h, f, err, errlen);
	else if ((f->kind == KEYRING_JWT_PEM || f->kind == KEYRING_JWT_SECRET) && find_jwk(h, str_of(f->id)) == NULL)
		rc = load_jwt(h, f, err, errlen);
	h->whole = h->whole && rc == 0;
	return (0);
}

void
keyring_look_again(const struct keyring *k)
{
	struct held *h = k->held;
	char err[SENTENCE_MAX];

	if (!has_changed(h))
		return;
	note_state(h);
	h->learning = h->whole = true;
	if (keyring_files_walk(h->dir, learn_file, h, err, sizeof(err)) != 0)
		h->whole = false;
}

/* Returns true if nothing is missing. */
static bool
is_complete(const struct keyring *k, char *err, size_t errlen)
{
	const char *missing = NULL;

	if (k->user.user == NULL)
		missing = "user.key";
	else if (keyring_token(k) == NULL)
		missing = "token key";
	else if (keyring_signer(k) == NULL)
		missing = "signing key";
	if (missing != NULL)
		snprintf(err, errlen, "%s: there is no %s", k->held->dir, missing);
	return (missing == NULL);
}

static struct keyring *
new_keyring(void)
{
	struct keyring *k = calloc(1, sizeof(*k));

	if (k == NULL || (k->held = calloc(1, sizeof(*k->held))) != NULL)
		return (k);
	free(k);
	return (NULL);
}

struct keyring *
keyring_load(const char *state, char *err, size_t errlen)
{
	struct keyring *k = new_keyring();

	if (k == NULL) {
		snprintf(err, errlen, "%s: out of memory", state);
		return (NULL);
	}
	k->held->whole = true;
	if (keyring_files_dir(state, k->held->dir, err, errlen)) {
		note_state(k->held);
		if (keyring_files_walk(k->held->dir, load_file, k, err, errlen) == 0 && is_complete(k, err, errlen))
			return (k);
	}
	keyring_free(k);
	return (NULL);
}

void
keyring_free(struct keyring *k)
{

	if (k == NULL)
		return;
	for (size_t i = 0; i < k->held->jwts_len; i++)
		jwk_free(k->held->jwts[i].jwk);
	for (size_t i = 0; i <= UINT8_MAX; i++)
		free_token(k->held->tokens[i]);
	keyring_free_user(&k->user);
	free(k->held);
	free(k);
}

const struct user_keys *
keyring_user(const struct keyring *k)
{

	return (&k->user);
}

const struct token_keys *
keyring_token(const struct keyring *k)
{
	const struct token_held *best = NULL;
	int64_t now = clock_wall_ms();

	for (size_t i = 0; i <= UINT8_MAX; i++) {
		const struct token_held *t = k->held->tokens[i];

		if (t != NULL && !t->learned && (best == NULL || keyring_dates_prefer(&t->dates, &best->dates, now) >= 0))
			best = t; /* of two that are alike the higher version */
	}
	return (best == NULL ? NULL : &best->keys);
}

const struct token_keys *
keyring_token_version(const struct keyring *k, uint8_t version)
{

	if (k->held->tokens[version] == NULL)
		keyring_look_again(k);
	return (k->held->tokens[version] == NULL ? NULL : &k->held->tokens[version]->keys);
}

static const struct jwk *
newest(const struct keyring *k, bool secret_too)
{
	const struct jwk_held *best = NULL;
	int64_t now = clock_wall_ms();

	for (size_t i = 0; i < k->held->jwts_len; i++) {
		const struct jwk_held *j = &k->held->jwts[i];
		int better = best == NULL ? 1 : keyring_dates_prefer(&j->dates, &best->dates, now);

		if (!j->learned && (secret_too || jwk_alg(j->jwk) != JWS_HS256) &&
		    (better > 0 || (better == 0 && strcmp(jwk_kid(j->jwk), jwk_kid(best->jwk)) > 0)))
			best = j;
	}
	return (best == NULL ? NULL : best->jwk);
}

const struct jwk *
keyring_signer(const struct keyring *k)
{

	return (newest(k, true));
}

const struct jwk *
keyring_public_signer(const struct keyring *k)
{

	return (newest(k, false));
}

const struct jwk *
keyring_verifier(const struct keyring *k, struct str kid)
{
	const struct jwk *found;

	if (kid.p == NULL || (found = find_jwk(k->held, kid)) != NULL)
		return (kid.p == NULL ? NULL : found);
	keyring_look_again(k);
	return (find_jwk(k->held, kid));
}

void
keyring_jwks(const struct keyring *k, struct buf *out)
{
	const char *sep = "";

	buf_puts(out, "{\"keys\":[");
	for (size_t i = 0; i < k->held->jwts_len; i++) {
		const struct jwk *jwk = k->held->jwts[i].jwk;

		if (jwk_alg(jwk) == JWS_HS256)
			continue;
		buf_puts(out, sep);
		if (!jwk_public_json(jwk, out))
			out->overflow = true; /* half a set must not pass for a whole one */
		sep = ",";
	}
	buf_puts(out, "]}");
}
