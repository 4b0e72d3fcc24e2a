/* SPDX-License-Identifier: ISC */
/*
 * A new key is one more file, whose dates make it the newest; which key signs is nowhere written. It is created after all that
 * are there, by the clocks of whatever host they were made on, so that "the newest" is the same key everywhere.
 *
 * Retiring writes what remains first and removes the secret then: after a power cut between the two the key is retired, and
 * saying it again removes the secret. What remains is copied to other hosts like a key, and retires it there even if its file
 * stays.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "base/clock.h"
#include "crypto/keyring_files.h"
#include "crypto/keyring_write.h"

#include "crypto/keyring_change.h"

static struct keyring_entry *
append(struct keyring_entries *e)
{
	struct keyring_entry *more = realloc(e->all, (e->n + 1) * sizeof(*more));

	if (more == NULL)
		return (NULL);
	e->all = more;
	memset(&more[e->n], 0, sizeof(*more));
	return (&more[e->n++]);
}

/* The name of ${path} without directory and suffix. */
static void
stem_of(const char *path, char *out, size_t cap)
{
	const char *name = strrchr(path, '/') + 1;

	(void)str_copy(out, cap, (struct str){ name, (size_t)(strrchr(name, '.') - name) });
}

/* Fills ${x} from a key. Returns 1, 0 if it is one that was retired, -1 with a sentence in ${err}. */
static int
read_key(const struct keyring_file *f, struct keyring_entry *x, char *err, size_t errlen)
{
	uint8_t root[KEYRING_ROOT_LEN];
	struct jwk *k = NULL;
	int retired;

	if (x->token ? !keyring_files_root(f->path, root, &x->dates, err, errlen)
		     : (k = keyring_files_jwk(f, &x->dates, err, errlen)) == NULL)
		return (-1);
	OPENSSL_cleanse(root, sizeof(root));
	snprintf(x->kid, sizeof(x->kid), "%s", x->token ? f->id : jwk_kid(k));
	snprintf(x->dates.alg, sizeof(x->dates.alg), "%s", x->token ? "" : jws_alg_name(jwk_alg(k)));
	jwk_free(k);
	retired = keyring_files_is_retired(f, &x->dates, err, errlen);
	return (retired == 0 ? 1 : retired > 0 ? 0 : -1);
}

static int
read_remains(const struct keyring_file *f, struct keyring_entry *x, char *err, size_t errlen)
{

	x->state = KEY_RETIRED;
	snprintf(x->kid, sizeof(x->kid), "%s", f->id);
	return (keyring_files_remains(f->path, &x->dates, err, errlen) ? 1 : -1);
}

static int
collect(const struct keyring_file *f, void *arg, char *err, size_t errlen)
{
	struct keyring_entries *e = arg;
	struct keyring_entry *x;
	int rc;

	if (f->kind == KEYRING_USER)
		return (0);
	if ((x = append(e)) == NULL) {
		snprintf(err, errlen, "out of memory");
		return (-1);
	}
	x->token = f->version != 0;
	x->state = KEY_VERIFYING;
	stem_of(f->path, x->stem, sizeof(x->stem));
	rc = f->kind == KEYRING_RETIRED ? read_remains(f, x, err, errlen) : read_key(f, x, err, errlen);
	if (rc == 0)
		e->n--;
	return (rc < 0 ? -1 : 0);
}

/* Signing keys before token keys; the newest of a kind first. */
static int
compare(const void *a, const void *b)
{
	const struct keyring_entry *x = a, *y = b;

	if (x->token != y->token)
		return (x->token ? 1 : -1);
	if (x->dates.created != y->dates.created)
		return (x->dates.created < y->dates.created ? 1 : -1);
	return (strcmp(y->kid, x->kid));
}

