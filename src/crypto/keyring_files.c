/* SPDX-License-Identifier: ISC */
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

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

static enum keyring_kind
token_kind(struct str name, uint8_t *version)
{
	struct str digits = { name.p + strlen("token-"), 3 };
	uint64_t n;

	if (name.len != strlen("token-NNN.key") || !str_to_u64(digits, UINT8_MAX, &n) || n == 0)
		return (KEYRING_MISNAMED);
	*version = (uint8_t)n;
	return (KEYRING_TOKEN);
}

static enum keyring_kind
kind_of(struct str name, uint8_t *version)
{
	bool key = ends_with(name, ".key"), pem = ends_with(name, ".pem");

	if (str_is(name, "user.key"))
		return (KEYRING_USER);
	if (str_starts(name, "token-") && key)
		return (token_kind(name, version));
	if (str_starts(name, "jwt-") && (key || pem))
		return (pem ? KEYRING_JWT_PEM : KEYRING_JWT_SECRET);
	return (KEYRING_OTHER);
}

/* Fills ${f} for the entry ${name} of ${dir}. Returns 1, 0 if it is none of ours, -1 if its name is wrong. */
static int
recognise(struct keyring_file *f, const char *dir, const char *name, char *err, size_t errlen)
{

	f->version = 0;
	f->kind = kind_of(str_of(name), &f->version);
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

/* Reads the text of a key file without its line end. Returns false with a sentence in ${err}. */
static bool
read_text(const char *path, char text[FILE_MAX_BYTES], struct str *out, char *err, size_t errlen)
{
	ssize_t n = fd_read_secret(path, text, FILE_MAX_BYTES);

	if (n < 0) {
		snprintf(err, errlen, "%s: %s", path,
		    errno == EPERM ? "must be a regular file that nobody but its owner may read (mode 0600)" : strerror(errno));
		return (false);
	}
	*out = (struct str){ text, (size_t)n };
	if (out->len > 0 && text[out->len - 1] == '\n')
		out->len--;
	return (true);
}

static int
hex_value(char c)
{

	if (c >= '0' && c <= '9')
		return (c - '0');
	if (c >= 'a' && c <= 'f')
		return (c - 'a' + 10);
	return (c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1);
}

static bool
parse_root(struct str text, uint8_t root[KEYRING_ROOT_LEN])
{
	bool varied = false;

	if (text.len != ROOT_TEXT_LEN)
		return (false);
	for (size_t i = 0; i < KEYRING_ROOT_LEN; i++) {
		int high = hex_value(text.p[2 * i]), low = hex_value(text.p[2 * i + 1]);

		if (high < 0 || low < 0)
			return (false);
		root[i] = (uint8_t)(high << 4 | low);
		varied = varied || root[i] != root[0];
	}
	return (varied); /* one byte all over stands for no secret: a forgotten template, or what an interrupted copy left */
}

bool
keyring_files_root(const char *path, uint8_t root[KEYRING_ROOT_LEN], char *err, size_t errlen)
{
	char buffer[FILE_MAX_BYTES];
	struct str text;
	bool ok = false;

	if (read_text(path, buffer, &text, err, errlen) && !(ok = parse_root(text, root)))
		snprintf(err, errlen, "%s: not 32 random bytes in hexadecimal", path);
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
keyring_files_jwk(const struct keyring_file *f, char *err, size_t errlen)
{
	char buffer[FILE_MAX_BYTES];
	struct jwk *k = NULL;
	struct str text;

	if (read_text(f->path, buffer, &text, err, errlen)) {
		k = f->kind == KEYRING_JWT_PEM ? jwk_from_pem(text.p, text.len) : parse_secret(text);
		if (k == NULL)
			snprintf(err, errlen, "%s: %s", f->path,
			    f->kind == KEYRING_JWT_PEM
				? "not a private key in PEM of Ed25519, P-256, or RSA of 2048 to 4096 bits"
				: "not a secret of 32 to 256 bytes in base64url");
	}
	OPENSSL_cleanse(buffer, sizeof(buffer));
	return (k);
}
