/* SPDX-License-Identifier: ISC */
/*
 * The key directory as a list of files, told apart by their names alone. What does not look like one of ours is left alone:
 * remarks, copies, what an interrupted write left behind. What begins like a token key's name and is not one stops everything:
 * left out silently, it would refuse every cookie of that version.
 *
 * A retired key leaves a file without secret, beside which a key that comes back (a host that copied without deleting) stays
 * retired.
 */
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "base/base64url.h"
#include "base/fd.h"

#include "crypto/keyring_files.h"

/* Room for the PEM of an RSA key of 4096 bits with remarks around it. */
#define FILE_MAX_BYTES 8192
#define ROOT_TEXT_LEN (2 * KEYRING_ROOT_LEN)

bool
keyring_files_dir(const char *state, char *dir, char *err, size_t errlen)
{

	if (snprintf(dir, PATH_MAX, "%s/keys", state) < PATH_MAX)
		return (true);
	snprintf(err, errlen, "%s: the path is too long", state);
	return (false);
}

static bool
ends_with(struct str s, const char *tail)
{
	size_t n = strlen(tail);

	return (s.len >= n && memcmp(s.p + s.len - n, tail, n) == 0);
}

/* ${middle} is what stands between the prefix and the suffix of a name. */
static bool
read_version(struct str middle, uint8_t *version)
{
	uint64_t n;

	if (middle.len != 3 || !str_to_u64(middle, UINT8_MAX, &n) || n == 0)
		return (false);
	*version = (uint8_t)n;
	return (true);
}

static struct str
between(struct str name, const char *prefix, const char *suffix)
{
	size_t before = strlen(prefix), after = strlen(suffix);

	return ((struct str){ name.p + before, name.len < before + after ? 0 : name.len - before - after });
}

static enum keyring_kind
token_kind(struct str name, const char *suffix, enum keyring_kind kind, struct keyring_file *f)
{

	if (!read_version(between(name, "token-", suffix), &f->version))
		return (KEYRING_MISNAMED);
	(void)str_copy(f->id, sizeof(f->id), between(name, "", suffix));
	return (kind);
}

static enum keyring_kind
jwt_kind(struct str name, const char *suffix, enum keyring_kind kind, struct keyring_file *f)
{

	if (!str_copy(f->id, sizeof(f->id), between(name, "jwt-", suffix)))
		f->id[0] = '\0';
	return (kind);
}

static enum keyring_kind
kind_of(struct str name, struct keyring_file *f)
{
	bool token = str_starts(name, "token-"), jwt = str_starts(name, "jwt-");

	if (str_is(name, "user.key"))
		return (KEYRING_USER);
	if (token && ends_with(name, ".key"))
		return (token_kind(name, ".key", KEYRING_TOKEN, f));
	if (token && ends_with(name, KEYRING_RETIRED_SUFFIX))
		return (token_kind(name, KEYRING_RETIRED_SUFFIX, KEYRING_RETIRED, f));
	if (jwt && ends_with(name, ".pem"))
		return (jwt_kind(name, ".pem", KEYRING_JWT_PEM, f));
	if (jwt && ends_with(name, ".key"))
		return (jwt_kind(name, ".key", KEYRING_JWT_SECRET, f));
	if (jwt && ends_with(name, KEYRING_RETIRED_SUFFIX))
		return (jwt_kind(name, KEYRING_RETIRED_SUFFIX, KEYRING_RETIRED, f));
	return (KEYRING_OTHER);
}

/* Fills ${f} for the entry ${name} of ${dir}. Returns 1, 0 if it is none of ours, -1 if its name is wrong. */
static int
recognise(struct keyring_file *f, const char *dir, const char *name, char *err, size_t errlen)
{

	f->version = 0;
	f->id[0] = '\0';
	f->kind = kind_of(str_of(name), f);
	if (f->kind == KEYRING_OTHER)
		return (0);
	if (snprintf(f->path, sizeof(f->path), "%s/%s", dir, name) >= (int)sizeof(f->path)) {
		snprintf(err, errlen, "%s: the path is too long", dir);
		return (-1);
	}
	if (f->kind != KEYRING_MISNAMED)
		return (1);
	snprintf(err, errlen, "%s: not a key's name: token keys are token-001.key to token-255.key", f->path);
	return (-1);
}

