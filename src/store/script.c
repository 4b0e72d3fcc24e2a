/* SPDX-License-Identifier: ISC */
/*
 * The scripts: their names, texts (compiled in from lua/), and the SHA-1 by which EVALSHA calls them, computed at the first
 * use.
 *
 * What is known of a script comes from its row in scripts.def; the texts in scripts.inc are made from the same rows. Redis is
 * sent the name of a script only, EVALSHA, and the text where it says that it does not know it (store/call.c).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "store/args.h"
#include "store/scripts.inc"

#include "store/script.h"

#define SHA1_LEN 20
#define ANY (-1)
#define BEFORE_KEYS 3 /* EVALSHA, the name, the number of keys */

static const struct script {
	const char *name;
	const char *text;
	int keys;
	int args; /* behind the keys, or ANY */
	bool change;
} scripts[SCRIPT_COUNT] = {
#define SCRIPT(id, file, flags, keys, args, change) [SCRIPT_##id] = { #file, lua_##file, keys, args, change },
#include "store/scripts.def"
#undef SCRIPT
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

/* The name Redis knows it by: hex SHA-1 of the text. */
static const char *
sha_of(enum script_id id)
{
	static char shas[SCRIPT_COUNT][2 * SHA1_LEN + 1];
	unsigned char md[EVP_MAX_MD_SIZE];

	if (shas[id][0] != '\0')
		return (shas[id]);
	if (EVP_Digest(scripts[id].text, strlen(scripts[id].text), md, NULL, EVP_sha1(), NULL) != 1)
		abort(); /* nothing can be asked without it, and it fails always or never */
	for (unsigned i = 0; i < SHA1_LEN; i++)
		snprintf(shas[id] + 2 * i, 3, "%02x", md[i]);
	return (shas[id]);
}

bool
script_changes(enum script_id id)
{

	return (scripts[id].change);
}

void
script_begin(enum script_id id, struct args *a)
{

	args_init(a, "EVALSHA");
	args_text(a, sha_of(id));
	args_int(a, scripts[id].keys);
}

bool
script_fits(enum script_id id, const struct args *a)
{
	const struct script *s = &scripts[id];

	return (strcmp(a->v[0], "EVALSHA") == 0 && strcmp(a->v[1], sha_of(id)) == 0 &&
		(s->args == ANY || a->n == BEFORE_KEYS + s->keys + s->args));
}
