/* SPDX-License-Identifier: ISC */
/* The Lua scripts, embedded at build from src/store/lua by embed.sh. */
#ifndef STORE_SCRIPT_H
#define STORE_SCRIPT_H

enum script_id {
	SCRIPT_LOGIN,
	SCRIPT_END,
	SCRIPT_ROTATE,
	SCRIPT_TOUCH,
	SCRIPT_REVOKE,
	SCRIPT_NOTIFY,
	SCRIPT_PRUNE,
	SCRIPT_GROUPS,
	SCRIPT_PROBE,
	SCRIPT_COUNT
};

#define SCRIPT_SHA_LEN 40

const char *script_name(enum script_id id);
const char *script_text(enum script_id id);

/* The name Redis knows it by: hex SHA-1 of the text. */
const char *script_sha(enum script_id id);

#endif
