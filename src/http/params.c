/* SPDX-License-Identifier: ISC */
/*
 * The FastCGI variables of a request, in one pass over all of them. libfcgi finds only the first of a name and lets names hold
 * '=', so the list is walked here: known names are kept, unknown ones only counted, and a name that carries trust must not
 * occur in two different values.
 */
#include <limits.h>
#include <string.h>

#include "http/params.h"

/*
 * What may occur twice in different values: harmless preferences, of which the first counts, forwarding headers, which anybody
 * can send and which are then believed by nobody, and cookies, which are all kept. The same value twice is one: nginx sends
 * HTTPS twice where a line of its own stands beside the include of fastcgi_params.
 */
enum repeat { SINGLE, FIRST, MARKED, ALL };

#define NAME(s) (s), sizeof(s) - 1

/* Sorted by name: find() looks only among those that begin alike. */
static const struct known {
	const char *name;
	size_t len;
	enum param id;
	enum repeat repeat;
} table[] = {
	{ NAME("CONTENT_LENGTH"), PARAM_CONTENT_LENGTH, SINGLE },
	{ NAME("CONTENT_TYPE"), PARAM_CONTENT_TYPE, SINGLE },
	{ NAME("DOORWARD_GROUP"), PARAM_GROUP, SINGLE },
	{ NAME("DOORWARD_ORIGINAL_URI"), PARAM_ORIGINAL_URI, SINGLE },
	{ NAME("DOORWARD_ROUTE"), PARAM_ROUTE, SINGLE },
	{ NAME("HTTPS"), PARAM_HTTPS, SINGLE },
	{ NAME("HTTP_ACCEPT"), PARAM_ACCEPT, FIRST },
	{ NAME("HTTP_ACCEPT_LANGUAGE"), PARAM_ACCEPT_LANGUAGE, FIRST },
	{ NAME("HTTP_ACCESS_CONTROL_REQUEST_METHOD"), PARAM_REQUESTED_METHOD, FIRST },
	{ NAME("HTTP_AUTHORIZATION"), PARAM_AUTHORIZATION, SINGLE },
	{ NAME("HTTP_CONTENT_ENCODING"), PARAM_CONTENT_ENCODING, SINGLE },
	{ NAME("HTTP_COOKIE"), PARAM_COOKIE, ALL },
	{ NAME("HTTP_HOST"), PARAM_HOST, SINGLE },
	{ NAME("HTTP_ORIGIN"), PARAM_ORIGIN, SINGLE },
	{ NAME("HTTP_SEC_FETCH_MODE"), PARAM_SEC_FETCH_MODE, SINGLE },
	{ NAME("HTTP_SEC_FETCH_SITE"), PARAM_SEC_FETCH_SITE, SINGLE },
	{ NAME("HTTP_TRACEPARENT"), PARAM_TRACEPARENT, FIRST },
	{ NAME("HTTP_USER_AGENT"), PARAM_USER_AGENT, FIRST },
	{ NAME("HTTP_X_FORWARDED_FOR"), PARAM_FORWARDED_FOR, MARKED },
	{ NAME("HTTP_X_FORWARDED_PROTO"), PARAM_FORWARDED_PROTO, MARKED },
	{ NAME("PATH_INFO"), PARAM_PATH_INFO, SINGLE },
	{ NAME("QUERY_STRING"), PARAM_QUERY, SINGLE },
	{ NAME("REMOTE_ADDR"), PARAM_REMOTE_ADDR, SINGLE },
	{ NAME("REQUEST_METHOD"), PARAM_METHOD, SINGLE },
	{ NAME("REQUEST_SCHEME"), PARAM_SCHEME, SINGLE },
	{ NAME("REQUEST_URI"), PARAM_REQUEST_URI, SINGLE },
	{ NAME("SCRIPT_NAME"), PARAM_SCRIPT_NAME, SINGLE },
};

#define KNOWN (sizeof(table) / sizeof(table[0]))

/* Where the names that begin with a letter start in the table; made at the first use. Most names of a request begin with none
 * of ours. */
static uint8_t starts[UCHAR_MAX + 1];

static void
index_table(void)
{

	for (size_t i = KNOWN; i-- > 0;)
		starts[(unsigned char)table[i].name[0]] = (uint8_t)(i + 1);
}

static const struct known *
find(const char *name, size_t len)
{
	size_t i = starts[(unsigned char)name[0]];

	if (i == 0)
		return (NULL);
	for (i--; i < KNOWN && table[i].name[0] == name[0]; i++)
		if (table[i].len == len && memcmp(table[i].name, name, len) == 0)
			return (&table[i]);
	return (NULL);
}

static enum params_verdict
keep_cookie(struct params *p, struct str value)
{

	if (p->n_cookie == COOKIE_LINES_MAX)
		return (PARAMS_TOO_LARGE);
	p->cookie[p->n_cookie++] = value;
	return (PARAMS_OK);
}

static bool
is_same(struct str a, struct str b)
{

	return (a.len == b.len && memcmp(a.p, b.p, a.len) == 0);
}

/* An empty variable is an absent one: servers set many of them to "". */
static enum params_verdict
keep(struct params *p, const struct known *k, struct str value)
{
	struct str *first = &p->value[k->id];

	if (value.len == 0)
		return (PARAMS_OK);
	if (k->repeat == ALL)
		return (keep_cookie(p, value));
	if (first->p == NULL)
		*first = value;
	if (is_same(*first, value))
		return (PARAMS_OK);
	p->twice[k->id] = true;
	return (k->repeat == SINGLE ? PARAMS_DUPLICATE : PARAMS_OK);
}

/* A cookie line may be longer than other values, since applications put their own beside ours. */
static enum params_verdict
read_one(struct params *p, const char *entry, size_t *bytes)
{
	size_t len = strlen(entry);
	const char *equals = memchr(entry, '=', len);
	struct str value;
	const struct known *k;

	*bytes += len;
	if (equals == NULL)
		return (PARAMS_OK);
	value = (struct str){ equals + 1, len - (size_t)(equals + 1 - entry) };
	k = find(entry, (size_t)(equals - entry));
	if (value.len > (k != NULL && k->id == PARAM_COOKIE ? COOKIE_LINE_MAX : PARAM_VALUE_MAX))
		return (PARAMS_TOO_LARGE);
	return (k == NULL ? PARAMS_OK : keep(p, k, value));
}

/* The worst verdict counts, and reading goes on: a duplicate must not hide an excess that comes later. */
enum params_verdict
params_read(char *const *envp, struct params *out)
{
	enum params_verdict worst = PARAMS_OK;
	size_t bytes = 0;

	if (starts['H'] == 0)
		index_table();
	memset(out, 0, sizeof(*out));
	for (size_t i = 0; envp[i] != NULL; i++) {
		enum params_verdict v = i == PARAMS_MAX ? PARAMS_TOO_LARGE : read_one(out, envp[i], &bytes);

		if (v == PARAMS_TOO_LARGE || bytes > PARAMS_BYTES_MAX)
			return (PARAMS_TOO_LARGE);
		if (v != PARAMS_OK)
			worst = v;
	}
	return (worst);
}
