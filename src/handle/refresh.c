/* SPDX-License-Identifier: ISC */
/*
 * POST /refresh: a refresh token becomes its successor and a new access token. Whether it may is decided by one script in the
 * store; here it is only read, and the outcome told. /token answers the same way.
 */
#include "auth/device.h"
#include "auth/refresh.h"
#include "handle/credential.h"
#include "handle/input.h"
#include "handle/tokens.h"

#include "handle/refresh.h"

/* Another client than the token's ends its family, and a client that has no name is none. */
static bool
client_ok(const struct request *q, struct response *r, struct str client_id)
{

	if (client_id.p == NULL || client_id.len > 0)
		return (true);
	input_refuse(q, r, "client_id", "must not be empty");
	return (false);
}

bool
refresh_device_ok(const struct request *q, struct response *r, struct str device_id)
{

	if (device_id.p == NULL || device_id_valid(device_id))
		return (true);
	input_refuse(q, r, "device_id", "must be 1 to 128 of A-Z a-z 0-9 . _ : -");
	return (false);
}

static void
answer(struct response *r, struct tokens *t)
{

	response_json(r, 200);
	buf_putc(&r->body, '{');
	tokens_put(&r->body, t);
	buf_putc(&r->body, '}');
}

static void
refuse_grant(const struct request *q, struct response *r, const char *reason, int status)
{

	response_error(r, q, "invalid_grant", "The refresh token cannot be used.", reason, 0);
	r->status = status;
}

void
refresh_answer(
    struct app *app, const struct request *q, struct response *r, struct str text, struct refresh_input *in, int unusable)
{
	struct credential presented;
	struct tokens tokens;
	const char *reason = "unknown";
	enum dw_result rc;

	in->presented = &presented;
	in->ip = q->ip;
	in->trace_id = q->trace_id;
	rc = credential_read(app, CREDENTIAL_REFRESH, text, &presented);
	if (rc == DW_OK)
		rc = refresh(app, in, &tokens, &reason);
	if (rc == DW_OK)
		answer(r, &tokens);
	else if (rc == DW_INVALID || rc == DW_REFUSED)
		refuse_grant(q, r, reason, unusable);
	else
		credential_refuse(q, r, rc, NULL);
	tokens_wipe(&tokens);
}

void
handle_refresh(struct app *app, struct request *q, struct response *r)
{
	struct refresh_input in = { .presented = NULL };
	struct str text;

	if (input_string(q, r, "refresh_token", true, BODY_MAX, &text) &&
	    input_string(q, r, "device_id", false, BODY_MAX, &in.device_id) &&
	    input_string(q, r, "client_id", false, BODY_MAX, &in.client_id) && refresh_device_ok(q, r, in.device_id) &&
	    client_ok(q, r, in.client_id))
		refresh_answer(app, q, r, text, &in, 401);
}
