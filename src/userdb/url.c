/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <string.h>

#include "doorward/config.h"

#include "userdb/url.h"

#define SCHEME "sqlite:"

int
url_path(const struct config *conf, char *path, size_t cap, char *err, size_t errlen)
{
	const char *name = conf->userdb_url + strlen(SCHEME);
	int n;

	if (strncmp(conf->userdb_url, SCHEME, strlen(SCHEME)) != 0 || *name == '\0') {
		snprintf(err, errlen, "userdb.url must be \"sqlite:PATH\"");
		return (-1);
	}
	if (*name == '/')
		n = snprintf(path, cap, "%s", name);
	else
		n = snprintf(path, cap, "%s/%s", conf->state_dir, name);
	if (n < 0 || (size_t)n >= cap) {
		snprintf(err, errlen, "the path of the user database is too long");
		return (-1);
	}
	return (0);
}
