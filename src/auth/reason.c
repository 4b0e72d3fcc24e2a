/* SPDX-License-Identifier: ISC */
/*
 * The reason an operator gives when ending a session: shown to the user, so it has to be visible text.
 *
 * Nothing hidden, and not blanks alone, which say nothing.
 */
#include "base/hidden.h"
#include "doorward/session.h"

#include "auth/reason.h"

struct range {
	int32_t first, last;
};

/* Space separators, the joiners, and letters that are drawn as nothing. */
static const struct range blank[] = { { 0x20, 0x20 }, { 0xa0, 0xa0 }, { 0x34f, 0x34f }, { 0x115f, 0x1160 }, { 0x1680, 0x1680 },
	{ 0x17b4, 0x17b5 }, { 0x180b, 0x180f }, { 0x2000, 0x200a }, { 0x200c, 0x200d }, { 0x202f, 0x202f }, { 0x205f, 0x205f },
	{ 0x2800, 0x2800 }, { 0x3000, 0x3000 }, { 0x3164, 0x3164 }, { 0xfe00, 0xfe0f }, { 0xffa0, 0xffa0 } };

static bool
is_blank(int32_t c)
{

	for (size_t i = 0; i < sizeof(blank) / sizeof(blank[0]); i++)
		if (c >= blank[i].first && c <= blank[i].last)
			return (true);
	return (false);
}

bool
reason_valid(struct str text)
{
	bool shows = false;

	if (text.len > REASON_MAX || !str_is_utf8(text))
		return (false);
	while (text.len > 0) {
		int32_t c = hidden_next(&text);

		if (hidden_is(c))
			return (false);
		shows = shows || !is_blank(c);
	}
	return (shows);
}
