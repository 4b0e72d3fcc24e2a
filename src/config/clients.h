/* SPDX-License-Identifier: ISC */
/* The list `clients`: who may ask for sessions and tokens, each with lifetimes of its own or the global ones. */
#ifndef CONFIG_CLIENTS_H
#define CONFIG_CLIENTS_H

#include <stdbool.h>

#include "config/source.h"

/*
 * Reads the list of ${l->c}, after all other options. A public client "default" is put first unless the file names
 * one. Returns false with the message written.
 */
bool clients_read(const struct loading *l);

/* Releases what clients_read() made, in part or whole. */
void clients_free(struct config *c);

#endif