static const struct keyring_entry *
signing_of(const struct keyring_entries *e, bool token)
{
	const struct keyring_entry *best = NULL;
	int64_t now = clock_wall_ms();

	for (size_t i = 0; i < e->n; i++) {
		const struct keyring_entry *x = &e->all[i];

		if (x->token == token && x->state != KEY_RETIRED &&
		    (best == NULL || keyring_dates_prefer(&x->dates, &best->dates, now) > 0))
			best = x; /* of two that are alike the one whose name is greater stands first */
	}
	return (best);
}

static void
set_states(struct keyring_entries *e, const struct keyring_entry *signing)
{
	int64_t now = clock_wall_ms();

	for (size_t i = 0; i < e->n; i++) {
		struct keyring_entry *x = &e->all[i];

		if (x->token != signing->token || x->state == KEY_RETIRED)
			continue;
		if (x == signing)
			x->state = KEY_SIGNING;
		else
			x->state = x->dates.from > now || x < signing ? KEY_NEXT : KEY_VERIFYING;
	}
}

int
keyring_list(const char *state, struct keyring_entries *out, char *err, size_t errlen)
{
	const struct keyring_entry *signing;
	char dir[PATH_MAX];

	*out = (struct keyring_entries){ .n = 0 };
	if (!keyring_files_dir(state, dir, err, errlen) || keyring_files_walk(dir, collect, out, err, errlen) != 0) {
		free(out->all);
		return (-1);
	}
	if (out->n > 0)
		qsort(out->all, out->n, sizeof(*out->all), compare);
	for (int token = 0; token < 2; token++)
		if ((signing = signing_of(out, token != 0)) != NULL)
			set_states(out, signing);
	return (0);
}

static const struct keyring_entry *
find(const struct keyring_entries *e, const char *kid)
{

	for (size_t i = 0; i < e->n; i++)
		if (strcmp(e->all[i].kid, kid) == 0)
			return (&e->all[i]);
	return (NULL);
}

void
keyring_list_signing(struct keyring_entries *e, const char *kid)
{
	const struct keyring_entry *x = find(e, kid);

	if (x != NULL && x->state != KEY_RETIRED)
		set_states(e, x);
}

static size_t
count_live(const struct keyring_entries *e, bool token)
{
	size_t n = 0;

	for (size_t i = 0; i < e->n; i++)
		n += e->all[i].token == token && e->all[i].state != KEY_RETIRED;
	return (n);
}

/* Later than any other of its kind, even if another host's clock, or ours, was wrong. */
static int64_t
next_created(const struct keyring_entries *e, bool token, int64_t now)
{

	for (size_t i = 0; i < e->n; i++)
		if (e->all[i].token == token && e->all[i].dates.created >= now)
			now = e->all[i].dates.created + 1;
	return (now);
}

static int
version_of(const struct keyring_entry *x)
{

	return (atoi(x->stem + strlen("token-")));
}

static bool
is_used(const struct keyring_entries *e, int version)
{

	for (size_t i = 0; i < e->n; i++)
		if (e->all[i].token && e->all[i].state != KEY_RETIRED && version_of(&e->all[i]) == version)
			return (true);
	return (false);
}

/* The version that follows the newest one, even if that is retired: numbers come round after 255. 0 if all are used. */
static int
next_version(const struct keyring_entries *e)
{
	int newest = 0;

	for (size_t i = e->n; i-- > 0;)
		if (e->all[i].token)
			newest = version_of(&e->all[i]);
	for (int step = 1; step <= UINT8_MAX; step++) {
		int version = (newest + step - 1) % UINT8_MAX + 1;

		if (!is_used(e, version))
			return (version);
	}
	return (0);
}

static int
generate_token(const struct keyring_writer *w, const struct keyring_entries *e, const struct keyring_dates *dates, char *kid)
{
	char name[32], old[PATH_MAX];
	int version = next_version(e);

	if (version == 0) {
		snprintf(w->err, w->errlen, "all %d versions of token keys are in use: retire the oldest", UINT8_MAX);
		return (-1);
	}
	snprintf(kid, KID_MAX + 1, "token-%03d", version);
	if (snprintf(old, sizeof(old), "%s/%s" KEYRING_RETIRED_SUFFIX, w->dir, kid) >= (int)sizeof(old) ||
	    keyring_write_remove(w, old) != 0)
		return (-1);
	snprintf(name, sizeof(name), "token-%03d.key", version);
	return (keyring_write_root(w, name, dates));
}

