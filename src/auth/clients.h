/* SPDX-License-Identifier: ISC */
/* The configured clients, as sessions name them: by a hash of four bytes. */
#ifndef AUTH_CLIENTS_H
#define AUTH_CLIENTS_H

#include <stdint.h>

#include "doorward/config.h"

/* Fills in the hashes of all clients of ${c}: once, after the configuration was read. */
void clients_hash(const struct config *c);

/* The client whose hash is ${client_hash}, or NULL if it is not configured any more. */
const struct client *clients_find(const struct config *c, const uint8_t client_hash[CLIENT_HASH_LEN]);

#endif
