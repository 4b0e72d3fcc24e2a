/* SPDX-License-Identifier: ISC */
/*
 * An address is its bytes and how many bits they are. Mapped addresses are made IPv4 ones as soon as they are read, and
 * prefixes that lie among the mapped addresses IPv4 prefixes, so that no comparison need know of two spellings.
 */
#include <arpa/inet.h>
#include <netinet/in.h>

#include <string.h>

#include "base/address.h"

#define MAPPED_BITS (ADDRESS_BITS_V6 - ADDRESS_BITS_V4) /* of ::ffff:0:0, below which IPv4 addresses are */

static bool
is_mapped(const struct address *a)
{
	static const uint8_t mapped[MAPPED_BITS / 8] = { [10] = 0xff, [11] = 0xff };

	return (a->bits == ADDRESS_BITS_V6 && memcmp(a->bytes, mapped, sizeof(mapped)) == 0);
}

static void
unmap(struct address *a)
{

	memmove(a->bytes, a->bytes + MAPPED_BITS / 8, ADDRESS_BITS_V4 / 8);
	a->bits = ADDRESS_BITS_V4;
}

static bool
parse_text(struct str s, struct address *out)
{
	char text[ADDRESS_MAX + 1];

	if (s.len == 0 || !str_copy(text, sizeof(text), s))
		return (false);
	if (inet_pton(AF_INET, text, out->bytes) == 1)
		out->bits = ADDRESS_BITS_V4;
	else if (inet_pton(AF_INET6, text, out->bytes) == 1)
		out->bits = ADDRESS_BITS_V6;
	else
		return (false);
	return (true);
}

bool
address_parse(struct str text, struct address *out)
{

	if (!parse_text(text, out))
		return (false);
	if (is_mapped(out))
		unmap(out);
	return (true);
}

void
address_write(const struct address *a, char out[ADDRESS_MAX + 1])
{

	if (inet_ntop(a->bits == ADDRESS_BITS_V4 ? AF_INET : AF_INET6, a->bytes, out, ADDRESS_MAX + 1) == NULL)
		out[0] = '\0';
}

static bool
parse_prefix(const char *prefix, struct address *out, uint64_t *bits)
{
	struct str rest = str_of(prefix), base = str_cut(&rest, '/');

	if (!parse_text(base, out))
		return (false);
	*bits = out->bits;
	if (rest.p != NULL && !str_to_u64(rest, out->bits, bits))
		return (false);
	if (is_mapped(out) && *bits >= MAPPED_BITS) {
		unmap(out);
		*bits -= MAPPED_BITS;
	}
	return (true);
}

static bool
same_bits(const struct address *a, const struct address *b, size_t bits)
{
	size_t whole = bits / 8, rest = bits % 8;

	if (memcmp(a->bytes, b->bytes, whole) != 0)
		return (false);
	return (rest == 0 || (a->bytes[whole] ^ b->bytes[whole]) >> (8 - rest) == 0);
}

static bool
in_prefix(const char *prefix, const struct address *a)
{
	struct address p;
	uint64_t bits;

	return (parse_prefix(prefix, &p, &bits) && p.bits == a->bits && same_bits(&p, a, (size_t)bits));
}

bool
address_is_listed(char *const *list, const struct address *a)
{

	for (size_t i = 0; list != NULL && list[i] != NULL; i++)
		if (in_prefix(list[i], a))
			return (true);
	return (false);
}
