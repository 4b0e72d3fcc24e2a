/* SPDX-License-Identifier: ISC */
/*
 * A browser proves by a cookie that somebody signed in with it before:
 *
 *   version 1 | since when 4 | device 8 | MAC 14        as base64url, 36 characters
 *
 * The MAC covers the account's name too, so that the cookie of one account is worth nothing for another; its key is made of the
 * one that never rotates, since the cookie outlives token keys. Nothing is kept on this side, and a stranger cannot make any.
 *
 * A client without cookies is known by the device id that it chose and that the user database has kept since its login. It is
 * asked for the device of a name that nobody has as well: the time it takes says nothing of whether there is such an account.
 */
#include <string.h>

#include "auth/device.h"
#include "base/base64url.h"
#include "crypto/keyring.h"
#include "crypto/mac.h"
#include "doorward/app.h"

#include "auth/known_device.h"

#define VERSION 1
#define DAY 86400
#define AT_SINCE 1
#define AT_DEVICE (AT_SINCE + 4)
#define AT_MAC (AT_DEVICE + DEVICE_KEY_LEN)
#define RAW_LEN 27
#define SHORT_MAC_LEN (RAW_LEN - AT_MAC)

_Static_assert(BASE64URL_LEN(RAW_LEN) == KNOWN_DEVICE_TEXT && RAW_LEN % 3 == 0, "one spelling, without spare bits");

static void
authenticate(const struct keyring *keys, struct str name, const uint8_t *raw, uint8_t mac[MAC_LEN])
{

	mac_compute2(keyring_user(keys)->device, raw, AT_MAC, name.p, name.len, mac);
}

void
known_device_make(const struct keyring *keys, struct str name, const uint8_t device_key[DEVICE_KEY_LEN], int64_t now,
    char text[KNOWN_DEVICE_TEXT + 1])
{
	uint8_t raw[RAW_LEN], mac[MAC_LEN];

	raw[0] = VERSION;
	for (int i = 0; i < 4; i++)
		raw[AT_SINCE + i] = (uint8_t)(now >> 8 * i);
	memcpy(raw + AT_DEVICE, device_key, DEVICE_KEY_LEN);
	authenticate(keys, name, raw, mac);
	memcpy(raw + AT_MAC, mac, SHORT_MAC_LEN);
	base64url_encode(raw, sizeof(raw), text);
}

static int64_t
since(const uint8_t *raw)
{
	uint32_t v = 0;

	for (int i = 0; i < 4; i++)
		v |= (uint32_t)raw[AT_SINCE + i] << 8 * i;
	return (v);
}

bool
known_device_read(const struct keyring *keys, struct str name, struct str text, int64_t now, uint8_t device_key[DEVICE_KEY_LEN])
{
	uint8_t raw[RAW_LEN], mac[MAC_LEN];
	size_t n;

	if (text.len != KNOWN_DEVICE_TEXT || !base64url_decode(text, raw, sizeof(raw), &n) || n != sizeof(raw) ||
	    raw[0] != VERSION)
		return (false);
	authenticate(keys, name, raw, mac);
	if (!mac_equal(mac, raw + AT_MAC, SHORT_MAC_LEN) || now - since(raw) > (int64_t)KNOWN_DEVICE_DAYS * DAY)
		return (false);
	memcpy(device_key, raw + AT_DEVICE, DEVICE_KEY_LEN);
	return (true);
}

enum dw_result
known_device_find(struct app *app, const char *name, struct str device_id)
{
	char id[DEVICE_ID_MAX + 1];
	struct device device;
	struct account a = { .id = "" };
	enum dw_result found, known;

	if (!device_id_valid(device_id) || !str_copy(id, sizeof(id), device_id))
		return (DW_ABSENT);
	board_stage(app->slot, STAGE_USERDB);
	found = app->users->find(app->users_ctx, name, &a);
	explicit_bzero(a.hash, sizeof(a.hash));
	known = found == DW_OK || found == DW_ABSENT
		    ? app->records->get_device(app->records_ctx, found == DW_OK ? a.id : "", id, &device)
		    : found;
	board_stage(app->slot, STAGE_RULES);
	return (found == DW_ABSENT && known == DW_OK ? DW_ABSENT : known);
}
