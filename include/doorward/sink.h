/* SPDX-License-Identifier: ISC */
/*
 * Where events go from the outbox: a webhook, a queue, a program, the ledger. A kind of sink is one driver; each row of `sinks`
 * in the configuration is one open sink of its kind. The relay (src/relay) reads, orders, retries, gives up and acknowledges;
 * a driver only delivers, many events at a time, and never blocks. Nothing of it runs in a process that answers requests.
 *
 * An event has been delivered when the other side has it for good (2xx, a publisher confirm, exit 0, a commit). Until then
 * Redis still has it, so a driver keeps nothing that must not be lost.
 */
#ifndef DOORWARD_SINK_H
#define DOORWARD_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct app;
struct config;
struct keyring;
struct sink_conf;
struct sink_delivery; /* the relay's; opaque to drivers */

/* What was published; doorward-http(7) names the members. Texts are UTF-8, NUL-terminated, NULL = null. Valid during start()
 * only.
 */
struct sink_event {
	const char *id, *type, *at; /* never NULL */
	const char *user_id, *username, *session_id, *device_id, *client_id, *ip, *reason, *access_exp, *trace_id;
	bool ended;
	int64_t at_seconds; /* ${at}, seconds since the epoch */
	const char *json;   /* the object as published, byte for byte; NUL-terminated */
	size_t json_len;
};

enum sink_outcome {
	SINK_DELIVERED,
	SINK_RETRY, /* it may work later */
	SINK_FINAL  /* it never will: to the dead letters at once */
};

struct sink_env {
	/*
	 * Every start() that returned true ends by one call of this, from within run() or start(), never from close().
	 * ${error}: one short sentence for operators, without secrets and without a receiver's own words unescaped; NULL with
	 * SINK_DELIVERED.
	 */
	void (*done)(struct sink_delivery *d, enum sink_outcome outcome, const char *error);
	const struct config *conf;
	const struct keyring *keys;
	struct app *app; /* the relay's services: store and records */
};

#define SINK_NO_PUBLIC_KEY "there is no signing key with a public part"

struct sink_driver {
	const char *type;      /* as in `sinks` */
	const char *module;    /* the module that has it, "sink_http"; NULL = built in */
	bool ended_only;       /* it is only sent events that ended something */
	bool needs_public_key; /* what it sends is verified by others */
	/*
	 * Is ${c} complete and possible? Looks at nothing but its text, the files it names and, where they can be resolved, its
	 * addresses. False with a sentence in ${why}. For -t and the start. NULL: there is nothing to look at.
	 */
	bool (*check)(const struct sink_conf *c, char *why, size_t len);
	/* Made after the fork, before the sandbox. ${env} and ${c} outlive it. NULL with a sentence in ${why}. Connects lazily.
	 */
	void *(*open)(const struct sink_conf *c, const struct sink_env *env, char *why, size_t len);
	/* Takes the event and copies what it keeps of it; false: no room now, the relay asks again after the next done(). */
	bool (*start)(void *sink, struct sink_delivery *d, const struct sink_event *e);
	/* One descriptor for its whole life, such as an epoll set of its own: readable when run() has work. -1: none. */
	int (*fd)(void *sink);
	/* ms until run() must be called even so (0: now), -1: not before the descriptor is readable. */
	int64_t (*due)(void *sink);
	/* Goes on with everything under way, without blocking. */
	void (*run)(void *sink);
	/* Ends what is under way; what was not reported as delivered is delivered again later. */
	void (*close)(void *sink);
};

#endif
