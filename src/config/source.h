/* SPDX-License-Identifier: ISC */
/* Where a setting was written, for messages and for the dump. Inside src/config only. */
#ifndef CONFIG_SOURCE_H
#define CONFIG_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

#include <libconfig.h>

#include "doorward/config.h"

/* The parsed file, kept as long as the settings are. */
struct config_source {
	config_t parsed;
	const config_setting_t **rows;  /* of c->clients, by index; NULL for one that the file does not name */
	const config_setting_t **sinks; /* of c->sinks, by index */
	const config_setting_t **alerts;
};

/* What is being loaded, and where to say why it cannot be. */
struct loading {
	struct config *c;
	char *err;
	size_t errlen;
};

/* The setting of the option ${name}, or of ${name} of the client or sink ${i}; NULL if it has its default. */
const config_setting_t *source_of(const struct config *c, const char *name);
const config_setting_t *source_of_client(const struct config *c, size_t i, const char *name);
const config_setting_t *source_of_sink(const struct config *c, size_t i, const char *name);

/* The file that ${at} was written in, as it was named. */
const char *source_file(const struct config *c, const config_setting_t *at);

/* Adds a line "file:line: ${name}: …" with the place of ${at}, or without a line if it is NULL; returns false. */
bool source_wrong(const struct loading *l, const config_setting_t *at, const char *name, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* The same for a name that is no option; ${meant} is one that may have been meant, or NULL. */
bool source_unknown(const struct loading *l, const config_setting_t *at, const char *name, const char *meant);

#endif
