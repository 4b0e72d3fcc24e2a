/* SPDX-License-Identifier: ISC */
/* Code that not every process needs: shared objects of the one directory MODULEDIR ($libdir/doorward). */
#ifndef BASE_MODULE_H
#define BASE_MODULE_H

#include <stddef.h>
#include <stdio.h>

#include "doorward/module.h"

/* What a module says it was built for, and what this program is: they fit if these are the same. */
#define MODULE_VERSION "doorward " PACKAGE_VERSION

#define MODULE_ERROR_MAX 512 /* bytes of a sentence, with a path */

/*
 * Opens the module ${name}, a word without path and suffix, for the rest of this process' life, or returns the one opened
 * before. To be called only by a process that uses it: after the fork, before the sandbox. Returns NULL with a sentence in
 * ${err}, which names
 * ${package} if it is not there, errno being ENOENT then, and something else if the module is not fit to be used.
 */
const struct module *module_open(const char *name, const char *package, char *err, size_t errlen);

/*
 * Whether module_open() would succeed, tried in a process that ends at once, so that this one does not get the module. Returns
 * 0, or -1 with that sentence.
 */
int module_try(const char *name, const char *package, char *err, size_t errlen);

/* Prints the directory and the modules that are in it, one line; one that would be refused is named with the reason. */
void module_list(FILE *to);

#endif
