/* SPDX-License-Identifier: ISC */
/*
 * Fills a page's template: {{name}} is replaced by a value with HTML escapes, {{t.name}} by a text of texts.c,
 * {{#name}}…{{/name}} is shown if the value is there, {{^name}}…{{/name}} if it is not.
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
	const struct template_value *values;
	size_t n;
};

static struct str
value_of(const struct rendering *r, struct str name)
{

	for (size_t i = 0; i < r->n; i++)
		if (str_is(name, r->values[i].name))
			return (r->values[i].value);
	return (STR_NONE);
}

static void
put(const struct rendering *r, struct str name)
{
	struct str value;

	if (str_starts(name, "t."))
		value = texts_find((struct str){ name.p + 2, name.len - 2 });
	else
		value = value_of(r, name);
	if (value.p == NULL)
		log_error("a page template names an unknown value name=%.*s", (int)name.len, name.p);
	else
		buf_html(r->out, value);
}

/* Renders from ${p} to the end of the section it stands in, and returns what follows; with ${show} false nothing is written. */
static const char *
render(const struct rendering *r, const char *p, bool show)
{
	const char *open, *close;

	while ((open = strstr(p, "{{")) != NULL && (close = strstr(open, "}}")) != NULL) {
		char kind = open[2];
		bool plain = strchr("#^/", kind) == NULL;
		struct str name = { open + (plain ? 2 : 3), 0 };

		name.len = (size_t)(close - name.p);
		if (show)
			buf_put(r->out, p, (size_t)(open - p));
		p = close + 2;
		if (kind == '/')
			return (p);
		if (!plain)
			p = render(r, p, show && (value_of(r, name).p != NULL) == (kind == '#'));
		else if (show)
			put(r, name);
	}
	if (show)
		buf_puts(r->out, p);
	return (p + strlen(p));
}

void
template_render(struct buf *out, const char *text, const struct template_value *values, size_t n)
{
	struct rendering r = { out, values, n };

	render(&r, text, true);
}
