/* SPDX-License-Identifier: ISC */
/* librabbitmq reads the URL, and the same pieces are connected to. */
#include <stdio.h>
#include <string.h>

#include "base/address_reach.h"
#include "base/str.h"

#include "relay/amqp/place.h"

/* What the URL does not say is a text of librabbitmq's own, and not a piece of ours. */
static bool
is_said(const struct place *p, const char *piece)
{

	return (piece >= p->text && piece < p->text + sizeof(p->text) && piece[0] != '\0');
}

static const char *
fault_of(struct place *p)
{

	if (!is_said(p, p->to.host))
		return ("names no host");
	if (p->to.port <= 0)
		return ("names a port that there is not");
	if (p->to.password >= p->text && p->to.password < p->text + sizeof(p->text))
		return ("must not have a password in it: that belongs into password_file");
	if (p->to.vhost[0] == '\0')
		p->to.vhost = (char *)"/";
	return (NULL);
}

bool
place_read(struct place *p, const char *url, bool allow_private, char *why, size_t len)
{
	const char *fault;

	*p = (struct place){ .allow_private = allow_private };
	if (str_has_control(str_of(url)) || !str_copy(p->text, sizeof(p->text), str_of(url)) ||
	    amqp_parse_url(p->text, &p->to) != AMQP_STATUS_OK)
		fault = "is no address such as amqp://user@127.0.0.1:5672/vhost";
	else
		fault = fault_of(p);
	if (fault != NULL)
		snprintf(why, len, "%s", fault);
	return (fault == NULL);
}

static const char *
objection(const void *of, enum address_reach reach)
{
	const struct place *p = of;

	switch (reach) {
	case REACH_LOOPBACK:
		return (NULL);
	case REACH_INNER:
		return (p->allow_private ? NULL : "of an inner network, which needs allow_private = true");
	case REACH_PUBLIC:
		return (p->to.ssl ? NULL : "of the Internet: only amqps keeps the password secret there");
	default:
		return ("an address that no server has");
	}
}

bool
place_admits(const struct place *p, const struct sockaddr *sa, char *why, size_t len)
{

	return (address_admits(sa, objection, p, why, len));
}

bool
place_admits_host(const struct place *p, int64_t deadline, char *why, size_t len)
{

	return (address_admits_host(p->to.host, deadline, objection, p, why, len));
}
