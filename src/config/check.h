/* SPDX-License-Identifier: ISC */
/* The rules that hold between options, and those that look beyond the file: addresses, users, secret files. */
#ifndef CONFIG_CHECK_H
#define CONFIG_CHECK_H

#include <stdbool.h>

#include "config/source.h"

/* Returns true if ${l->c} can be run with; else false with the message, naming option and place. */
bool check_all(const struct loading *l);

#endif
