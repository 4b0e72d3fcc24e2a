/* SPDX-License-Identifier: ISC */
/* The answer of everything that ends sessions, always of the same form. */
#include "auth/view.h"
#include "crypto/keyring.h"

#include "handle/ended.h"

void
ended_pending(struct response *r)
{

	response_json(r, 202);
	buf_puts(&r->body, "{\"status\":\"pending\"}");
}

void
ended_answer(
    struct app *app, struct response *r, const uint8_t user_key[USER_KEY_LEN], const struct end_reply *reply, uint32_t ended)
{

	response_json(r, 200);
	buf_printf(&r->body, "{\"status\":\"logged_out\",\"already\":%s,\"ended\":%u,\"logout\":", ended > 0 ? "false" : "true",
	    (unsigned)ended);
	if (reply != NULL && reply->has_own)
		view_logout_record(&r->body, keyring_user(app->keys), user_key, reply->user_id, &reply->own);
	else
		buf_puts(&r->body, "null");
	buf_putc(&r->body, '}');
}
