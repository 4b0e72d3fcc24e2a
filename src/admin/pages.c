/* SPDX-License-Identifier: ISC */
/* How an operators' page is made: values by name, put into a template. They are English, as the manuals are. */
#include "admin/pages.inc"
#include "auth/csp.h"
#include "handle/texts.h"

#include "admin/pages.h"

void
pages_set(struct operators_page *p, const char *name, struct str value)
{

	if (p->n < PAGES_VALUES_MAX)
		p->values[p->n++] = (struct template_value){ .name = name, .value = value };
}

void
pages_set_text(struct operators_page *p, const char *name, const char *value)
{

	pages_set(p, name, value[0] != '\0' ? str_of(value) : STR_NONE);
}

void
pages_set_rows(struct operators_page *p, const char *name, const struct template_row *rows, size_t n)
{

	if (p->n < PAGES_VALUES_MAX)
		p->values[p->n++] = (struct template_value){ .name = name, .rows = rows, .n_rows = n };
}

void
pages_begin(struct operators_page *p, const char *title)
{

	p->n = 0;
	pages_set_text(p, "title", title);
}

void
pages_finish(struct operators_page *p, struct response *r, int status, const char *template)
{
	char csp[CSP_MAX];

	response_html(r, status);
	csp_of_styles(template_style(template), STR_NONE, false, NULL, csp);
	r->own_csp = true;
	response_header(r, "Content-Security-Policy", str_of(csp));
	template_render(&r->body, TEXTS_ENGLISH, template, p->values, p->n);
}

struct str
pages_asked(const struct request *q, const char *name)
{
	bool bad = false;
	struct str value = str_trim(request_query(q, name, &bad));

	return (bad || value.len == 0 ? STR_NONE : value);
}
