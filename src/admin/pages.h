/* SPDX-License-Identifier: ISC */
/* The operators' pages: templates of src/admin/pages. */
#ifndef ADMIN_PAGES_H
#define ADMIN_PAGES_H

#include "doorward/response.h"
#include "handle/template.h"

extern const char template_done[], template_explorer[], template_kick[], template_status[];

/* The policy of a page made of ${template}: its style, forms to ourselves, nothing else. */
void pages_begin(struct response *r, const char *template);

#endif
