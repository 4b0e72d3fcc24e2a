/* SPDX-License-Identifier: ISC */
/* The rules that hold between options, and those that look beyond the file: addresses, users, secret files. */
#ifndef CONFIG_CHECK_H
#define CONFIG_CHECK_H

#include "config/source.h"

/* Adds a line to ${l} for each rule that ${l->c} breaks, naming option and place. */
void check_all(const struct loading *l);

#endif
