/* SPDX-License-Identifier: ISC */
/*
 * Reads the configuration file: everything is checked before anything is believed, so that a bad file changes
 * nothing.
 */
#ifndef CONFIG_LOAD_H
#define CONFIG_LOAD_H

#include <stddef.h>
#include <stdio.h>

#include "doorward/config.h"

#define CONFIG_ERROR_MAX 8192 /* bytes: some thirty mistakes in one file; further ones are left out, and it is said */

/* Where it is unless the command line says: $DOORWARD_CONF, else the place this was built for. */
#define CONFIG_FILE SYSCONFDIR "/doorward/doorward.conf"
const char *config_file(void);

/*
 * Reads ${file} and checks every value and every rule between values. Returns the settings, owned by the caller and
 * released with config_free(), or NULL with a line "file:line: option: what is wrong" for each mistake in the ${errlen} bytes
 * at ${err}. Nothing outside is changed, so this is also what `doorward -t` does. Secret files are looked at, not kept.
 */
struct config *config_load(const char *file, char *err, size_t errlen);

/* Releases ${c}; NULL is fine. */
void config_free(struct config *c);

/*
 * Writes the values in effect to ${out} in the syntax of the configuration file, each with a comment that says where
 * it was set. What is written can be loaded again and means the same.
 */
void config_dump(const struct config *c, FILE *out);

#endif
