/* SPDX-License-Identifier: ISC */
/* What the security baseline says of options. Inside src/config only. */
#ifndef CONFIG_BASELINE_RULES_H
#define CONFIG_BASELINE_RULES_H

#include <stdbool.h>
#include <stdint.h>

#include "config/table.h"
#include "doorward/config.h"

struct baseline_rule {
	const char *option; /* of table_options */
	const char *client; /* the option of table_client_options that the same goes for; NULL = none */
	/* NULL: a duration of at most ${bound} milliseconds; else true if ${value}, the option's field, deviates */
	bool (*deviates)(const struct config *c, const void *value);
	int64_t bound;
	const char *says; /* what the baseline says, and why */
};

/* In the order of doorward.conf(5); the last one has no option. */
extern const struct baseline_rule baseline_rules[];

/* Does the option ${o} of the struct at ${base}, which ${r} is about, deviate? Numbers are durations in milliseconds, whatever
 * their type in the table. */
bool baseline_deviates(const struct baseline_rule *r, const struct config *c, const struct option *o, const void *base);

/* Is the server of redis.url, or may it be, on another machine? A sentinel on this host says nothing about where the master is,
 * or will be. */
bool baseline_redis_is_remote(const char *text);

#endif