/* Opens ${dir}, unless others could put keys of their own into it. */
static DIR *
open_dir(const char *dir, char *err, size_t errlen)
{
	DIR *d = opendir(dir);
	struct stat st;

	if (d == NULL || fstat(dirfd(d), &st) != 0) {
		snprintf(err, errlen, "%s: %s", dir, strerror(errno));
		goto err0;
	}
	if ((st.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
		snprintf(err, errlen, "%s: group or others may write here; set its mode to 0700", dir);
		goto err0;
	}
	return (d);

err0:
	if (d != NULL)
		closedir(d);
	return (NULL);
}

int
keyring_files_walk(const char *dir, keyring_files_each *each, void *arg, char *err, size_t errlen)
{
	DIR *d = open_dir(dir, err, errlen);
	struct keyring_file f;
	struct dirent *entry;
	int rc = 0;

	if (d == NULL)
		return (-1);
	while (rc == 0 && (errno = 0, entry = readdir(d)) != NULL) {
		rc = recognise(&f, dir, entry->d_name, err, errlen);
		if (rc > 0)
			rc = each(&f, arg, err, errlen);
	}
	if (rc == 0 && errno != 0) {
		snprintf(err, errlen, "%s: %s", dir, strerror(errno));
		rc = -1;
	}
	closedir(d);
	return (rc);
}

/*
 * Reads a key file: the dates at its head, and then its text without the line end. A key that does not say when it was made is
 * as old as its file. Returns false with a sentence in ${err}.
 */
static bool
read_text(const char *path, char text[FILE_MAX_BYTES], struct str *out, struct keyring_dates *dates, char *err, size_t errlen)
{
	ssize_t n = fd_read_secret(path, text, FILE_MAX_BYTES);

	*dates = (struct keyring_dates){ .created = 0 };
	if (n < 0) {
		snprintf(err, errlen, "%s: %s", path,
		    errno == EPERM ? "must be a regular file that nobody but its owner may read (mode 0600)" : strerror(errno));
		return (false);
	}
	*out = (struct str){ text, (size_t)n };
	if (!keyring_dates_read(out, dates)) {
		snprintf(
		    err, errlen, "%s: a line at its head is malformed: times are written as 2026-11-25T21:40:00.000Z", path);
		return (false);
	}
	if (out->len > 0 && out->p[out->len - 1] == '\n')
		out->len--;
	return (true);
}

/* A file that does not say when its key was made: when it was last modified. */
static void
complete(const char *path, struct keyring_dates *d)
{
	struct stat st;

	if (d->created == 0 && stat(path, &st) == 0)
		d->created = (int64_t)st.st_mtim.tv_sec * 1000 + st.st_mtim.tv_nsec / 1000000;
}

static bool
parse_root(struct str text, uint8_t root[KEYRING_ROOT_LEN])
{
	bool varied = false;

	if (text.len != ROOT_TEXT_LEN)
		return (false);
	for (size_t i = 0; i < KEYRING_ROOT_LEN; i++) {
		int high = str_hex_value(text.p[2 * i]), low = str_hex_value(text.p[2 * i + 1]);

		if (high < 0 || low < 0)
			return (false);
		root[i] = (uint8_t)(high << 4 | low);
		varied = varied || root[i] != root[0];
	}
	return (varied); /* one byte all over stands for no secret: a forgotten template, or what an interrupted copy left */
}

bool
keyring_files_root(const char *path, uint8_t root[KEYRING_ROOT_LEN], struct keyring_dates *dates, char *err, size_t errlen)
{
	char buffer[FILE_MAX_BYTES];
	struct str text;
	bool ok = false;

	if (read_text(path, buffer, &text, dates, err, errlen) && !(ok = parse_root(text, root)))
		snprintf(err, errlen, "%s: not 32 random bytes in hexadecimal", path);
	complete(path, dates);
	OPENSSL_cleanse(buffer, sizeof(buffer));
	return (ok);
}

static struct jwk *
parse_secret(struct str text)
{
	uint8_t secret[FILE_MAX_BYTES];
	struct jwk *k = NULL;
	size_t n;

	if (base64url_decode(text, secret, sizeof(secret), &n))
		k = jwk_from_secret(secret, n);
	OPENSSL_cleanse(secret, sizeof(secret));
	return (k);
}

struct jwk *
keyring_files_jwk(const struct keyring_file *f, struct keyring_dates *dates, char *err, size_t errlen)
{
	char buffer[FILE_MAX_BYTES];
	struct jwk *k = NULL;
	struct str text;

	if (read_text(f->path, buffer, &text, dates, err, errlen)) {
		k = f->kind == KEYRING_JWT_PEM ? jwk_from_pem(text.p, text.len) : parse_secret(text);
		if (k == NULL)
			snprintf(err, errlen, "%s: %s", f->path,
			    f->kind == KEYRING_JWT_PEM
				? "not a private key in PEM of Ed25519, P-256, or RSA of 2048 to 4096 bits"
				: "not a secret of 32 to 256 bytes in base64url");
	}
	complete(f->path, dates);
	OPENSSL_cleanse(buffer, sizeof(buffer));
	return (k);
}

bool
keyring_files_remains(const char *path, struct keyring_dates *dates, char *err, size_t errlen)
{
	char buffer[FILE_MAX_BYTES];
	struct str text;

	if (!read_text(path, buffer, &text, dates, err, errlen))
		return (false);
	if (dates->retired == 0)
		snprintf(err, errlen, "%s: does not say when the key was retired", path);
	return (dates->retired != 0);
}

/* A version may be used again when all are used up: then the key is younger than the retirement of the one before it. */
int
keyring_files_is_retired(const struct keyring_file *f, const struct keyring_dates *dates, char *err, size_t errlen)
{
	struct keyring_dates d;
	char path[PATH_MAX];
	int stem = (int)strlen(f->path) - (int)strlen(".key"); /* or .pem */

	if (snprintf(path, sizeof(path), "%.*s" KEYRING_RETIRED_SUFFIX, stem, f->path) >= (int)sizeof(path)) {
		snprintf(err, errlen, "%s: the path is too long", f->path);
		return (-1);
	}
	if (access(path, F_OK) != 0 && errno == ENOENT)
		return (0);
	if (!keyring_files_remains(path, &d, err, errlen))
		return (-1);
	return (!dates->dated || dates->created <= d.retired);
}
