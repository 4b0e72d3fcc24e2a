/* SPDX-License-Identifier: ISC */
/*
 * Browsers call themselves by each other's names, so the order of the tables matters: the first word that is found tells. What
 * is no browser (curl, an application's own client) is shown by the beginning of what it says. Whoever sends it chose it: it is
 * a hint for people and nothing depends on it.
 */
#include <string.h>

#include "base/buf.h"
#include "handle/texts.h"

#include "handle/agent.h"

#define OWN_WORDS_MAX 40 /* bytes of what an unknown program says */

struct word {
	const char *sign, *name;
};

static const struct word browsers[] = { { "Edg", "Edge" }, { "OPR/", "Opera" }, { "SamsungBrowser/", "Samsung Internet" },
	{ "Vivaldi/", "Vivaldi" }, { "Firefox/", "Firefox" }, { "FxiOS/", "Firefox" }, { "CriOS/", "Chrome" },
	{ "Chromium/", "Chromium" }, { "Chrome/", "Chrome" }, { "Safari/", "Safari" }, { NULL, NULL } };

static const struct word systems[] = { { "iPhone", "iPhone" }, { "iPad", "iPad" }, { "Android", "Android" },
	{ "Windows", "Windows" }, { "Mac OS X", "macOS" }, { "CrOS", "ChromeOS" }, { "Linux", "Linux" }, { "BSD", "BSD" },
	{ NULL, NULL } };

static const char *
recognise(const struct word *words, const char *agent)
{

	for (; words->sign != NULL; words++)
		if (strstr(agent, words->sign) != NULL)
			return (words->name);
	return (NULL);
}

/* Cut where a character ends. */
static struct str
beginning(const char *agent)
{
	size_t n = strlen(agent);

	if (n > OWN_WORDS_MAX)
		for (n = OWN_WORDS_MAX; n > 0 && ((unsigned char)agent[n] & 0xc0) == 0x80;)
			n--;
	return ((struct str){ agent, n });
}

struct str
agent_words(unsigned language, const char *agent, char room[AGENT_WORDS_MAX])
{
	const char *browser = recognise(browsers, agent), *system = recognise(systems, agent);
	struct str text = texts_find(language, STR_LIT("browser_on"));
	struct buf b;

	if (agent[0] == '\0')
		return (texts_find(language, STR_LIT("browser_unknown")));
	buf_init(&b, room, AGENT_WORDS_MAX);
	if (browser == NULL || system == NULL) {
		buf_putstr(&b, browser == NULL ? beginning(agent) : str_of(browser));
		return (buf_str(&b));
	}
	buf_putstr(&b, str_cut(&text, '#'));
	buf_puts(&b, browser);
	buf_putstr(&b, str_cut(&text, '#'));
	buf_puts(&b, system);
	buf_putstr(&b, text);
	return (buf_str(&b));
}
