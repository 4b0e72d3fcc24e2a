#include <string.h>

#include "web/params.h"


/* What may occur twice: harmless preferences, of which the first counts, and cookies, which are all kept. */
enum repeat { SINGLE, FIRST, MARKED, ALL };

/* Sorted by name, for the binary search. */
static const struct known {
	const char *name;
	enum param id;
	enum repeat repeat;
} table[] = {
	{ "CONTENT_LENGTH", PARAM_CONTENT_LENGTH, SINGLE },
	{ "CONTENT_TYPE", PARAM_CONTENT_TYPE, SINGLE },
	{ "DOORWARD_GROUP", PARAM_GROUP, SINGLE },
	{ "DOORWARD_ORIGINAL_URI", PARAM_ORIGINAL_URI, SINGLE },
	{ "DOORWARD_ROUTE", PARAM_ROUTE, SINGLE },
	{ "HTTPS", PARAM_HTTPS, SINGLE },
	{ "HTTP_ACCEPT", PARAM_ACCEPT, FIRST },
	{ "HTTP_AUTHORIZATION", PARAM_AUTHORIZATION, SINGLE },
	{ "HTTP_COOKIE", PARAM_COOKIE, ALL },
	{ "HTTP_HOST", PARAM_HOST, SINGLE },
	{ "HTTP_ORIGIN", PARAM_ORIGIN, SINGLE },
	{ "HTTP_SEC_FETCH_MODE", PARAM_SEC_FETCH_MODE, SINGLE },
	{ "HTTP_SEC_FETCH_SITE", PARAM_SEC_FETCH_SITE, SINGLE },
	{ "HTTP_TRACEPARENT", PARAM_TRACEPARENT, FIRST },
	{ "HTTP_USER_AGENT", PARAM_USER_AGENT, FIRST },
	{ "HTTP_X_FORWARDED_FOR", PARAM_FORWARDED_FOR, MARKED },
	{ "HTTP_X_FORWARDED_PROTO", PARAM_FORWARDED_PROTO, MARKED },
	{ "PATH_INFO", PARAM_PATH_INFO, SINGLE },
	{ "QUERY_STRING", PARAM_QUERY, SINGLE },
	{ "REMOTE_ADDR", PARAM_REMOTE_ADDR, SINGLE },
	{ "REQUEST_METHOD", PARAM_METHOD, SINGLE },
	{ "REQUEST_SCHEME", PARAM_SCHEME, SINGLE },
	{ "REQUEST_URI", PARAM_REQUEST_URI, SINGLE },
	{ "SCRIPT_NAME", PARAM_SCRIPT_NAME, SINGLE },
};

static const struct known *
find(const char *name, size_t len)
{
	size_t low = 0, high = sizeof(table) / sizeof(table[0]);

	while (low < high) {
		size_t mid = (low + high) / 2;
		int order = strncmp(name, table[mid].name, len);

		if (order == 0 && table[mid].name[len] != '\0')
			order = -1; /* a prefix of the known name */
		if (order == 0)
			return (&table[mid]);
		if (order < 0)
			high = mid;
		else
			low = mid + 1;
	}
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

static enum params_verdict
keep(struct params *p, const struct known *k, struct str value)
{

	if (value.len == 0)
		return (PARAMS_OK);
	if (k->repeat == ALL)
		return (keep_cookie(p, value));
	if (p->value[k->id].p == NULL) {
		p->value[k->id] = value;
		return (PARAMS_OK);
	}
	p->twice[k->id] = true;
	return (k->repeat == SINGLE ? PARAMS_DUPLICATE : PARAMS_OK);
}

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
	if (value.len > PARAM_VALUE_MAX)
		return (PARAMS_TOO_LARGE);
	k = find(entry, (size_t)(equals - entry));
	return (k == NULL ? PARAMS_OK : keep(p, k, value));
}

enum params_verdict
params_read(char *const *envp, struct params *out)
{
	enum params_verdict worst = PARAMS_OK;
	size_t bytes = 0;

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
