/* SPDX-License-Identifier: ISC */
/*
 * Credentials of a request: which came, whether they agree, what to answer if they do not, and the cookies that carry them.
 *
 * A cookie and a bearer token may come together if they are of one session. Different sessions are refused and none is chosen:
 * whoever can add a header or a cookie must not decide who a request is from. A write by cookie needs proof that it comes from
 * our own page (auth/csrf.c); a bearer token is nothing a browser sends by itself, and is proof enough.
 */
#include <stdio.h>
#include <string.h>

#include "auth/cached_check.h"
#include "auth/csrf.h"
#include "auth/known_device.h"
#include "auth/logout.h"
#include "base/log.h"

#include "handle/credential.h"

#define COOKIES_MAX 4 /* of our name in one request: more are nobody's accident */
#define SET_COOKIE_MAX 768
#define COOKIE_NAME_MAX 80
#define DAY 86400

/* For operators: an attack, or a front that is set up wrongly. One line in a while, since anybody can cause it. */
static void
report(const struct request *q, int64_t *next, const char *what)
{

	if (log_due(next))
		log_warn("%s was refused ip=%s", what, q->ip);
}

/* "Bearer" and one token. Another scheme is somebody else's business; two tokens are refused, whichever server joined them. */
static enum dw_result
bearer_text(const struct request *q, struct str *out)
{
	struct str rest = q->authorization, scheme;

	if (rest.p == NULL)
		return (DW_ABSENT);
	scheme = str_cut(&rest, ' ');
	if (!str_is_nocase(scheme, "Bearer"))
		return (DW_ABSENT);
	if (rest.p == NULL)
		return (DW_INVALID);
	*out = str_trim(rest);
	return (memchr(out->p, ',', out->len) == NULL ? DW_OK : DW_REFUSED);
}

/* Is a token of ours in form, good or bad, among those of ${list}? Each is the last word of its element. */
static bool
holds_ours(const struct app *app, struct str list)
{

	while (list.p != NULL) {
		struct str words = str_trim(str_cut(&list, ',')), token = STR_NONE;

		while (words.p != NULL)
			token = str_cut(&words, ' ');
		if (access_is_ours(app->keys, token))
			return (true);
	}
	return (false);
}

/* In front of an application the header is the application's as well: what is not ours in form, beside a cookie of ours, is not
 * for us. */
static enum dw_result
own_bearer_text(const struct app *app, const struct request *q, bool with_cookie, struct str *out)
{
	enum dw_result rc;

	*out = STR_NONE;
	rc = bearer_text(q, out);
	return (with_cookie && !holds_ours(app, *out) ? DW_ABSENT : rc);
}

static enum dw_result
find_bearer(const struct app *app, const struct request *q, bool with_cookie, struct presented *out)
{
	struct str text;
	enum dw_result rc = own_bearer_text(app, q, with_cookie, &text);

	return (rc == DW_OK ? credential_read(app, CREDENTIAL_ACCESS, text, &out->cred) : rc);
}

static enum dw_result
find_cookie(const struct app *app, const struct request *q, struct presented *out)
{
	struct str values[COOKIES_MAX];
	size_t n = request_cookies(q, credential_cookie_name(app, q, app->conf->cookie_name), values, COOKIES_MAX);
	struct credential one;
	enum dw_result rc = DW_ABSENT;

	if (n > COOKIES_MAX)
		return (DW_REFUSED);
	for (size_t i = 0; i < n; i++) {
		if (values[i].len == 0)
			continue; /* a cleared cookie some browsers keep sending */
		if ((rc = credential_read(app, CREDENTIAL_COOKIE, values[i], &one)) != DW_OK) {
			out->bad_cookie = true;
			return (rc);
		}
		if (out->has_cookie && !credential_same_session(&one, &out->cookie))
			return (DW_REFUSED);
		out->has_cookie = true;
		out->cookie = one;
	}
	return (out->has_cookie ? DW_OK : DW_ABSENT);
}

/* Both places are read before anything is decided: a good one must not hide a bad one. */
enum dw_result
credential_find(const struct app *app, const struct request *q, struct presented *out)
{
	enum dw_result bearer, cookie;

	out->has_cookie = out->bad_cookie = false;
	out->cred.kind = CREDENTIAL_NONE;
	cookie = find_cookie(app, q, out);
	bearer = find_bearer(app, q, cookie != DW_ABSENT, out);
	if (bearer == DW_REFUSED || cookie == DW_REFUSED)
		return (DW_REFUSED);
	if (bearer == DW_INVALID || cookie == DW_INVALID)
		return (DW_INVALID);
	if (bearer == DW_OK && cookie == DW_OK)
		return (credential_same_session(&out->cred, &out->cookie) ? DW_OK : DW_REFUSED);
	if (cookie == DW_OK)
		out->cred = out->cookie;
	return (bearer == DW_OK ? DW_OK : cookie);
}

