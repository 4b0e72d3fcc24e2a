/* SPDX-License-Identifier: ISC */
/* Makes the keys that a new installation lacks. Those that are there are never replaced. */
#include <stdio.h>

#include "base/clock.h"
#include "base/log.h"
#include "crypto/keyring_files.h"
#include "crypto/keyring_write.h"

#include "crypto/keyring.h"

struct found {
	bool user, token, jwt;
};

static int
note(const struct keyring_file *f, void *arg, char *err, size_t errlen)
{
	struct found *found = arg;
	struct keyring_dates dates;
	struct jwk *k;

	found->user = found->user || f->kind == KEYRING_USER;
	found->token = found->token || f->kind == KEYRING_TOKEN;
	if (f->kind != KEYRING_JWT_PEM && f->kind != KEYRING_JWT_SECRET)
		return (0);
	if ((k = keyring_files_jwk(f, &dates, err, errlen)) == NULL)
		return (-1);
	jwk_free(k);
	found->jwt = true;
	return (0);
}

/*
 * user.key is made first, so a token key without it means that it was lost, and a new one would cut every user off from
 * sessions, records and blacklists.
 */
static int
make_missing(const struct keyring_writer *w, enum jws_alg alg)
{
	struct keyring_dates now = { .created = clock_wall_ms() };
	struct found found = { .user = false };
	char kid[KID_MAX + 1];

	if (keyring_files_walk(w->dir, note, &found, w->err, w->errlen) != 0)
		return (-1);
	if (!found.user && found.token) {
		snprintf(w->err, w->errlen, "%s: user.key is lost though token keys are there; restore it from a copy", w->dir);
		return (-1);
	}
	if (!found.user)
		log_info("there are no keys yet, new ones are made: what others have signed in with is void dir=%s", w->dir);
	if (!found.user && keyring_write_root(w, "user.key", &now) != 0)
		return (-1);
	if (!found.token && keyring_write_root(w, "token-001.key", &now) != 0)
		return (-1);
	return (found.jwt ? 0 : keyring_write_jwt(w, alg, &now, kid));
}

int
keyring_create(const char *state, const char *alg, uid_t uid, gid_t gid, char *err, size_t errlen)
{
	struct keyring_writer w = { .uid = uid, .gid = gid, .err = err, .errlen = errlen };
	int wanted = jws_alg_of(str_of(alg)), rc;

	if (wanted < 0) {
		snprintf(err, errlen, "unknown algorithm: use EdDSA, ES256, RS256 or HS256");
		return (-1);
	}
	if (keyring_write_open(&w, state, true) != 0)
		return (-1);
	rc = make_missing(&w, (enum jws_alg)wanted);
	keyring_write_close(&w);
	return (rc);
}
