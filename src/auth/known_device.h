/* SPDX-License-Identifier: ISC */
/* The devices an account is known to be used from: their own small budget of guesses keeps a stranger from locking the owner
 * out. */
#ifndef AUTH_KNOWN_DEVICE_H
#define AUTH_KNOWN_DEVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "doorward/result.h"
#include "doorward/session.h"

struct app;
struct keyring;

#define KNOWN_DEVICE_DAYS 400 /* how long a browser may keep the cookie: as long as browsers keep any */
#define KNOWN_DEVICE_TEXT 36

/* Makes the cookie's text: the account ${name} (canonical) was signed in to from the browser ${device_key} at ${now} (seconds).
 */
void known_device_make(const struct keyring *keys, struct str name, const uint8_t device_key[DEVICE_KEY_LEN], int64_t now,
    char text[KNOWN_DEVICE_TEXT + 1]);

/* Reads one. False: it is none of ours, of another account, or too old. */
bool known_device_read(
    const struct keyring *keys, struct str name, struct str text, int64_t now, uint8_t device_key[DEVICE_KEY_LEN]);

/*
 * Has a client that called itself ${device_id} been signed in to ${name}? DW_OK: yes. DW_ABSENT: no, or nobody has that name.
 * Else the user database could not be asked.
 */
enum dw_result known_device_find(struct app *app, const char *name, struct str device_id);

#endif
