/* SPDX-License-Identifier: ISC */
/* Pages from templates: the part of Mustache that escapes everything. */
#ifndef HANDLE_TEMPLATE_H
#define HANDLE_TEMPLATE_H

#include <stddef.h>

#include "base/buf.h"
#include "base/str.h"

struct template_value;

/* What one repetition of a section knows beside the page. */
struct template_row {
	const struct template_value *values;
	size_t n;
};

struct template_value {
	const char *name;
	struct str value;                /* p NULL = absent */
	const struct template_row *rows; /* instead: a section for each of them; NULL = it is one value */
	size_t n_rows;
};

/*
 * Appends ${text} with {{name}} replaced by that value as HTML, {{t.name}} by that text of the table in
 * ${language}, {{#name}}…{{/name}} kept
 * if the value is there, {{^name}}…{{/name}} if it is absent. {{&name}} puts a value in unescaped: the one value
 * for which that is used is the operator's style (tests/unit/handle/template.c). A name that is in
 * neither is a mistake of ours: it is logged and left out.
 */
void template_render(struct buf *out, unsigned language, const char *text, const struct template_value *values, size_t n);

/* What stands in the first style element of ${text}, whose digest goes into the page's policy. */
struct str template_style(const char *text);

#endif
