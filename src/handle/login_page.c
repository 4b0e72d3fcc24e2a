/* SPDX-License-Identifier: ISC */
/* GET /login: the form. The browser's old cookie, if there is one, tells what to say above it. */
#include "handle/credential.h"
#include "handle/next.h"
#include "handle/page.h"
#include "handle/texts.h"

#include "handle/handlers.h"

/* The browser's old cookie tells why its session is over: who was kicked reads it here. */
static void
tell_of_session(struct app *app, const struct request *q, struct login_form *f, struct identity *id)
{
	struct presented p;

	if (credential_find(app, q, &p) != DW_OK || p.cred.kind != CREDENTIAL_COOKIE)
		return;
	switch (check_session(app, &p.cred, false, id)) {
	case DW_OK:
		f->signed_in_as = str_of(id->found.username);
		break;
	case DW_REFUSED:
		f->message = page_logout_record(texts_language(q->accept_language), q->arena, id->cause, id->reason);
		break;
	default:
		break; /* could not ask: that is no news about the session, and no reason to hide the form */
	}
}

/* Better said before the password is typed than after. */
static void
warn_of_outage(struct app *app, const struct request *q, struct response *r, struct login_form *f)
{

	if (app->store->ping(app->store_ctx) == DW_OK)
		return;
	f->message = texts_find(texts_language(q->accept_language), STR_LIT("outage"));
	f->alarm = f->outage = true;
	response_retry_after(r, RESPONSE_RETRY);
}

void
handle_login_page(struct app *app, struct request *q, struct response *r)
{
	struct login_form f = { .next = STR_NONE };
	struct identity id;

	if (!q->tls && app->conf->require_tls) {
		credential_refuse_transport(q, r);
		page_error(app, q, r); /* whoever asks: the link to https is on it */
		return;
	}
	f.next = next_asked(app->conf, q);
	tell_of_session(app, q, &f, &id);
	if (f.signed_in_as.p == NULL && f.message.p == NULL)
		warn_of_outage(app, q, r, &f);
	page_login(app, q, r, 200, &f);
}
