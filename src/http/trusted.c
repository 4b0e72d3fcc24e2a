/* SPDX-License-Identifier: ISC */
/*
 * Forwarding headers. Each proxy appends to X-Forwarded-For whom it saw, so the list is read from the right, and only as long
 * as the writer is believed: the peer wrote the last element, and an element that names a trusted peer was written by nobody
 * worse. The first one that is not trusted is the client; everything left of it he may have sent himself.
 */
#include <string.h>

#include "base/address.h"

#include "http/trusted.h"

#define PORT_MAX 65535

static bool
is_listed_socket(char *const *list, struct str s)
{

	for (size_t i = 0; list != NULL && list[i] != NULL; i++)
		if (strcmp(list[i], TRUSTED_UNIX) == 0)
			return (str_is(s, TRUSTED_UNIX));
	return (false);
}

bool
trusted_peer(char *const *list, struct str address)
{
	struct address a;

	if (list == NULL || list[0] == NULL)
		return (false);
	return (is_listed_socket(list, address) || (address_parse(address, &a) && address_is_listed(list, &a)));
}

bool
trusted_address(struct str address, char out[ADDRESS_MAX + 1])
{
	struct address a;

	out[0] = '\0';
	if (!address_parse(address, &a))
		return (false);
	address_write(&a, out);
	return (true);
}

static bool
is_port(struct str s)
{
	uint64_t port;

	return (str_to_u64(s, PORT_MAX, &port));
}

static struct str
without_quotes(struct str s)
{

	if (s.len < 2 || s.p[0] != '"' || s.p[s.len - 1] != '"')
		return (s);
	return ((struct str){ s.p + 1, s.len - 2 });
}

/* "203.0.113.7:51234", "[2001:db8::1]:443", "\"[2001:db8::1]\"": some proxies write what a URL or RFC 7239 would have.
 * STR_NONE: none of these. */
static struct str
bare(struct str hop)
{
	struct str s = without_quotes(hop), port;

	if (s.len > 0 && s.p[0] == '[') {
		port = (struct str){ s.p + 1, s.len - 1 };
		s = str_cut(&port, ']');
		if (port.p == NULL ||
		    (port.len > 0 && (port.p[0] != ':' || !is_port((struct str){ port.p + 1, port.len - 1 }))))
			return (STR_NONE);
		return (s);
	}
	port = s;
	str_cut(&port, ':');
	if (port.p != NULL && memchr(port.p, ':', port.len) == NULL) { /* one colon: an IPv4 address with a port */
		if (!is_port(port))
			return (STR_NONE);
		s.len = (size_t)(port.p - s.p) - 1;
	}
	return (s);
}

/* Cuts the last element off ${*list}; its p becomes NULL when nothing is left. */
static struct str
cut_last(struct str *list)
{
	const char *comma = list->len > 0 ? memrchr(list->p, ',', list->len) : NULL;
	size_t from = comma == NULL ? 0 : (size_t)(comma - list->p) + 1;
	struct str last = { list->p + from, list->len - from };

	if (comma == NULL)
		*list = STR_NONE;
	else
		list->len = from - 1;
	return (str_trim(last));
}

/* An element that cannot be read ends the walk: what is left of it was written by nobody we know. */
void
trusted_forwarded(char *const *list, struct str forwarded_for, struct forwarded *out)
{
	struct address a;

	*out = (struct forwarded){ .hop = 0 };
	while (forwarded_for.p != NULL) {
		struct str hop = cut_last(&forwarded_for);

		if (!is_listed_socket(list, hop)) {
			if (!address_parse(bare(hop), &a)) {
				out->unreadable = true;
				return;
			}
			if (!address_is_listed(list, &a)) {
				address_write(&a, out->client);
				return;
			}
		}
		if (forwarded_for.p != NULL)
			out->hop++;
	}
}

struct str
trusted_proto(struct str forwarded_proto, size_t hop)
{
	struct str rest = forwarded_proto, element = cut_last(&rest);

	if (rest.p == NULL)
		return (element); /* "https" alone: the outermost proxy said so, the others passed it on */
	while (hop-- > 0 && element.p != NULL)
		element = rest.p == NULL ? STR_NONE : cut_last(&rest);
	return (element);
}
