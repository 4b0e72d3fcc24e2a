/* SPDX-License-Identifier: ISC */
/*
 * A key file is written beside its place, synced and renamed (fd_write_file), so that a reader sees it whole or not at all; the
 * directory is synced, so that a power cut does not take back a key that has signed, nor bring back one that is retired. A lock
 * on the directory keeps two writers apart; readers need none.
 */
#include <sys/file.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "base/fd.h"
#include "crypto/keyring_files.h"
#include "crypto/random.h"

#include "crypto/keyring_write.h"

#define TEXT_MAX 8192

static int
failed(const struct keyring_writer *w, const char *what)
{

	snprintf(w->err, w->errlen, "%s: %s", what, strerror(errno));
	return (-1);
}

/*
 * Gives away what was just made. Where it stands may already belong to the account it is for, so that it could have been
 * replaced: nothing is followed, and nothing that has a second name or is not ours is given away.
 */
static int
give(const struct keyring_writer *w, const char *path)
{
	struct stat st;
	int fd, rc = -1;

	if (w->uid == (uid_t)-1)
		return (0);
	if ((fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)) < 0)
		return (failed(w, path));
	if (fstat(fd, &st) == 0) {
		errno = EPERM;
		if (st.st_uid == geteuid() && (S_ISDIR(st.st_mode) || (S_ISREG(st.st_mode) && st.st_nlink == 1)))
			rc = fchown(fd, w->uid, w->gid);
	}
	if (rc != 0)
		rc = failed(w, path);
	close(fd);
	return (rc);
}

static int
make_dir(const struct keyring_writer *w, const char *path)
{

	if (mkdir(path, 0700) == 0)
		return (give(w, path));
	return (errno == EEXIST ? 0 : failed(w, path));
}

int
keyring_write_open(struct keyring_writer *w, const char *state, bool make)
{

	w->lock = -1;
	if (!keyring_files_dir(state, w->dir, w->err, w->errlen))
		return (-1);
	if (make && (make_dir(w, state) != 0 || make_dir(w, w->dir) != 0))
		return (-1);
	if ((w->lock = open(w->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) >= 0 && flock(w->lock, LOCK_EX) == 0)
		return (0);
	(void)failed(w, w->dir);
	keyring_write_close(w);
	return (-1);
}

void
keyring_write_close(struct keyring_writer *w)
{

	if (w->lock >= 0)
		close(w->lock); /* and with it the lock */
	w->lock = -1;
}

/* Writes ${text} to the file ${name} and wipes it here. */
static int
put(const struct keyring_writer *w, const char *name, struct buf *text)
{
	char path[PATH_MAX];
	int rc;

	if (text->overflow || snprintf(path, sizeof(path), "%s/%s", w->dir, name) >= (int)sizeof(path)) {
		errno = ENAMETOOLONG;
		rc = failed(w, w->dir);
	} else if (fd_write_file(path, text->p, text->len, 0600) != 0) {
		rc = failed(w, path);
	} else {
		rc = give(w, path);
	}
	OPENSSL_cleanse(text->p, text->cap);
	return (rc);
}

int
keyring_write_root(const struct keyring_writer *w, const char *name, const struct keyring_dates *dates)
{
	char text[KEYRING_DATES_MAX + 2 * KEYRING_ROOT_LEN + 2];
	uint8_t root[KEYRING_ROOT_LEN];
	struct buf b;

	if (random_bytes(root, sizeof(root)) != 0)
		return (failed(w, "random bytes"));
	buf_init(&b, text, sizeof(text));
	keyring_dates_write(dates, &b);
	for (size_t i = 0; i < sizeof(root); i++)
		buf_printf(&b, "%02x", root[i]);
	buf_putc(&b, '\n');
	OPENSSL_cleanse(root, sizeof(root));
	return (put(w, name, &b));
}

int
keyring_write_jwt(const struct keyring_writer *w, enum jws_alg alg, const struct keyring_dates *dates, char kid[KID_MAX + 1])
{
	char text[TEXT_MAX], name[KID_MAX + 16];
	struct jwk *k = jwk_generate(alg);
	struct buf b;
	int rc = -1;

	buf_init(&b, text, sizeof(text));
	keyring_dates_write(dates, &b);
	if (k != NULL && jwk_private_text(k, &b)) {
		if (alg == JWS_HS256)
			buf_putc(&b, '\n');
		snprintf(kid, KID_MAX + 1, "%s", jwk_kid(k));
		snprintf(name, sizeof(name), "jwt-%s.%s", kid, alg == JWS_HS256 ? "key" : "pem");
		rc = put(w, name, &b);
	} else {
		snprintf(w->err, w->errlen, "cannot make a key for %s", jws_alg_name(alg));
	}
	OPENSSL_cleanse(text, sizeof(text));
	jwk_free(k);
	return (rc);
}

int
keyring_write_remains(const struct keyring_writer *w, const char *name, const struct keyring_dates *dates)
{
	char text[KEYRING_DATES_MAX];
	struct buf b;

	buf_init(&b, text, sizeof(text));
	keyring_dates_write(dates, &b);
	return (put(w, name, &b));
}

int
keyring_write_remove(const struct keyring_writer *w, const char *path)
{

	if ((unlink(path) != 0 && errno != ENOENT) || fsync(w->lock) != 0)
		return (failed(w, path));
	return (0);
}
