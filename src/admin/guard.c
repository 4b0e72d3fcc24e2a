/* SPDX-License-Identifier: ISC */
/*
 * Who is let in, in the order in which it is asked: does the request mean this address, may the caller know of what he asks
 * for, and, for what changes something, does it come from a page of ours or from no page at all.
 *
 * A loopback address can be reached by every browser on the machine under any name its owner points there (DNS rebinding):
 * there the Host of a request must be the address itself, or one of admin.hosts.
 */
#include <sys/socket.h>

#include <netinet/in.h>

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "admin/explorer.h"
#include "crypto/mac.h"
#include "http/basic.h"
#include "http/response.h"

#include "admin/guard.h"

/* The address that ${fd} listens on, as a URL has it; "" if it has none. */
static void
describe(int fd, char out[GUARD_ADDRESS_MAX])
{
	struct sockaddr_storage ss = { 0 };
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)&ss;
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&ss;
	socklen_t len = sizeof(ss);
	char text[INET6_ADDRSTRLEN];

	out[0] = '\0';
	if (getsockname(fd, (struct sockaddr *)&ss, &len) != 0)
		return;
	if (ss.ss_family == AF_INET && inet_ntop(AF_INET, &v4->sin_addr, text, sizeof(text)) != NULL)
		snprintf(out, GUARD_ADDRESS_MAX, "%s:%u", text, ntohs(v4->sin_port));
	else if (ss.ss_family == AF_INET6 && inet_ntop(AF_INET6, &v6->sin6_addr, text, sizeof(text)) != NULL)
		snprintf(out, GUARD_ADDRESS_MAX, "[%s]:%u", text, ntohs(v6->sin6_port));
}

void
guard_init(struct guard *g, int fd, bool trusted, const struct app *app, const char *token)
{

	*g = (struct guard){ .app = app, .token = token, .trusted = trusted };
	describe(fd, g->address);
}

/* As a bearer token, or as the password that a browser asks for. Compared as hashes: neither the place of a difference nor the
 * length can be timed. */
static bool
token_matches(const char *token, const struct request *q)
{
	uint8_t want[MAC_LEN], sent[MAC_LEN];
	struct str rest = q->authorization, scheme = str_cut(&rest, ' ');

	if (!str_is_nocase(scheme, "Bearer") && basic_password(q->arena, q->authorization, &rest) != DW_OK)
		return (false);
	if (rest.p == NULL)
		return (false);
	mac_sha256(token, strlen(token), want);
	mac_sha256(rest.p, rest.len, sent);
	return (mac_equal(want, sent, MAC_LEN));
}

/* With or without the port: who lists a name means this service under it. */
static bool
is_host(struct str host, const char *wanted)
{
	const char *colon = host.p == NULL ? NULL : memrchr(host.p, ':', host.len);
	struct str name = { host.p, colon == NULL ? host.len : (size_t)(colon - host.p) };

	return (str_is_nocase(host, wanted) || str_is_nocase(name, wanted));
}

/* A page of a stranger's in a browser here must not read what is under our address by another name. */
bool
guard_host(const struct guard *g, const struct request *q, struct response *r)
{

	if (g->trusted || str_is_nocase(q->host, g->address))
		return (true);
	for (size_t i = 0; g->app->conf->admin_hosts[i] != NULL; i++)
		if (is_host(q->host, g->app->conf->admin_hosts[i]))
			return (true);
	response_error(r, q, "forbidden", "The Host of the request is neither this address nor one of admin.hosts.", NULL, 0);
	return (false);
}

/* Without a token configured, what is not open does not exist here. */
bool
guard_caller(const struct guard *g, const struct admin_route *route, const struct request *q, struct response *r)
{

	if (route->open || g->trusted || (g->token != NULL && token_matches(g->token, q)))
		return (true);
	if (g->token == NULL)
		response_error(r, q, "not_found", "There is nothing here.", NULL, 0);
	else if (q->authorization.p == NULL)
		response_error(r, q, "missing_token", "The operators' token is needed.", NULL, 0);
	else
		response_error(r, q, "invalid_token", "This is not the operators' token.", NULL, 0);
	if (route->person)
		r->challenge = "Basic realm=\"doorward\", charset=\"UTF-8\"";
	return (false);
}

/*
 * A browser sends the password, and reaches a forwarded socket, for pages of strangers too. It then says from where; and a form
 * proves by our token that it is one of our pages, to which no stranger can look.
 */
bool
guard_post(const struct guard *g, const struct request *q, struct response *r)
{
	struct str origin = q->origin;
	bool own = q->sec_fetch_site.p == NULL || str_is(q->sec_fetch_site, "same-origin") || str_is(q->sec_fetch_site, "none");

	if (own && origin.p != NULL) {
		own = str_starts(origin, "http://") || str_starts(origin, "https://");
		(void)str_cut(&origin, '/'), (void)str_cut(&origin, '/');
		own = own && origin.len == q->host.len && memcmp(origin.p, q->host.p, origin.len) == 0;
	}
	if (own && (!q->is_form || explorer_token_valid(g->app, q)))
		return (true);
	response_error(r, q, "csrf", "This request does not come from one of our pages, or from an old one.", NULL, 0);
	return (false);
}
