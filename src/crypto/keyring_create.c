/* SPDX-License-Identifier: ISC */
#include <sys/file.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "base/buf.h"
#include "base/fd.h"
#include "crypto/jwk.h"
#include "crypto/keyring_files.h"
#include "crypto/random.h"

#include "crypto/keyring.h"

#define PRIVATE_TEXT_MAX 8192

struct maker {
	char dir[PATH_MAX];
	enum jws_alg alg;
	uid_t uid;
	gid_t gid;
	char *err;
	size_t errlen;
	bool has_user;
	bool has_token;
	bool has_jwt; /* of ${alg} */
};

static int
failed(const struct maker *m, const char *what)
{

	snprintf(m->err, m->errlen, "%s: %s", what, strerror(errno));
	return (-1);
}

/*
 * Gives away what was just made. Where it stands may already belong to the account it is for, so that it could have been
 * replaced: nothing is followed, and nothing that has a second name or is not ours is given away.
 */
static int
give(const struct maker *m, const char *path)
{
	struct stat st;
	int fd, rc = -1;

	if (m->uid == (uid_t)-1)
		return (0);
	if ((fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)) < 0)
		return (failed(m, path));
	if (fstat(fd, &st) == 0) {
		errno = EPERM;
		if (st.st_uid == geteuid() && (S_ISDIR(st.st_mode) || (S_ISREG(st.st_mode) && st.st_nlink == 1)))
			rc = fchown(fd, m->uid, m->gid);
	}
	if (rc != 0)
		rc = failed(m, path);
	close(fd);
	return (rc);
}

static int
make_dir(const struct maker *m, const char *path)
{

	if (mkdir(path, 0700) == 0)
		return (give(m, path));
	return (errno == EEXIST ? 0 : failed(m, path));
}

/* Writes the key ${text} to the file ${name} and wipes it here. */
static int
put_key(const struct maker *m, const char *name, struct buf *text)
{
	char path[PATH_MAX];
	int rc;

	if (snprintf(path, sizeof(path), "%s/%s", m->dir, name) >= (int)sizeof(path)) {
		errno = ENAMETOOLONG;
		rc = failed(m, m->dir);
	} else if (fd_write_file(path, text->p, text->len, 0600) != 0) {
		rc = failed(m, path);
	} else {
		rc = give(m, path);
	}
	OPENSSL_cleanse(text->p, text->cap);
	return (rc);
}

static int
make_root(const struct maker *m, const char *name)
{
	char text[2 * KEYRING_ROOT_LEN + 2];
	uint8_t root[KEYRING_ROOT_LEN];
	struct buf b;

	if (random_bytes(root, sizeof(root)) != 0)
		return (failed(m, "random bytes"));
	buf_init(&b, text, sizeof(text));
	for (size_t i = 0; i < sizeof(root); i++)
		buf_printf(&b, "%02x", root[i]);
	buf_putc(&b, '\n');
	OPENSSL_cleanse(root, sizeof(root));
	return (put_key(m, name, &b));
}

static int
make_jwt(const struct maker *m)
{
	char text[PRIVATE_TEXT_MAX], name[KID_MAX + 16];
	struct jwk *k = jwk_generate(m->alg);
	struct buf b;
	int rc = -1;

	buf_init(&b, text, sizeof(text));
	if (k != NULL && jwk_private_text(k, &b)) {
		if (m->alg == JWS_HS256)
			buf_putc(&b, '\n');
		snprintf(name, sizeof(name), "jwt-%s.%s", jwk_kid(k), m->alg == JWS_HS256 ? "key" : "pem");
		rc = put_key(m, name, &b);
	} else {
		snprintf(m->err, m->errlen, "cannot make a key for %s", jws_alg_name(m->alg));
	}
	OPENSSL_cleanse(text, sizeof(text));
	jwk_free(k);
	return (rc);
}

static int
note(const struct keyring_file *f, void *arg, char *err, size_t errlen)
{
	struct maker *m = arg;
	struct jwk *k;

	if (f->kind == KEYRING_USER) {
		m->has_user = true;
		return (0);
	}
	if (f->kind == KEYRING_TOKEN) {
		m->has_token = true;
		return (0);
	}
	if ((k = keyring_files_jwk(f, err, errlen)) == NULL)
		return (-1);
	m->has_jwt = m->has_jwt || jwk_alg(k) == m->alg;
	jwk_free(k);
	return (0);
}

/*
 * user.key is made first, so a token key without it means that it was lost, and a new one would cut every user off from
 * sessions, records and blacklists.
 */
static int
make_missing(struct maker *m)
{

	if (keyring_files_walk(m->dir, note, m, m->err, m->errlen) != 0)
		return (-1);
	if (!m->has_user && m->has_token) {
		snprintf(m->err, m->errlen, "%s: user.key is lost though token keys are there; restore it from a copy", m->dir);
		return (-1);
	}
	if (!m->has_user && make_root(m, "user.key") != 0)
		return (-1);
	if (!m->has_token && make_root(m, "token-001.key") != 0)
		return (-1);
	return (m->has_jwt ? 0 : make_jwt(m));
}

int
keyring_create(const char *state, const char *alg, uid_t uid, gid_t gid, char *err, size_t errlen)
{
	struct maker m = { .uid = uid, .gid = gid, .err = err, .errlen = errlen };
	int wanted = jws_alg_of(str_of(alg)), fd, rc;

	if (wanted < 0) {
		snprintf(err, errlen, "unknown algorithm: use EdDSA, ES256, RS256 or HS256");
		return (-1);
	}
	m.alg = (enum jws_alg)wanted;
	if (!keyring_files_dir(state, m.dir, err, errlen) || make_dir(&m, state) != 0 || make_dir(&m, m.dir) != 0)
		return (-1);
	if ((fd = open(m.dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0 || flock(fd, LOCK_EX) != 0) {
		rc = failed(&m, m.dir);
		goto done;
	}
	rc = make_missing(&m);
done:
	if (fd >= 0)
		close(fd); /* and with it the lock that keeps a second caller from making other keys */
	return (rc);
}
