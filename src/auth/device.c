/* SPDX-License-Identifier: ISC */
/*
 * Devices: the id a client chose, or one made at random, or one that follows from a browser's form cookie. The store knows a
 * device by eight bytes: a generated id is those bytes, a chosen one is hashed.
 */
#include <string.h>

#include "base/base64url.h"
#include "base/buf.h"
#include "crypto/keyring.h"
#include "crypto/mac.h"
#include "crypto/random.h"

#include "auth/device.h"

bool
device_id_valid(struct str id)
{

	return (str_is_word(id, "._:-", DEVICE_ID_MAX));
}

/*
 * Our own ids are found again as they are; anything else is hashed, so no client can choose another's bytes except by naming
 * it.
 */
void
device_handle(struct str id, uint8_t device_key[DEVICE_KEY_LEN])
{
	uint8_t digest[MAC_LEN];
	size_t n;

	if (id.len == BASE64URL_LEN(DEVICE_KEY_LEN) && base64url_decode(id, device_key, DEVICE_KEY_LEN, &n) &&
	    n == DEVICE_KEY_LEN)
		return;
	mac_sha256(id.p, id.len, digest);
	memcpy(device_key, digest, DEVICE_KEY_LEN);
}

int
device_generate(uint8_t device_key[DEVICE_KEY_LEN], char id[DEVICE_ID_MAX + 1])
{

	if (random_bytes(device_key, DEVICE_KEY_LEN) != 0)
		return (-1);
	base64url_encode(device_key, DEVICE_KEY_LEN, id);
	return (0);
}

/* The cookie alone is what the form's token is a MAC of: the prefix keeps the two apart. */
void
device_of_browser(const struct user_keys *k, struct str cookie, uint8_t device_key[DEVICE_KEY_LEN], char id[DEVICE_ID_MAX + 1])
{
	char text[64];
	uint8_t mac[MAC_LEN];
	struct buf b;

	buf_init(&b, text, sizeof(text));
	buf_puts(&b, "browser:");
	buf_putstr(&b, cookie);
	mac_compute(k->csrf, text, b.len, mac);
	memcpy(device_key, mac, DEVICE_KEY_LEN);
	base64url_encode(device_key, DEVICE_KEY_LEN, id);
}
