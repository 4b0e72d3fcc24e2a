/* SPDX-License-Identifier: ISC */
/* POST /refresh and the refresh_token grant of POST /token: the same exchange, in two dialects of answers. */
#include "auth/device.h"
#include "auth/refresh.h"
#include "handle/credential.h"
#include "handle/input.h"
#include "handle/tokens.h"

#include "handle/refresh.h"

/* /token speaks RFC 6749, where a grant that is not usable is 400 (section 5.2); /refresh speaks of a session, where it is 401.
 */
static void
refuse_grant(const struct request *q, struct response *r, bool oauth, const char *reason)
{

	response_error(r, q, "invalid_grant", "The refresh token cannot be used.", reason, 0);
	if (oauth)
		r->status = 400;
}

static bool
read_input(struct request *q, struct response *r, struct refresh_input *in, struct str *token)
{

	if (!input_string(q, r, "refresh_token", true, BODY_MAX, token) ||
	    !input_string(q, r, "device_id", false, BODY_MAX, &in->device_id) ||
	    !input_string(q, r, "client_id", false, BODY_MAX, &in->client_id))
		return (false);
	if (in->device_id.p != NULL && !device_id_valid(in->device_id)) {
		input_refuse(q, r, "device_id", "must be 1 to 128 of A-Z a-z 0-9 . _ : -");
		return (false);
	}
	in->ip = q->ip;
	in->trace_id = q->trace_id;
	return (true);
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
exchange(struct app *app, struct request *q, struct response *r, bool oauth)
{
	struct refresh_input in;
	struct credential presented;
	struct tokens tokens;
	struct str text;
	const char *reason = "unknown";
	enum dw_result rc;

	if (!read_input(q, r, &in, &text))
		return;
	in.presented = &presented;
	rc = credential_read(app, CREDENTIAL_REFRESH, text, &presented);
	if (rc == DW_OK)
		rc = refresh(app, &in, &tokens, &reason);
	if (rc == DW_OK)
		answer(r, &tokens);
	else if (rc == DW_INVALID || rc == DW_REFUSED)
		refuse_grant(q, r, oauth, reason);
	else
		credential_refuse(q, r, rc, NULL);
	tokens_wipe(&tokens);
}

void
handle_refresh(struct app *app, struct request *q, struct response *r)
{

	exchange(app, q, r, false);
}

void
handle_token(struct app *app, struct request *q, struct response *r)
{
	struct str grant;

	if (q->has_body && !q->is_form) {
		response_error(r, q, "unsupported_media_type", "Send application/x-www-form-urlencoded.", NULL, 0);
		return;
	}
	if (!input_string(q, r, "grant_type", true, BODY_MAX, &grant))
		return;
	if (!str_is(grant, "refresh_token")) {
		response_error(r, q, "unsupported_grant_type", "Only the refresh_token grant is offered here.", NULL, 0);
		return;
	}
	exchange(app, q, r, true);
}
