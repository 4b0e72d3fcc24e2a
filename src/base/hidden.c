/* SPDX-License-Identifier: ISC */
/*
 * Characters that a terminal, a log viewer or a page acts upon instead of showing them: controls, marks that turn the direction
 * of writing, zero-width and tag characters. Text that people typed could use them to look like other text.
 *
 * One table for what is refused in a reason and escaped in JSON and on terminals.
 */
#include <stddef.h>

#include "base/hidden.h"

static const struct {
	int32_t first, last;
} hidden[] = { { 0x00, 0x1f }, { 0x7f, 0x9f }, { 0xad, 0xad }, { 0x600, 0x605 }, { 0x61c, 0x61c }, { 0x6dd, 0x6dd },
	{ 0x70f, 0x70f }, { 0x890, 0x891 }, { 0x8e2, 0x8e2 }, { 0x180e, 0x180e }, { 0x200b, 0x200b }, { 0x200e, 0x200f },
	{ 0x2028, 0x202e }, { 0x2060, 0x206f }, { 0xfeff, 0xfeff }, { 0xfff9, 0xfffb }, { 0x110bd, 0x110bd },
	{ 0x110cd, 0x110cd }, { 0x13430, 0x1343f }, { 0x1bca0, 0x1bca3 }, { 0x1d173, 0x1d17a }, { 0xe0000, 0xe0fff } };

/* Bytes that are no UTF-8 are taken one at a time, so that one wrong byte does not hide what follows it. */
int32_t
hidden_next(struct str *s)
{
	unsigned char lead = (unsigned char)*s->p;
	size_t n = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
	int32_t c = n == 1 ? lead : lead & (0x7f >> n);

	if (n > s->len || !str_is_utf8((struct str){ s->p, n })) {
		n = 1;
		c = -1;
	}
	for (size_t i = 1; i < n; i++)
		c = c << 6 | ((unsigned char)s->p[i] & 0x3f);
	s->p += n;
	s->len -= n;
	return (c);
}

bool
hidden_is(int32_t c)
{

	for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++)
		if (c >= hidden[i].first && c <= hidden[i].last)
			return (true);
	return (false);
}
