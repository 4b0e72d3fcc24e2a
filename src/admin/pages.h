/* SPDX-License-Identifier: ISC */
/* The operators' pages: templates of src/admin/pages, and what all of them are made with. */
#ifndef ADMIN_PAGES_H
#define ADMIN_PAGES_H

#include "doorward/request.h"
#include "doorward/response.h"
#include "handle/template.h"

#define PAGES_VALUES_MAX 24

extern const char template_done[], template_explorer[], template_kick[], template_status[];

/* A page in the making. */
struct operators_page {
	struct template_value values[PAGES_VALUES_MAX];
	size_t n;
};

/* Starts one with that heading. */
void pages_begin(struct operators_page *p, const char *title);

void pages_set(struct operators_page *p, const char *name, struct str value);
void pages_set_text(struct operators_page *p, const char *name, const char *value); /* "" = absent */
void pages_set_rows(struct operators_page *p, const char *name, const struct template_row *rows, size_t n);

/* Answers with it: its one style is allowed, forms go to ourselves, and nothing else can be loaded or run. */
void pages_finish(struct operators_page *p, struct response *r, int status, const char *template);

/* The query's ${name} without blanks around it; "" is none, since a search form sends all its fields. */
struct str pages_asked(const struct request *q, const char *name);

#endif
