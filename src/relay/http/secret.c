/* SPDX-License-Identifier: ISC */
/*
 * The file holds one line. Its base64 has the alphabet with '+' and '/', and is padded; one key has one spelling, so that two
 * readers of one file cannot come to two keys.
 */
#include <sys/types.h>

#include <errno.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/base64url.h"
#include "base/fd.h"
#include "crypto/mac.h"

#include "relay/http/secret.h"

#define PREFIX "whsec_"
#define TEXT_MAX (sizeof(PREFIX) + (SECRET_BYTES_MAX + 2) / 3 * 4 + 2)

/* What is wrong with ${text}; NULL, and the bytes in ${out}, if nothing is. */
static const char *
decode(const char *text, size_t len, uint8_t out[SECRET_BYTES_MAX], size_t *n)
{
	const size_t prefix = sizeof(PREFIX) - 1;

	while (len > 0 && (text[len - 1] == '\n' || text[len - 1] == '\r'))
		len--;
	if (len <= prefix || memcmp(text, PREFIX, prefix) != 0)
		return ("does not begin with " PREFIX);
	len -= prefix;
	if (!base64_decode((struct str){ text + prefix, len }, out, SECRET_BYTES_MAX, n))
		return ("holds no base64 behind " PREFIX);
	if (*n < SECRET_BYTES_MIN)
		return ("holds a secret of less than 24 bytes, which can be guessed");
	return (NULL);
}

static const char *
read_fault(int error)
{

	return (error == EPERM   ? "can be read by group or others, or is no regular file"
		: error == EFBIG ? "is too large for a secret"
				 : strerror(error));
}

struct mac_key *
secret_read(const char *path, char *why, size_t len)
{
	uint8_t secret[SECRET_BYTES_MAX];
	char text[TEXT_MAX];
	struct mac_key *k = NULL;
	const char *fault;
	size_t n = 0;
	ssize_t got;

	if (path[0] == '\0') {
		snprintf(why, len, "secret_file: is missing: it signs what is sent");
		return (NULL);
	}
	got = fd_read_secret(path, text, sizeof(text));
	fault = got < 0 ? read_fault(errno) : decode(text, (size_t)got, secret, &n);
	if (fault == NULL && (k = mac_key_new(secret, n)) == NULL)
		fault = "cannot be used: out of memory";
	if (fault != NULL)
		snprintf(why, len, "secret_file: %s %s", path, fault);
	explicit_bzero(secret, sizeof(secret));
	explicit_bzero(text, sizeof(text));
	return (k);
}

void
secret_sign(struct mac_key *k, const char *id, int64_t time, struct str body, char out[SECRET_SIGNATURE_LEN + 1])
{
	char head[SECRET_ID_MAX + 24];
	uint8_t mac[MAC_LEN];
	int n = snprintf(head, sizeof(head), "%.*s.%" PRId64 ".", SECRET_ID_MAX, id, time);

	mac_compute2(k, head, (size_t)n, body.p, body.len, mac);
	memcpy(out, "v1,", 3);
	base64_encode(mac, MAC_LEN, out + 3);
}
