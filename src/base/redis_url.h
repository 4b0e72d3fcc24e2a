/* SPDX-License-Identifier: ISC */
/* Where Redis is, as redis.url says it. One reader for the check of the configuration and for those who connect. */
#ifndef BASE_REDIS_URL_H
#define BASE_REDIS_URL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

#define REDIS_URL_FORMS                                                                                                        \
	"\"unix:/path\", \"redis://host:port/db\", \"sentinel://host:port,host:port/master/db\" or "                           \
	"\"cluster://host:port,host:port\""

#define REDIS_HOST_MAX 253
#define REDIS_HOSTS_MAX 16 /* sentinels, or nodes of a cluster to ask first */
#define REDIS_MASTER_MAX 63
#define REDIS_DATABASE_MAX 1023

enum redis_kind {
	REDIS_UNIX,     /* path */
	REDIS_TCP,      /* hosts[0], database */
	REDIS_SENTINEL, /* hosts are sentinels, which know where master is; database */
	REDIS_CLUSTER   /* hosts are some of its nodes */
};

struct redis_host {
	char name[REDIS_HOST_MAX + 1]; /* or an address, IPv6 without brackets */
	int port;
};

struct redis_url {
	enum redis_kind kind;
	const char *path; /* inside the text that was read */
	struct redis_host hosts[REDIS_HOSTS_MAX];
	size_t n;
	char master[REDIS_MASTER_MAX + 1];
	int database;
};

/*
 * Reads ${url}, which must outlive ${out}. A port that is not given is 6379, a sentinel's 26379. False: it is none of
 * REDIS_URL_FORMS.
 */
bool redis_url_read(const char *url, struct redis_url *out);

/*
 * Whether ${name}, of a server that another one has told of, is what a host of a URL may be called; an IPv6 address without
 * brackets. Nobody can be connected to by any other text, which may hold anything.
 */
bool redis_host_is_name(struct str name);

#endif
