/* SPDX-License-Identifier: ISC */
/* Devices: an id the client chose, or one the server made; both become a handle of eight bytes. */
#ifndef AUTH_DEVICE_H
#define AUTH_DEVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "doorward/session.h"

struct user_keys;

/* True if ${id} is 1 to 128 of A-Za-z0-9._:- */
bool device_id_valid(struct str id);

/*
 * The handle of a device id. A generated id is the base64url text of its handle, so a client that learnt it at login and sends
 * it back means the same device; of any other id it is SHA-256(id)[0..8].
 */
void device_handle(struct str id, uint8_t device_key[DEVICE_KEY_LEN]);

/* Makes a fresh handle and its id. Returns 0, or -1 without randomness. */
int device_generate(uint8_t device_key[DEVICE_KEY_LEN], char id[DEVICE_ID_MAX + 1]);

/*
 * The handle of the browser that keeps ${cookie}, and its id: a MAC, so that what everybody may see of a session says nothing
 * of the cookie.
 */
void device_of_browser(
    const struct user_keys *k, struct str cookie, uint8_t device_key[DEVICE_KEY_LEN], char id[DEVICE_ID_MAX + 1]);

#endif