void
credential_refuse(const struct request *q, struct response *r, enum dw_result rc, const char *reason)
{

	switch (rc) {
	case DW_ABSENT:
		response_error(r, q, "missing_token", "Sign in first.", NULL, 0);
		break;
	case DW_INVALID:
		response_error(r, q, "invalid_token", "The token is not valid.", NULL, 0);
		break;
	case DW_REFUSED:
		response_error(r, q, "invalid_token", "The session is over.", reason, 0);
		break;
	default:
		/* Fails closed, and says that nothing is known: this is no 401, and it touches no cookie. */
		response_error(r, q, "store_unavailable", "Sessions cannot be checked just now.", NULL, RESPONSE_RETRY);
	}
}

struct str
credential_single(const struct app *app, const struct request *q, enum credential_kind *kind)
{
	struct str cookie = STR_NONE, bearer = STR_NONE;
	size_t n = request_cookies(q, credential_cookie_name(app, q, app->conf->cookie_name), &cookie, 1);
	enum dw_result rc = own_bearer_text(app, q, n > 0 && cookie.len > 0, &bearer);

	if (n == 1 && rc == DW_ABSENT) {
		*kind = CREDENTIAL_COOKIE;
		return (cookie);
	}
	*kind = CREDENTIAL_ACCESS;
	return (n == 0 && rc == DW_OK ? bearer : STR_NONE);
}

void
credential_refuse_transport(const struct request *q, struct response *r)
{
	static int64_t next;

	report(q, &next, "a request over plain HTTP");
	response_error(r, q, "insecure_transport", "Use https: credentials are not accepted over plain HTTP.", NULL, 0);
}

void
credential_refuse_mixed(const struct request *q, struct response *r)
{

	response_error(r, q, "invalid_request", "The request carries credentials of different sessions.", NULL, 0);
}

/* A browser's access token runs out long before its cookie does, and a script may send both. */
static enum dw_result
check_presented(struct app *app, bool family, struct presented *p, struct identity *id)
{
	enum dw_result rc = check_session(app, &p->cred, family, id);

	if (rc != DW_REFUSED || !p->has_cookie || p->cred.kind == CREDENTIAL_COOKIE)
		return (rc);
	p->cred = p->cookie;
	return (check_session(app, &p->cred, family, id));
}

bool
credential_require(
    struct app *app, const struct request *q, struct response *r, bool family, struct presented *out, struct identity *id)
{
	enum dw_result rc = credential_find(app, q, out);

	if (rc == DW_REFUSED) {
		credential_refuse_mixed(q, r);
		return (false);
	}
	id->reason = NULL;
	if (rc == DW_OK && (rc = check_presented(app, family, out, id)) == DW_OK)
		return (true);
	credential_refuse(q, r, rc, id->reason);
	return (false);
}

/* Where it is not known whether he is alive he may ask for an ending all the same: it is judged later. */
bool
credential_require_or_claim(
    struct app *app, const struct request *q, struct response *r, struct presented *out, struct claim *claim)
{
	enum dw_result rc = credential_find(app, q, out);
	enum credential_kind kind;
	struct identity id;
	struct str text;

	memset(claim, 0, sizeof(*claim));
	if (rc == DW_REFUSED) {
		credential_refuse_mixed(q, r);
		return (false);
	}
	id.reason = NULL;
	if (rc == DW_OK && (rc = check_presented(app, false, out, &id)) == DW_OK)
		return (true);
	if (rc == DW_UNAVAILABLE && app->spool != NULL) {
		text = credential_single(app, q, &kind);
		*claim = logout_claim(&out->cred, cached_check_was_good(app, kind, text));
		return (true);
	}
	credential_refuse(q, r, rc, id.reason);
	return (false);
}

/* Without TLS (require_tls off) a Secure cookie would never come back. */
static bool
is_plain(const struct app *app, const struct request *q)
{

	return (!q->tls && !app->conf->require_tls);
}

/* ${name} without the prefix by which browsers guard it. */
static const char *
bare_name(const char *name)
{
	static const char *const prefixes[] = { COOKIE_HOST_PREFIX, COOKIE_DOMAIN_PREFIX };

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (str_starts(str_of(name), prefixes[i]))
			return (name + strlen(prefixes[i]));
	return (name);
}

const char *
credential_cookie_name(const struct app *app, const struct request *q, const char *name)
{

	return (is_plain(app, q) ? bare_name(name) : name);
}

struct str
credential_form_cookie(const struct app *app, const struct request *q)
{
	struct str cookie;

	if (request_cookies(q, credential_cookie_name(app, q, CREDENTIAL_CSRF_COOKIE), &cookie, 1) != 1 ||
	    cookie.len != CSRF_COOKIE_TEXT || !str_is_word(cookie, "-_", CSRF_COOKIE_TEXT))
		return (STR_NONE);
	return (cookie);
}

