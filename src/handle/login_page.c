#include "handle/credential.h"
#include "handle/next.h"
#include "handle/page.h"

#include "handle/login_page.h"

/* The browser's old cookie tells why its session is over (C12): the kicked user reads it here. */
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
		f->message = page_reason(q->arena, id->reason);
		break;
	default: /* could not ask: that is no news about the session, and no reason to hide the form */
		f->message = "Sessions cannot be checked just now. Signing in may fail for a moment.";
	}
}

void
handle_login_page(struct app *app, struct request *q, struct response *r)
{
	struct login_form f = { .next = STR_NONE };
	struct identity id;
	bool bad = false;

	if (!q->tls && app->conf->require_tls) {
		page_insecure(app, r);
		return;
	}
	f.next = next_safe(app->conf, request_query(q, "next", &bad)); /* a bad one is no reason to refuse the form */
	tell_of_session(app, q, &f, &id);
	page_login(app, q, r, 200, &f);
}
