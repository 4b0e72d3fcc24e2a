/* SPDX-License-Identifier: ISC */
#include <sys/stat.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/crypto.h>

#include "crypto/jwk.h"
#include "crypto/keyring_files.h"

#include "crypto/keyring.h"

/* Signing keys that verify at the same time: years of rotations that nobody tidied up. */
#define JWTS_MAX 64

struct keyring {
	struct user_keys user;
	struct token_keys *tokens[UINT8_MAX + 1]; /* by version */
	uint8_t newest;                           /* version that makes new tokens */
	struct jwk *jwts[JWTS_MAX];
	size_t jwts_len;
	const struct jwk *signer;
	struct timespec signer_time;
	enum jws_alg alg; /* to sign with */
};

/* The working key ${label} of ${root}. */
static struct mac_key *
derive(struct mac_key *root, const char *label)
{
	uint8_t bytes[MAC_LEN];
	struct mac_key *k;

	mac_compute(root, label, strlen(label), bytes);
	k = mac_key_new(bytes, sizeof(bytes));
	OPENSSL_cleanse(bytes, sizeof(bytes));
	return (k);
}

static bool
derive_user(struct user_keys *u, struct mac_key *root)
{
	static const char public_sid[] = "doorward public session id v1";
	uint8_t bytes[MAC_LEN];

	mac_compute(root, public_sid, sizeof(public_sid) - 1, bytes);
	memcpy(u->public_sid, bytes, sizeof(u->public_sid));
	OPENSSL_cleanse(bytes, sizeof(bytes));
	u->user = derive(root, "doorward user pseudonym v1");
	u->csrf = derive(root, "doorward form token v1");
	u->cursor = derive(root, "doorward paging cursor v1");
	return (u->user != NULL && u->csrf != NULL && u->cursor != NULL);
}

static bool
derive_token(struct token_keys *t, struct mac_key *root)
{

	t->mac = derive(root, "doorward token mac v1");
	t->loc = derive(root, "doorward token locator v1");
	t->sid = derive(root, "doorward session handle v1");
	t->rot = derive(root, "doorward refresh successor v1");
	return (t->mac != NULL && t->loc != NULL && t->sid != NULL && t->rot != NULL);
}

/* Reads a root as a key to derive from. NULL with a sentence in ${err}. */
static struct mac_key *
load_root(const char *path, char *err, size_t errlen)
{
	uint8_t root[KEYRING_ROOT_LEN];
	struct mac_key *k;

	if (!keyring_files_root(path, root, err, errlen))
		return (NULL);
	if ((k = mac_key_new(root, sizeof(root))) == NULL)
		snprintf(err, errlen, "%s: out of memory", path);
	OPENSSL_cleanse(root, sizeof(root));
	return (k);
}

static int
load_user(struct keyring *k, const char *path, char *err, size_t errlen)
{
	struct mac_key *root = load_root(path, err, errlen);
	bool ok;

	if (root == NULL)
		return (-1);
	if (!(ok = derive_user(&k->user, root)))
		snprintf(err, errlen, "%s: out of memory", path);
	mac_key_free(root);
	return (ok ? 0 : -1);
}

static int
load_token(struct keyring *k, const struct keyring_file *f, char *err, size_t errlen)
{
	struct mac_key *root = load_root(f->path, err, errlen);
	struct token_keys *t;
	bool ok;

	if (root == NULL)
		return (-1);
	t = k->tokens[f->version] = calloc(1, sizeof(*t));
	if (!(ok = t != NULL && derive_token(t, root)))
		snprintf(err, errlen, "%s: out of memory", f->path);
	mac_key_free(root);
	if (!ok)
		return (-1);
	t->version = f->version;
	if (f->version > k->newest)
		k->newest = f->version;
	return (0);
}

/* Lets ${jwk} sign if it is the latest of its algorithm; by kid if two are of one time, so that all hosts choose the same. */
static void
consider_signer(struct keyring *k, const struct jwk *jwk, struct timespec made)
{
	const struct timespec *best = &k->signer_time;
	bool later = made.tv_sec != best->tv_sec ? made.tv_sec > best->tv_sec : made.tv_nsec > best->tv_nsec;
	bool same = made.tv_sec == best->tv_sec && made.tv_nsec == best->tv_nsec;

	if (jwk_alg(jwk) != k->alg)
		return;
	if (k->signer != NULL && !later && !(same && strcmp(jwk_kid(jwk), jwk_kid(k->signer)) > 0))
		return;
	k->signer = jwk;
	k->signer_time = made;
}

