/* Unicode's Cc, Cf, Zl and Zp but for the two joiners, which words of some languages need; and blanks, which alone say nothing. */
#include "doorward/session.h"

#include "auth/reason.h"

struct range {
	uint32_t first, last;
};

static const struct range hidden[] = { { 0x00, 0x1f }, { 0x7f, 0x9f }, { 0xad, 0xad }, { 0x600, 0x605 }, { 0x61c, 0x61c }, { 0x6dd, 0x6dd },
	{ 0x70f, 0x70f }, { 0x890, 0x891 }, { 0x8e2, 0x8e2 }, { 0x180e, 0x180e }, { 0x200b, 0x200b }, { 0x200e, 0x200f },
	{ 0x2028, 0x202e }, { 0x2060, 0x206f }, { 0xfeff, 0xfeff }, { 0xfff9, 0xfffb }, { 0x110bd, 0x110bd }, { 0x110cd, 0x110cd },
	{ 0x13430, 0x1343f }, { 0x1bca0, 0x1bca3 }, { 0x1d173, 0x1d17a }, { 0xe0000, 0xe0fff } };

/* Space separators, the joiners, and letters that are drawn as nothing. */
static const struct range blank[] = { { 0x20, 0x20 }, { 0xa0, 0xa0 }, { 0x34f, 0x34f }, { 0x115f, 0x1160 }, { 0x1680, 0x1680 },
	{ 0x17b4, 0x17b5 }, { 0x180b, 0x180f }, { 0x2000, 0x200a }, { 0x200c, 0x200d }, { 0x202f, 0x202f }, { 0x205f, 0x205f },
	{ 0x2800, 0x2800 }, { 0x3000, 0x3000 }, { 0x3164, 0x3164 }, { 0xfe00, 0xfe0f }, { 0xffa0, 0xffa0 } };

static bool
is_in(const struct range *list, size_t n, uint32_t c)
{

	for (size_t i = 0; i < n; i++)
		if (c >= list[i].first && c <= list[i].last)
			return (true);
	return (false);
}

/* Takes one character off ${s}, which is well-formed. */
static uint32_t
next_character(struct str *s)
{
	unsigned char lead = (unsigned char)*s->p;
	size_t n = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
	uint32_t c = n == 1 ? lead : lead & (0x7fu >> n);

	for (size_t i = 1; i < n; i++)
		c = c << 6 | ((unsigned char)s->p[i] & 0x3f);
	s->p += n;
	s->len -= n;
	return (c);
}

bool
reason_valid(struct str text)
{
	bool shows = false;

	if (text.len > REASON_MAX || !str_is_utf8(text))
		return (false);
	while (text.len > 0) {
		uint32_t c = next_character(&text);

		if (is_in(hidden, sizeof(hidden) / sizeof(hidden[0]), c))
			return (false);
		shows = shows || !is_in(blank, sizeof(blank) / sizeof(blank[0]), c);
	}
	return (shows);
}
