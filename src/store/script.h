/* SPDX-License-Identifier: ISC */
/* The Lua scripts, embedded at build from src/store/lua by embed.sh. Each is one row of scripts.def and one file there. */
#ifndef STORE_SCRIPT_H
#define STORE_SCRIPT_H

#include <stdbool.h>

struct args;

enum script_id {
#define SCRIPT(id, file, flags, keys, args, change) SCRIPT_##id,
#include "store/scripts.def"
#undef SCRIPT
	SCRIPT_COUNT
};

const char *script_name(enum script_id id);
const char *script_text(enum script_id id);

/* Does it change a user's record? */
bool script_changes(enum script_id id);

/* Begins the call of ${id}: its keys come next, its arguments after them. */
void script_begin(enum script_id id, struct args *a);

/* Are ${a} the call of ${id} with as many arguments as it reads? */
bool script_fits(enum script_id id, const struct args *a);

#endif
