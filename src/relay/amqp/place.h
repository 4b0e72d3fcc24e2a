/* SPDX-License-Identifier: ISC */
/* Where the broker is: the URL of a row, taken to pieces, and which addresses it may have. */
#ifndef RELAY_AMQP_PLACE_H
#define RELAY_AMQP_PLACE_H

#include <sys/socket.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <amqp.h>

#define PLACE_URL_MAX 1024

struct place {
	char text[PLACE_URL_MAX]; /* what ${to} points into */
	struct amqp_connection_info to;
	bool allow_private;
};

/* Reads "amqp[s]://user@host[:port][/vhost]"; a password in it is refused. False with a sentence in ${why}. */
bool place_read(struct place *p, const char *url, bool allow_private, char *why, size_t len);

/*
 * May ${p} be at ${sa}? This machine always; without TLS a public address never, since the password would be read on the way;
 * an inner network only if that was allowed. False with a sentence in ${why}.
 */
bool place_admits(const struct place *p, const struct sockaddr *sa, char *why, size_t len);

/* May it be at all addresses that its host has now? One that cannot be resolved by ${deadline} (clock_mono_ms()) may. */
bool place_admits_host(const struct place *p, int64_t deadline, char *why, size_t len);

#endif
