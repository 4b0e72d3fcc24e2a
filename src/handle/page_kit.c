/* SPDX-License-Identifier: ISC */
/*
 * How a page is made: values are collected by name and put into a template of src/handle/pages, which is compiled in. All pages
 * say the same of themselves (title, language, the site's name, logo and help), bring one style, and the operator's after it,
 * and can run and fetch nothing: the policy allows these styles by their digests and forms to our own origins.
 */
#include <string.h>

#include "auth/csp.h"
#include "handle/credential.h"
#include "handle/pages.inc"
#include "handle/texts.h"

#include "handle/page_kit.h"

void
page_set(struct page *p, const char *name, struct str value)
{

	if (p->n < PAGE_VALUES_MAX)
		p->values[p->n++] = (struct template_value){ .name = name, .value = value };
}

void
page_set_flag(struct page *p, const char *name, bool on)
{

	page_set(p, name, on ? STR_LIT("") : STR_NONE);
}

/* An option that is "" is left out of the page. */
static struct str
option(const char *value)
{

	return (value[0] != '\0' ? str_of(value) : STR_NONE);
}

struct str
page_text(const struct page *p, const char *name)
{

	return (texts_find(p->language, str_of(name)));
}

void
page_set_title(struct page *p, const char *name)
{

	page_set(p, "title", page_text(p, name));
}

void
page_begin(struct page *p, const struct app *app, const struct request *q)
{

	p->app = app;
	p->language = texts_language(q->accept_language);
	p->n = 0;
	p->has_form = false;
	page_set(p, "language", page_text(p, "language"));
	page_set(p, "mount", str_of(app->conf->mount));
	page_set(p, "site_name", option(app->conf->site_name));
	page_set(p, "help_url", option(app->conf->site_help_url));
	page_set(p, "logo", option(app->conf->site_logo));
	page_set(p, "theme_css", option(app->conf->theme_css));
}

void
page_finish(struct page *p, struct response *r, int status, const char *template)
{
	const struct config *c = p->app->conf;
	char csp[CSP_MAX];

	response_html(r, status);
	r->own_csp = true;
	csp_of_styles(template_style(template), option(c->theme_css), c->theme_css[0] != '\0' || c->site_logo[0] != '\0',
	    p->has_form ? c : NULL, csp);
	response_header(r, "Content-Security-Policy", str_of(csp));
	template_render(&r->body, p->language, template, p->values, p->n);
	explicit_bzero(p->token, sizeof(p->token));
}

void
page_set_form(struct page *p, const struct request *q, struct response *r, struct str next)
{
	char fresh[CSRF_COOKIE_TEXT + 1];
	struct str cookie = credential_form_cookie(p->app, q);

	p->has_form = true;
	page_set(p, "next", next);
	if (cookie.p == NULL) {
		if (!credential_new_form_cookie(p->app, q, r, fresh)) {
			page_set(p, "csrf_token", STR_NONE); /* the form will need the browser's own word on its origin */
			return;
		}
		cookie = str_of(fresh);
	}
	csrf_token(p->app->keys, cookie, p->token);
	page_set(p, "csrf_token", str_of(p->token));
}

void
page_set_message(struct page *p, struct str text, bool alarm)
{

	page_set(p, "message", text);
	page_set(p, "alarm", alarm ? text : STR_NONE);
	page_set(p, "news", alarm ? STR_NONE : text);
}

struct str
page_address(char room[NEXT_ADDRESS_MAX], const char *mount, const char *path, struct str next)
{
	struct buf b;

	buf_init(&b, room, NEXT_ADDRESS_MAX);
	buf_puts(&b, mount);
	buf_puts(&b, path);
	if (next.p != NULL && !str_is(next, "/")) {
		buf_puts(&b, "?next=");
		buf_urlencode(&b, next);
	}
	return (buf_str(&b));
}
