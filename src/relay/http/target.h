/* SPDX-License-Identifier: ISC */
/* Where a sink's requests go: its URL, and which addresses the name in it may have. */
#ifndef RELAY_HTTP_TARGET_H
#define RELAY_HTTP_TARGET_H

#include <sys/socket.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <curl/curl.h>

#define TARGET_HOST_MAX 256 /* bytes: a name of the DNS has fewer */

struct target {
	CURLU *url;                 /* what was looked at is what is connected to: curl gets this, not the text */
	char host[TARGET_HOST_MAX]; /* without brackets */
	bool plain;                 /* http, not https */
	bool allow_private;
	bool plain_private; /* http is for all of an inner network, and not for this machine alone */
};

/*
 * Reads ${url}: https, or http if ${allow_private}; a host, no user, no password, no fragment. Returns false with a sentence in
 * ${why} and nothing to close. Otherwise the caller closes ${t}.
 */
bool target_open(struct target *t, const char *url, bool allow_private, char *why, size_t len);
void target_close(struct target *t);

/* May a request of ${t} go to ${sa}? False with a sentence in ${why}, which names the address. */
bool target_admits(const struct target *t, const struct sockaddr *sa, char *why, size_t len);

/*
 * May it go to all addresses that the host has now? A name that cannot be resolved by ${deadline} (clock_mono_ms()) is no
 * reason to refuse it: at every connect the address is looked at again.
 */
bool target_admits_host(const struct target *t, int64_t deadline, char *why, size_t len);

#endif
