/* SPDX-License-Identifier: ISC */
/*
 * MD5-crypt with another magic word: a first digest mixed from password, word and salt by the bits of the password's length,
 * and then 1000 rounds that mix it with both again; which of them come in, and in which order, follows from the number of the
 * round.
 */
#include <stdbool.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "crypto/pwhash_apr1.h"

#define MAGIC "$apr1$"
#define ROUNDS 1000
#define DIGEST 16

struct mix {
	EVP_MD_CTX *ctx;
	const char *password;
	size_t n;
	const uint8_t *salt;
	size_t salt_len;
	uint8_t digest[DIGEST];
	int good; /* 1 as long as the library did what it was told */
};

static void
begin(struct mix *m)
{

	m->good &= EVP_DigestInit_ex(m->ctx, EVP_md5(), NULL);
}

static void
add(struct mix *m, const void *p, size_t n)
{

	m->good &= EVP_DigestUpdate(m->ctx, p, n);
}

static void
finish(struct mix *m)
{

	m->good &= EVP_DigestFinal_ex(m->ctx, m->digest, NULL);
}

static void
first(struct mix *m)
{

	begin(m);
	add(m, m->password, m->n);
	add(m, m->salt, m->salt_len);
	add(m, m->password, m->n);
	finish(m);
	begin(m);
	add(m, m->password, m->n);
	add(m, MAGIC, sizeof(MAGIC) - 1);
	add(m, m->salt, m->salt_len);
	for (size_t left = m->n; left > 0; left -= left < DIGEST ? left : DIGEST)
		add(m, m->digest, left < DIGEST ? left : DIGEST);
	for (size_t bits = m->n; bits > 0; bits >>= 1)
		add(m, (bits & 1) != 0 ? "" : m->password, 1); /* "": a zero byte */
	finish(m);
}

static void
once_more(struct mix *m, int round)
{
	bool odd = round % 2 != 0;

	begin(m);
	add(m, odd ? (const void *)m->password : m->digest, odd ? m->n : DIGEST);
	if (round % 3 != 0)
		add(m, m->salt, m->salt_len);
	if (round % 7 != 0)
		add(m, m->password, m->n);
	add(m, odd ? m->digest : (const void *)m->password, odd ? DIGEST : m->n);
	finish(m);
}

/* Six bits a character, the least first, of three bytes that do not stand together. */
static void
encode(const uint8_t digest[DIGEST], uint8_t out[PWHASH_APR1_LEN])
{
	static const char alphabet[] = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
	static const uint8_t order[][3] = { { 0, 6, 12 }, { 1, 7, 13 }, { 2, 8, 14 }, { 3, 9, 15 }, { 4, 10, 5 } };

	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		uint32_t v = (uint32_t)digest[order[i][0]] << 16 | (uint32_t)digest[order[i][1]] << 8 | digest[order[i][2]];

		for (int k = 0; k < 4; k++, v >>= 6)
			*out++ = (uint8_t)alphabet[v & 63];
	}
	*out++ = (uint8_t)alphabet[digest[11] & 63];
	*out = (uint8_t)alphabet[digest[11] >> 6];
}

int
pwhash_apr1(const char *password, size_t n, const uint8_t *salt, size_t salt_len, uint8_t out[PWHASH_APR1_LEN])
{
	struct mix m = { .ctx = EVP_MD_CTX_new(), .password = password, .n = n, .salt = salt, .salt_len = salt_len, .good = 1 };

	if (m.ctx == NULL)
		return (-1);
	first(&m);
	for (int i = 0; i < ROUNDS && m.good; i++)
		once_more(&m, i);
	EVP_MD_CTX_free(m.ctx);
	if (m.good)
		encode(m.digest, out);
	OPENSSL_cleanse(m.digest, sizeof(m.digest));
	return (m.good ? 0 : -1);
}
