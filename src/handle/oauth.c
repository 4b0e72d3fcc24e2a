/* SPDX-License-Identifier: ISC */
/*
 * OAuth requests (RFC 6749 section 3.2): form only, nothing in the query, which ends up in logs, no parameter twice (the form's
 * parser refuses that), and empty means absent. A client proves itself by HTTP Basic or by client_secret, never both, since two
 * readers of the request could pick different ones; a client without a secret only names itself, and an empty secret is no
 * secret.
 */
#include <string.h>

#include "auth/clients.h"
#include "base/log.h"
#include "handle/input.h"
#include "http/basic.h"

#include "handle/oauth.h"

/* Some of these are secrets, and the others decide what becomes of them. */
static const char *const parameters[] = { "client_id", "client_secret", "grant_type", "refresh_token", "device_id", "token",
	"token_type_hint" };

bool
oauth_accept(const struct request *q, struct response *r)
{
	bool bad = false;

	if (q->has_body && !q->is_form) {
		response_error(r, q, "unsupported_media_type", "Send application/x-www-form-urlencoded.", NULL, 0);
		return (false);
	}
	for (size_t i = 0; i < sizeof(parameters) / sizeof(parameters[0]); i++) {
		if (request_query(q, parameters[i], &bad).p == NULL && !bad)
			continue;
		response_error(r, q, "invalid_request", "Parameters belong into the body, not into the address.", NULL, 0);
		return (false);
	}
	return (true);
}

bool
oauth_parameter(const struct request *q, struct response *r, const char *name, bool required, struct str *out)
{

	if (!input_string(q, r, name, required, BODY_MAX, out))
		return (false);
	if (out->len > 0)
		return (true);
	*out = STR_NONE;
	if (required)
		input_refuse(q, r, name, "is missing");
	return (!required);
}

/* What is logged of an id that a stranger chose is only whether we know it. One line in a while: it may be a flood. */
static void
report(const struct app *app, const struct request *q, struct str id)
{
	static int64_t next;
	const char *known = "unknown";

	board_count(app->slot, COUNT_CLIENT_REFUSALS, 1);
	for (size_t i = 0; i < app->conf->n_clients; i++)
		if (str_is(id, app->conf->clients[i].id))
			known = app->conf->clients[i].id;
	if (log_due(&next))
		log_warn("an OAuth client did not prove who it is client=%s ip=%s", known, q->ip);
}

void
oauth_refuse_client(struct app *app, const struct request *q, struct response *r, struct str id)
{

	report(app, q, id);
	response_error(r, q, "invalid_client", "The client is not known, or did not prove who it is.", NULL, 0);
}

static bool
same(struct str a, struct str b)
{

	return (a.len == b.len && memcmp(a.p, b.p, a.len) == 0);
}

/* Who the request says it comes from, and its secret. False: answered. */
static bool
read_claim(struct app *app, const struct request *q, struct response *r, struct str *id, struct str *secret)
{
	struct str in_body, secret_in_body;
	enum dw_result rc = basic_read(q->arena, q->authorization, id, secret);

	if (!oauth_parameter(q, r, "client_id", false, &in_body) ||
	    !oauth_parameter(q, r, "client_secret", false, &secret_in_body))
		return (false);
	if (rc == DW_INVALID) {
		oauth_refuse_client(app, q, r, in_body);
		return (false);
	}
	if (rc == DW_ABSENT) {
		*id = in_body;
		*secret = secret_in_body;
		return (true);
	}
	if (secret_in_body.p == NULL && (in_body.p == NULL || same(in_body, *id)))
		return (true);
	response_error(r, q, "invalid_request", "The client is named in two ways at once.", NULL, 0);
	return (false);
}

bool
oauth_identify(struct app *app, const struct request *q, struct response *r, const struct client **out)
{
	struct str id, secret;

	*out = NULL;
	if (!read_claim(app, q, r, &id, &secret))
		return (false);
	if (id.p == NULL && secret.p == NULL)
		return (true);
	if ((*out = clients_authenticate(app->conf, id, secret)) != NULL)
		return (true);
	oauth_refuse_client(app, q, r, id);
	return (false);
}