static int
generate(const struct keyring_writer *w, const struct keyring_entries *e, const struct keyring_wish *wish, char *kid)
{
	int64_t now = clock_wall_ms();
	struct keyring_dates dates = { .created = next_created(e, wish->token, now), .from = now + wish->in };

	if (wish->token)
		return (generate_token(w, e, &dates, kid));
	if (count_live(e, false) >= KEYRING_SIGNING_MAX) {
		snprintf(w->err, w->errlen, "there are %d signing keys: retire the oldest", KEYRING_SIGNING_MAX);
		return (-1);
	}
	return (keyring_write_jwt(w, wish->alg, &dates, kid));
}

int
keyring_generate(
    const char *state, const struct keyring_wish *wish, uid_t uid, gid_t gid, char kid[KID_MAX + 1], char *err, size_t errlen)
{
	struct keyring_writer w = { .uid = uid, .gid = gid, .err = err, .errlen = errlen };
	struct keyring_entries e;
	int rc = -1;

	if (keyring_write_open(&w, state, false) != 0)
		return (-1);
	if (keyring_list(state, &e, err, errlen) == 0) {
		rc = generate(&w, &e, wish, kid);
		free(e.all);
	}
	keyring_write_close(&w);
	return (rc);
}

/* Whichever of the two its secret is in. */
static int
erase(const struct keyring_writer *w, const char *stem)
{
	static const char *const suffixes[] = { "key", "pem" };
	char path[PATH_MAX];

	for (size_t i = 0; i < 2; i++)
		if (snprintf(path, sizeof(path), "%s/%s.%s", w->dir, stem, suffixes[i]) >= (int)sizeof(path) ||
		    keyring_write_remove(w, path) != 0)
			return (-1);
	return (0);
}

static int
retire(const struct keyring_writer *w, const struct keyring_entry *x)
{
	struct keyring_dates dates = x->dates;
	char name[sizeof(x->stem) + sizeof(KEYRING_RETIRED_SUFFIX)];

	if (x->state != KEY_RETIRED) {
		dates.retired = clock_wall_ms();
		if (dates.retired < dates.created)
			dates.retired = dates.created; /* made on a host whose clock is ahead */
		snprintf(name, sizeof(name), "%s" KEYRING_RETIRED_SUFFIX, x->stem);
		if (keyring_write_remains(w, name, &dates) != 0)
			return (-1);
	}
	return (erase(w, x->stem));
}

static int
retire_found(const struct keyring_writer *w, const struct keyring_entry *x, const char *kid)
{

	if (x == NULL)
		snprintf(w->err, w->errlen, "there is no key %s", kid);
	else if (x->stem[0] == '\0')
		snprintf(w->err, w->errlen, "the name of the file of %s is too long: rename it to jwt-KID.pem", kid);
	else if (x->state == KEY_SIGNING)
		snprintf(w->err, w->errlen, "%s signs: generate another one and reload before this one is retired", kid);
	else
		return (retire(w, x));
	return (-1);
}

int
keyring_retire(const char *state, const char *kid, uid_t uid, gid_t gid, char *err, size_t errlen)
{
	struct keyring_writer w = { .uid = uid, .gid = gid, .err = err, .errlen = errlen };
	struct keyring_entries e;
	int rc = -1;

	if (keyring_write_open(&w, state, false) != 0)
		return (-1);
	if (keyring_list(state, &e, err, errlen) == 0) {
		rc = retire_found(&w, find(&e, kid), kid);
		free(e.all);
	}
	keyring_write_close(&w);
	return (rc);
}
