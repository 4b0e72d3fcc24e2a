/* SPDX-License-Identifier: ISC */
/*
 * Fills a page's template: {{name}} is replaced by a value with HTML escapes, {{t.name}} by a text of texts.c,
 * {{&name}} by one as it is, which only the operator's style is,
 * {{#name}}…{{/name}} is shown if the value is there, {{^name}}…{{/name}} if it is not. A value may be rows: then the section
 * is shown once for each, which knows its own values first and all others after them.
 *
 * The templates are files of src/handle/pages, compiled in; nobody but us writes them, so a broken one is found by the unit
 * tests and not handled here beyond staying inside its bytes.
 */
#include <string.h>

#include "base/log.h"
#include "handle/texts.h"

#include "handle/template.h"

struct rendering {
	struct buf *out;
	unsigned language;
	struct template_row row;
	const struct rendering *around; /* of a row; NULL = the page itself */
};

static const struct template_value *
find(const struct rendering *r, struct str name)
{

	for (; r != NULL; r = r->around)
		for (size_t i = 0; i < r->row.n; i++)
			if (str_is(name, r->row.values[i].name))
				return (&r->row.values[i]);
	return (NULL);
}

static struct str
value_of(const struct rendering *r, struct str name)
{
	const struct template_value *v = find(r, name);

	return (v == NULL ? STR_NONE : v->value);
}

static void
put(const struct rendering *r, struct str name)
{
	struct str value;

	if (str_starts(name, "t."))
		value = texts_find(r->language, (struct str){ name.p + 2, name.len - 2 });
	else
		value = value_of(r, name);
	if (value.p == NULL)
		log_error("a page template names an unknown value name=%.*s", (int)name.len, name.p);
	else
		buf_html(r->out, value);
}

static const char *render(const struct rendering *r, const char *p, bool show);

/* The section called ${name} that begins at ${p}; returns what follows it. */
static const char *
render_section(const struct rendering *r, const char *p, struct str name, bool wanted, bool show)
{
	const struct template_value *v = find(r, name);
	const char *end = NULL;

	if (v == NULL || v->rows == NULL)
		return (render(r, p, show && (v != NULL && v->value.p != NULL) == wanted));
	for (size_t i = 0; wanted && show && i < v->n_rows; i++) {
		struct rendering inner = { r->out, r->language, v->rows[i], r };

		end = render(&inner, p, true);
	}
	return (end != NULL ? end : render(r, p, show && !wanted && v->n_rows == 0));
}

/* Renders from ${p} to the end of the section it stands in, and returns what follows; with ${show} false nothing is written. */
static const char *
render(const struct rendering *r, const char *p, bool show)
{
	const char *open, *close;

	while ((open = strstr(p, "{{")) != NULL && (close = strstr(open, "}}")) != NULL) {
		char kind = open[2];
		bool plain = strchr("#^/&", kind) == NULL;
		struct str name = { open + (plain ? 2 : 3), 0 };

		name.len = (size_t)(close - name.p);
		if (show)
			buf_put(r->out, p, (size_t)(open - p));
		p = close + 2;
		if (kind == '/')
			return (p);
		if (kind == '&' && show)
			buf_putstr(r->out, value_of(r, name));
		else if (kind == '#' || kind == '^')
			p = render_section(r, p, name, kind == '#', show);
		else if (show)
			put(r, name);
	}
	if (show)
		buf_puts(r->out, p);
	return (p + strlen(p));
}

void
template_render(struct buf *out, unsigned language, const char *text, const struct template_value *values, size_t n)
{
	struct rendering r = { out, language, { values, n }, NULL };

	render(&r, text, true);
}

struct str
template_style(const char *text)
{
	static const char begin[] = "<style>";
	const char *from = strstr(text, begin) + sizeof(begin) - 1;

	return ((struct str){ from, (size_t)(strstr(from, "</style>") - from) });
}
