/* SPDX-License-Identifier: ISC */
/* The spellings that options may have: pure questions about a text. */
#ifndef CONFIG_SYNTAX_H
#define CONFIG_SYNTAX_H

#include <stdbool.h>

/* "/auth", "/sso/v2": normal, absolute, not ending in '/', nothing that would need percent-encoding. */
bool syntax_is_mount(const char *s);

/*
 * "https://host", "https://host:8443", "https://[::1]" as browsers write it in Origin: lower case, no default port,
 * nothing after it. "http://…" only if ${http}.
 */
bool syntax_is_origin(const char *s, bool http);

/*
 * "example.org": a DNS name in lower case of two labels at least, none of them a number at the end. No dot in front, no
 * address: what a browser takes as the Domain of a cookie, but for public suffixes of several labels, which only a list could
 * tell.
 */
bool syntax_is_domain(const char *s);

/* True if the host of ${address}, "https://host[:port][/path]", is ${domain} or ends with it behind a dot. */
bool syntax_is_in_domain(const char *address, const char *domain);

/* An origin, and a normal path after it or none: no query, no fragment, no '/' at the end (RFC 8414 section 2). */
bool syntax_is_issuer(const char *s, bool http);

/* "10.1.2.3", "10.0.0.0/8", "::1", "fd00::/8", or "unix:". */
bool syntax_is_prefix(const char *s);

/*
 * A prefix, as above, that holds more than one network of an operator's own: public and larger than a /24 or, of IPv6,
 * a /64. Private, shared and local ranges may be as large as they are, and "unix:" is none.
 */
bool syntax_is_wide(const char *prefix);

/* "127.0.0.1:9180" or "[::1]:9180": an address that other hosts cannot reach, and a port. */
bool syntax_is_loopback(const char *s);

/* What a link on a page may lead to: an https, http or mailto address, or a path of this site; no blanks, no controls. */
bool syntax_is_link(const char *s);

/* A token of RFC 9110 section 5.6.2, as cookie names are. */
bool syntax_is_token(const char *s);

/* What a sink or an alert is called: lower case letters, digits, '-' and '_', not '-' in front. */
bool syntax_is_name(const char *s);

/* A type of event: "login", "kick" … */
bool syntax_is_event(const char *s);

/* A number from 0 to 1: "0", "1", "0.01", "1.0". */
bool syntax_is_fraction(const char *s);

#endif
