/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "store/scripts.inc"

#include "store/script.h"

#define SHA1_LEN 20

static const struct {
	const char *name;
	const char *text;
} scripts[SCRIPT_COUNT] = {
	[SCRIPT_LOGIN] = { "login", lua_login },
	[SCRIPT_END] = { "end", lua_end },
	[SCRIPT_ROTATE] = { "rotate", lua_rotate },
	[SCRIPT_TOUCH] = { "touch", lua_touch },
	[SCRIPT_REVOKE] = { "revoke", lua_revoke },
	[SCRIPT_NOTIFY] = { "notify", lua_notify },
	[SCRIPT_PRUNE] = { "prune", lua_prune },
	[SCRIPT_GROUPS] = { "groups", lua_groups },
	[SCRIPT_PROBE] = { "probe", lua_probe },
};

const char *
script_name(enum script_id id)
{

	return (scripts[id].name);
}

const char *
script_text(enum script_id id)
{

	return (scripts[id].text);
}

const char *
script_sha(enum script_id id)
{
	static char shas[SCRIPT_COUNT][SCRIPT_SHA_LEN + 1];
	unsigned char md[EVP_MAX_MD_SIZE];

	if (shas[id][0] != '\0')
		return (shas[id]);
	if (EVP_Digest(scripts[id].text, strlen(scripts[id].text), md, NULL, EVP_sha1(), NULL) != 1)
		abort(); /* nothing can be asked without it, and it fails always or never */
	for (unsigned i = 0; i < SHA1_LEN; i++)
		snprintf(shas[id] + 2 * i, 3, "%02x", md[i]);
	return (shas[id]);
}
