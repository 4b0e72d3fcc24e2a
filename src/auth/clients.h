/* SPDX-License-Identifier: ISC */
/* The configured clients: as sessions name them, by a hash of four bytes; and whether one is who it says it is. */
#ifndef AUTH_CLIENTS_H
#define AUTH_CLIENTS_H

#include <stdint.h>

#include "base/str.h"
#include "doorward/config.h"
#include "doorward/result.h"

struct app;
struct credential;

/* Fills in the hashes of all clients of ${c}: once, after the configuration was read. */
void clients_hash(const struct config *c);

/* The client whose hash is ${client_hash}, or NULL if it is not configured any more. */
const struct client *clients_find(const struct config *c, const uint8_t client_hash[CLIENT_HASH_LEN]);

/* True if ${client} has a secret, by which it proves itself. */
bool clients_confidential(const struct client *client);

/*
 * The client ${id}, if it is a confidential one and ${secret} is its secret, or a public one and there is no secret (STR_NONE
 * or empty); else NULL. Takes the same time whatever the secret is.
 */
const struct client *clients_authenticate(const struct config *c, struct str id, struct str secret);

/*
 * Finds the client that the genuine access or refresh token ${cred} was issued to. DW_OK: ${*out}, NULL if it is not configured
 * any more or nothing is known of the session. A refresh token's client only the store knows: DW_UNAVAILABLE, DW_FAULT.
 */
enum dw_result clients_of_token(struct app *app, const struct credential *cred, const struct client **out);

#endif
