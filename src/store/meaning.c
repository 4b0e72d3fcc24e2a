/* SPDX-License-Identifier: ISC */
/*
 * Errors raised inside a script say more behind it than others, and in other words from version to version: so nothing but the
 * first word is looked at. One that is not in the table is taken for a mistake of ours.
 */
#include <string.h>

#include <hiredis/hiredis.h>

#include "store/meaning.h"

#define REPEATED ", with args" /* of a command that it does not know; of AUTH that is the password */

static const struct {
	const char *word;
	enum meaning meaning;
} meanings[] = {
	{ "NOSCRIPT", MEANS_SCRIPT },
	{ "NOGROUP", MEANS_NO_GROUP },
	{ "BUSYGROUP", MEANS_GROUP },
	{ "READONLY", MEANS_DEMOTED },
	{ "MOVED", MEANS_ELSEWHERE },
	{ "ASK", MEANS_ELSEWHERE },
	{ "TRYAGAIN", MEANS_LATER },
	{ "LOADING", MEANS_DOWN },
	{ "MASTERDOWN", MEANS_DOWN },
	{ "CLUSTERDOWN", MEANS_NO_SLOT },
	{ "BUSY", MEANS_DOWN },
	{ "NOAUTH", MEANS_DOWN },
	{ "NOPERM", MEANS_DENIED },
	{ "OOM", MEANS_NO },
	{ "MISCONF", MEANS_NO },
	{ "NOREPLICAS", MEANS_NO },
};

struct str
meaning_word(const redisReply *r)
{
	struct str s = { r->str, r->len };

	return (str_cut(&s, ' '));
}

struct str
meaning_text(const redisReply *r)
{
	struct str text = { r->str, r->len };
	const char *args = memmem(text.p, text.len, REPEATED, strlen(REPEATED));

	if (args != NULL)
		text.len = (size_t)(args - text.p);
	return (text);
}

enum meaning
meaning_of(const redisReply *r)
{
	struct str word = meaning_word(r);

	for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++)
		if (str_is(word, meanings[i].word))
			return (meanings[i].meaning);
	return (MEANS_FAULT);
}
