/* SPDX-License-Identifier: ISC */
/*
 * A URL is read by curl, which will also connect to it: two parsers of one text would disagree one day. Addresses are judged as
 * they are about to be connected to, since a name may have another one at every question (DNS rebinding), and what looks like a
 * name may be an address in one of its many spellings.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/address_reach.h"

#include "relay/http/target.h"

/* Copies part ${what} of ${url}; false if it has none or that is too long. */
static bool
part(CURLU *url, CURLUPart what, char *out, size_t cap)
{
	char *text = NULL;
	bool fits = curl_url_get(url, what, &text, 0) == CURLUE_OK && str_copy(out, cap, str_of(text));

	curl_free(text);
	return (fits);
}

static bool
has(CURLU *url, CURLUPart what)
{
	char *text = NULL;
	bool there = curl_url_get(url, what, &text, 0) == CURLUE_OK;

	curl_free(text);
	return (there);
}

/* "[fe80::1]" to "fe80::1". The zone is a part of its own. */
static void
strip_brackets(char *host)
{
	size_t n = strlen(host);

	if (n < 2 || host[0] != '[' || host[n - 1] != ']')
		return;
	memmove(host, host + 1, n - 2);
	host[n - 2] = '\0';
}

static const char *
fault_of(struct target *t)
{
	char scheme[16], port[8];

	if (!part(t->url, CURLUPART_SCHEME, scheme, sizeof(scheme)))
		return ("is no https address");
	t->plain = strcmp(scheme, "http") == 0;
	if (!t->plain && strcmp(scheme, "https") != 0)
		return ("is no https address");
	if (t->plain && !t->allow_private)
		return ("must be an https address; http is for this host, with allow_private");
	if (!part(t->url, CURLUPART_HOST, t->host, sizeof(t->host)))
		return ("names no host, or one that is too long");
	if (part(t->url, CURLUPART_PORT, port, sizeof(port)) && strtoul(port, NULL, 10) == 0)
		return ("names a port that there is not");
	if (has(t->url, CURLUPART_USER) || has(t->url, CURLUPART_PASSWORD))
		return ("must not have a user or a password in it");
	if (has(t->url, CURLUPART_FRAGMENT))
		return ("must not have a fragment");
	return (NULL);
}

bool
target_open(struct target *t, const char *url, bool allow_private, char *why, size_t len)
{
	const char *fault;

	*t = (struct target){ .url = curl_url(), .allow_private = allow_private };
	if (t->url == NULL)
		fault = "cannot be read: out of memory";
	else if (curl_url_set(t->url, CURLUPART_URL, url, CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK)
		fault = "is no https address";
	else
		fault = fault_of(t);
	if (fault == NULL) {
		strip_brackets(t->host);
		return (true);
	}
	snprintf(why, len, "%s", fault);
	target_close(t);
	return (false);
}

void
target_close(struct target *t)
{

	curl_url_cleanup(t->url);
	t->url = NULL;
}

static const char *
objection(const void *of, enum address_reach reach)
{
	const struct target *t = of;

	if (reach == REACH_NOBODY)
		return ("an address that no server has");
	if (t->plain && reach != REACH_LOOPBACK && (reach == REACH_PUBLIC || !t->plain_private))
		return ("not of this machine: only there http is allowed instead of https");
	if (reach != REACH_PUBLIC && !t->allow_private)
		return (reach == REACH_LOOPBACK ? "of this machine, which needs allow_private = true"
						: "of an inner network, which needs allow_private = true");
	return (NULL);
}

bool
target_admits(const struct target *t, const struct sockaddr *sa, char *why, size_t len)
{

	return (address_admits(sa, objection, t, why, len));
}

bool
target_admits_host(const struct target *t, int64_t deadline, char *why, size_t len)
{

	return (address_admits_host(t->host, deadline, objection, t, why, len));
}
