/* SPDX-License-Identifier: ISC */
/* The rules that hold between options, and those that look beyond the file: addresses, users, secret files. */
#ifndef CONFIG_CHECK_H
#define CONFIG_CHECK_H

#include "config/source.h"

/* Says what is wrong with the global option ${name}, at the place where it was set. */
#define wrong(l, name, ...) source_wrong((l), source_of((l)->c, (name)), (name), __VA_ARGS__)

/* Adds a line to ${l} for each rule that ${l->c} breaks, naming option and place. */
void check_all(const struct loading *l);

#endif
