/* SPDX-License-Identifier: ISC */
/*
 * What a shared object in MODULEDIR has to say for itself. It exports one struct module under the name MODULE_SYMBOL: a
 * database of accounts that not everybody has, or sinks that need a library. Its undefined symbols are the program's: the
 * programs export what they are made of (see moduledir in Makefile.am).
 */
#ifndef DOORWARD_MODULE_H
#define DOORWARD_MODULE_H

struct userdb_driver;
struct sink_driver;

#define MODULE_SYMBOL "doorward_module"

struct module {
	const char *version;                        /* MODULE_VERSION of its build. The first member, in every version */
	const struct userdb_driver *const *drivers; /* up to a NULL; or NULL, if it has none */
	const struct sink_driver *const *sinks;     /* likewise */
};

/* Each module defines it. */
extern const struct module doorward_module;

#endif