static int
load_jwt(struct keyring *k, const struct keyring_file *f, char *err, size_t errlen)
{
	struct jwk *jwk;
	struct stat st;

	if (k->jwts_len == JWTS_MAX) {
		snprintf(err, errlen, "%s: there are more than %d signing keys; remove the oldest", f->path, JWTS_MAX);
		return (-1);
	}
	if (stat(f->path, &st) != 0) {
		snprintf(err, errlen, "%s: %s", f->path, strerror(errno));
		return (-1);
	}
	if ((jwk = keyring_files_jwk(f, err, errlen)) == NULL)
		return (-1);
	k->jwts[k->jwts_len++] = jwk;
	consider_signer(k, jwk, st.st_mtim);
	return (0);
}

static int
load_file(const struct keyring_file *f, void *arg, char *err, size_t errlen)
{
	struct keyring *k = arg;

	switch (f->kind) {
	case KEYRING_USER:
		return (load_user(k, f->path, err, errlen));
	case KEYRING_TOKEN:
		return (load_token(k, f, err, errlen));
	default:
		return (load_jwt(k, f, err, errlen));
	}
}

/* Returns true if nothing is missing. */
static bool
is_complete(const struct keyring *k, const char *dir, char *err, size_t errlen)
{
	const char *missing = NULL;

	if (k->user.user == NULL)
		missing = "user.key";
	else if (k->newest == 0)
		missing = "token key";
	else if (k->signer == NULL)
		missing = "signing key of the algorithm that is set";
	if (missing != NULL)
		snprintf(err, errlen, "%s: there is no %s", dir, missing);
	return (missing == NULL);
}

struct keyring *
keyring_load(const char *state, const char *alg, char *err, size_t errlen)
{
	int wanted = jws_alg_of(str_of(alg));
	char dir[PATH_MAX];
	struct keyring *k;

	if (wanted < 0) {
		snprintf(err, errlen, "unknown algorithm: use EdDSA, ES256, RS256 or HS256");
		return (NULL);
	}
	if (!keyring_files_dir(state, dir, err, errlen))
		return (NULL);
	if ((k = calloc(1, sizeof(*k))) == NULL) {
		snprintf(err, errlen, "%s: out of memory", dir);
		return (NULL);
	}
	k->alg = (enum jws_alg)wanted;
	if (keyring_files_walk(dir, load_file, k, err, errlen) == 0 && is_complete(k, dir, err, errlen))
		return (k);
	keyring_free(k);
	return (NULL);
}

static void
free_token(struct token_keys *t)
{

	if (t == NULL)
		return;
	mac_key_free(t->mac);
	mac_key_free(t->loc);
	mac_key_free(t->sid);
	mac_key_free(t->rot);
	free(t);
}

void
keyring_free(struct keyring *k)
{

	if (k == NULL)
		return;
	for (size_t i = 0; i < k->jwts_len; i++)
		jwk_free(k->jwts[i]);
	for (size_t i = 0; i <= UINT8_MAX; i++)
		free_token(k->tokens[i]);
	mac_key_free(k->user.user);
	mac_key_free(k->user.csrf);
	mac_key_free(k->user.cursor);
	OPENSSL_cleanse(k, sizeof(*k));
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

	return (k->tokens[k->newest]);
}

const struct token_keys *
keyring_token_version(const struct keyring *k, uint8_t version)
{

	return (k->tokens[version]);
}

const struct jwk *
keyring_signer(const struct keyring *k)
{

	return (k->signer);
}

const struct jwk *
keyring_verifier(const struct keyring *k, struct str kid)
{

	for (size_t i = 0; i < k->jwts_len; i++)
		if (str_is(kid, jwk_kid(k->jwts[i])))
			return (k->jwts[i]);
	return (NULL);
}

void
keyring_jwks(const struct keyring *k, struct buf *out)
{
	const char *sep = "";

	buf_puts(out, "{\"keys\":[");
	for (size_t i = 0; i < k->jwts_len; i++) {
		if (jwk_alg(k->jwts[i]) == JWS_HS256)
			continue;
		buf_puts(out, sep);
		if (!jwk_public_json(k->jwts[i], out))
			out->overflow = true; /* half a set must not pass for a whole one */
		sep = ",";
	}
	buf_puts(out, "]}");
}
