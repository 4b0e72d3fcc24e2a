/* SPDX-License-Identifier: ISC */
/* Which database the settings name. */
#ifndef USERDB_URL_H
#define USERDB_URL_H

#include <stddef.h>

struct config;

/*
 * Writes the path that userdb_url ("sqlite:PATH", a relative one below state_dir) means to ${path}. Returns 0, or -1 with a
 * sentence in
 * ${err}.
 */
int url_path(const struct config *conf, char *path, size_t cap, char *err, size_t errlen);

#endif
