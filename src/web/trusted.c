#include <arpa/inet.h>
#include <netinet/in.h>

#include <string.h>

#include "doorward/session.h"

#include "web/trusted.h"

struct address {
	size_t bits; /* 32 or 128 */
	unsigned char bytes[16];
};

static bool
parse_address(struct str s, struct address *out)
{
	char text[ADDRESS_MAX + 1];

	if (s.len == 0 || !str_copy(text, sizeof(text), s))
		return (false);
	if (inet_pton(AF_INET, text, out->bytes) == 1)
		out->bits = 32;
	else if (inet_pton(AF_INET6, text, out->bytes) == 1)
		out->bits = 128;
	else
		return (false);
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
	struct str rest = str_of(prefix), base = str_cut(&rest, '/');
	struct address p;
	uint64_t bits;

	if (!parse_address(base, &p) || p.bits != a->bits)
		return (false);
	bits = p.bits;
	if (rest.p != NULL && !str_to_u64(rest, p.bits, &bits))
		return (false);
	return (same_bits(&p, a, (size_t)bits));
}

bool
trusted_peer(char *const *list, struct str address)
{
	struct address a;

	if (list == NULL || list[0] == NULL || !parse_address(address, &a))
		return (false);
	for (size_t i = 0; list[i] != NULL; i++)
		if (in_prefix(list[i], &a))
			return (true);
	return (false);
}

struct str
trusted_client(char *const *list, struct str forwarded)
{
	struct address a;

	while (forwarded.len > 0) {
		const char *comma = memrchr(forwarded.p, ',', forwarded.len);
		size_t from = comma == NULL ? 0 : (size_t)(comma - forwarded.p) + 1;
		struct str hop = str_trim((struct str){ forwarded.p + from, forwarded.len - from });

		if (!parse_address(hop, &a))
			return (STR_NONE);
		if (!trusted_peer(list, hop))
			return (hop);
		forwarded.len = comma == NULL ? 0 : from - 1;
	}
	return (STR_NONE);
}
