/* SPDX-License-Identifier: ISC */
/*
 * PBKDF2 (RFC 8018 5.2) as two blocks of SHA-256 an iteration: what HMAC hashes before its message is the same in every
 * iteration, so the states behind the two pads are computed once, and each 32-byte message is padded to its one block here.
 * OpenSSL's own function copies whole contexts instead and needs more than twice the time, which an attacker does not; its
 * function for a bare block is deprecated, so the block comes from nettle.
 */
#include <endian.h>
#include <stdint.h>
#include <string.h>

#include <nettle/sha2.h>
#include <openssl/crypto.h>

#include "crypto/pwhash.h"

#define BLOCK SHA256_BLOCK_SIZE
#define DIGEST SHA256_DIGEST_SIZE
#define WORDS (DIGEST / sizeof(uint32_t))

/* SHA-256 in the middle: its words as they stand behind the first block, one of the pads. */
struct pads {
	uint32_t inner[WORDS];
	uint32_t outer[WORDS];
};

/* A message of 32 bytes behind one whole block, padded (FIPS 180-4 5.1.1). */
static void
init_block(uint8_t block[BLOCK])
{
	const unsigned bits = (BLOCK + DIGEST) * 8;

	memset(block, 0, BLOCK);
	block[DIGEST] = 0x80;
	block[BLOCK - 2] = (uint8_t)(bits >> 8);
	block[BLOCK - 1] = (uint8_t)bits;
}

/*
 * Puts the digest that ${state} stands for to the front of ${block}, four words at a time: the next compression loads them so,
 * and would wait for single stores a tenth of the whole time.
 */
static inline void
store_state(uint8_t *block, const uint32_t state[WORDS])
{
	typedef uint32_t quad __attribute__((vector_size(16)));

	for (size_t i = 0; i < WORDS; i += 4) {
		quad v;

		memcpy(&v, state + i, sizeof(v));
#if BYTE_ORDER == LITTLE_ENDIAN
		v = v << 16 | v >> 16;
		v = (v & 0x00ff00ff) << 8 | (v >> 8 & 0x00ff00ff);
#endif
		memcpy(block + i * sizeof(uint32_t), &v, sizeof(v));
	}
}

/* Hashes ${block} from ${from} on, and leaves the digest at its front. */
static inline void
hash_block(struct sha256_ctx *ctx, const uint32_t from[WORDS], uint8_t block[BLOCK])
{

	memcpy(ctx->state, from, DIGEST);
	sha256_update(ctx, BLOCK, block); /* one whole block at a block's start: goes into the state at once */
	store_state(block, ctx->state);
}

static void
absorb_pad(const uint8_t key[BLOCK], uint8_t pad, uint32_t state[WORDS])
{
	struct sha256_ctx ctx;
	uint8_t block[BLOCK];

	for (size_t i = 0; i < BLOCK; i++)
		block[i] = key[i] ^ pad;
	sha256_init(&ctx);
	sha256_update(&ctx, BLOCK, block);
	memcpy(state, ctx.state, DIGEST);
	OPENSSL_cleanse(block, sizeof(block));
	OPENSSL_cleanse(&ctx, sizeof(ctx));
}

static void
make_pads(struct pads *p, const void *password, size_t n)
{
	uint8_t key[BLOCK] = { 0 };
	struct sha256_ctx ctx;

	if (n > BLOCK) {
		sha256_init(&ctx);
		sha256_update(&ctx, n, password);
		sha256_digest(&ctx, DIGEST, key);
		OPENSSL_cleanse(&ctx, sizeof(ctx));
	} else if (n > 0) {
		memcpy(key, password, n);
	}
	absorb_pad(key, 0x36, p->inner);
	absorb_pad(key, 0x5c, p->outer);
	OPENSSL_cleanse(key, sizeof(key));
}

/* The first iteration of block ${index}, whose message is as long as the salt. Leaves the digest as hash_block does. */
static void
hash_salt(struct sha256_ctx *ctx, const struct pads *p, const void *salt, size_t saltlen, uint32_t index, uint8_t block[BLOCK])
{
	uint32_t suffix = htobe32(index);

	memcpy(ctx->state, p->inner, DIGEST);
	ctx->count = 1; /* whole blocks so far */
	sha256_update(ctx, saltlen, salt);
	sha256_update(ctx, sizeof(suffix), (const uint8_t *)&suffix);
	sha256_digest(ctx, DIGEST, block); /* starts ${ctx} over */
	hash_block(ctx, p->outer, block);
}

/* The function F of RFC 8018. */
static void
derive_block(const struct pads *p, const void *salt, size_t saltlen, unsigned iterations, uint32_t index, uint8_t out[DIGEST])
{
	struct sha256_ctx ctx;
	uint32_t sum[WORDS];
	uint8_t block[BLOCK];

	init_block(block);
	sha256_init(&ctx);
	hash_salt(&ctx, p, salt, saltlen, index, block);
	memcpy(sum, ctx.state, DIGEST);
	for (unsigned i = 1; i < iterations; i++) {
		hash_block(&ctx, p->inner, block);
		hash_block(&ctx, p->outer, block);
		for (size_t j = 0; j < WORDS; j++)
			sum[j] ^= ctx.state[j];
	}
	store_state(out, sum);
	OPENSSL_cleanse(sum, sizeof(sum));
	OPENSSL_cleanse(block, sizeof(block));
	OPENSSL_cleanse(&ctx, sizeof(ctx));
}

/* A longer key is made of several blocks, each with its own index; all of them cost the same. */
int
pwhash_pbkdf2_sha256(
    const void *password, size_t n, const void *salt, size_t saltlen, unsigned iterations, unsigned char *out, size_t outlen)
{
	uint8_t piece[DIGEST];
	struct pads pads;
	uint32_t index = 0;

	if (iterations == 0 || outlen / DIGEST >= UINT32_MAX)
		return (-1);
	make_pads(&pads, password, n);
	while (outlen > 0) {
		size_t part = outlen < DIGEST ? outlen : DIGEST;

		derive_block(&pads, salt, saltlen, iterations, ++index, piece);
		memcpy(out, piece, part);
		out += part;
		outlen -= part;
	}
	OPENSSL_cleanse(piece, sizeof(piece));
	OPENSSL_cleanse(&pads, sizeof(pads));
	return (0);
}