/* One Set-Cookie line. ${domain} "" is this host alone; ${max_age} < 0 is until the browser closes. */
static void
put_cookie(const struct app *app, const struct request *q, struct response *r, const char *name, const char *value,
    const char *domain, int64_t max_age)
{
	char text[SET_COOKIE_MAX];
	struct buf b;

	buf_init(&b, text, sizeof(text));
	buf_printf(&b, "%s=%s; Path=/;", credential_cookie_name(app, q, name), value);
	if (domain[0] != '\0')
		buf_printf(&b, " Domain=%s;", domain);
	buf_printf(&b, "%s HttpOnly; SameSite=Lax", is_plain(app, q) ? "" : " Secure;");
	if (max_age >= 0)
		buf_printf(&b, "; Max-Age=%lld", (long long)max_age);
	if (value[0] == '\0') /* beside Max-Age=0, for browsers that know only the older one */
		buf_puts(&b, "; Expires=Thu, 01 Jan 1970 00:00:00 GMT");
	response_header(r, "Set-Cookie", buf_str(&b));
	explicit_bzero(text, sizeof(text));
}

/*
 * A browser may still have the cookie of this host alone from before there was a domain. It is no credential any more, and goes
 * with the next login or logout. Over plain http both have one name: there a login has to clear it, or the two would contradict
 * each other ever after.
 */
static void
clear_host_cookie(const struct app *app, const struct request *q, struct response *r)
{
	char name[COOKIE_NAME_MAX];
	struct str found;

	snprintf(name, sizeof(name), COOKIE_HOST_PREFIX "%s", bare_name(app->conf->cookie_name));
	if (request_cookies(q, credential_cookie_name(app, q, name), &found, 1) > 0)
		put_cookie(app, q, r, name, "", "", 0);
}

void
credential_set_cookie(const struct app *app, const struct request *q, struct response *r, const char *value, int64_t max_age)
{
	const char *domain = app->conf->cookie_domain;

	if (domain[0] != '\0' && (value[0] != '\0' || !is_plain(app, q)))
		clear_host_cookie(app, q, r);
	put_cookie(app, q, r, app->conf->cookie_name, value, domain, max_age);
}

bool
credential_new_form_cookie(const struct app *app, const struct request *q, struct response *r, char *fresh)
{

	if (csrf_random(fresh) != 0)
		return (false);
	put_cookie(app, q, r, CREDENTIAL_CSRF_COOKIE, fresh, "", -1);
	return (true);
}

struct str
credential_device_cookie(const struct app *app, const struct request *q)
{
	struct str cookie;

	if (request_cookies(q, credential_cookie_name(app, q, CREDENTIAL_DEVICE_COOKIE), &cookie, 1) != 1 || cookie.len == 0)
		return (STR_NONE);
	return (cookie);
}

void
credential_set_device_cookie(const struct app *app, const struct request *q, struct response *r, const char *text)
{

	put_cookie(app, q, r, CREDENTIAL_DEVICE_COOKIE, text, "", KNOWN_DEVICE_DAYS * DAY);
}

/*
 * A browser shows a page again from its back-forward cache, "no-store" or not, unless a cookie of that page has changed since;
 * and one that disappears is no change to Chromium (seen in 151-browser-lighttpd without the renewal: Back led into the
 * application). So another one changes with it, and where there is a domain, one that its other hosts see, which means nothing
 * else (seen in 280-hosts-browser-lighttpd).
 */
void
credential_clear_cookie(const struct app *app, const struct request *q, struct response *r)
{
	char fresh[CSRF_COOKIE_TEXT + 1];

	credential_set_cookie(app, q, r, "", 0);
	if (q->n_cookie == 0)
		return;
	credential_new_form_cookie(app, q, r, fresh);
	if (app->conf->cookie_domain[0] != '\0' && csrf_random(fresh) == 0)
		put_cookie(app, q, r, CREDENTIAL_LEFT_COOKIE, fresh, app->conf->cookie_domain, -1);
}

/* The double submit: the token in the form belongs to the cookie of this browser. */
static bool
has_form_token(const struct app *app, const struct request *q)
{
	const struct field *token = request_field(q, CREDENTIAL_CSRF_FIELD);
	struct str cookie = credential_form_cookie(app, q);

	if (token == NULL || token->type != FIELD_STRING)
		return (false);
	return (csrf_token_valid(app->keys, cookie, token->value));
}

/*
 * JSON without word of an origin passes: a page of another site cannot send it without asking first (CORS), and a browser that
 * asks also says where from.
 */
bool
credential_from_own_page(const struct app *app, const struct request *q)
{

	switch (csrf_origin_of(app->conf, q->sec_fetch_site, q->origin)) {
	case CSRF_OWN:
		return (true);
	case CSRF_UNSAID:
		return ((q->has_body && !q->is_form) || has_form_token(app, q));
	default:
		return (false);
	}
}

bool
credential_write_allowed(const struct app *app, const struct request *q, struct response *r, bool by_cookie)
{
	static int64_t next;

	if (!by_cookie || credential_from_own_page(app, q))
		return (true);
	report(q, &next, "a write that comes from no page of ours");
	response_error(r, q, "csrf", "This request does not come from a page of this site.", NULL, 0);
	return (false);
}
