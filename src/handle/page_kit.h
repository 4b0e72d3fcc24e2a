/* SPDX-License-Identifier: ISC */
/* What all pages are made with: a template, values for it, and what every page says of itself. */
#ifndef HANDLE_PAGE_KIT_H
#define HANDLE_PAGE_KIT_H

#include "auth/csrf.h"
#include "doorward/app.h"
#include "doorward/request.h"
#include "doorward/response.h"
#include "handle/next.h"
#include "handle/template.h"

#define PAGE_VALUES_MAX 32

/* The templates of src/handle/pages. */
extern const char template_account[], template_error[], template_login[], template_sign_out[], template_signed_in[],
    template_signed_out[];

/* A page in the making. */
struct page {
	const struct app *app;
	unsigned language;
	struct template_value values[PAGE_VALUES_MAX];
	size_t n;
	bool has_form; /* one that may lead on to "next" */
	char token[CSRF_TOKEN_TEXT + 1];
	char login[NEXT_ADDRESS_MAX], again[NEXT_ADDRESS_MAX];
};

/* Starts a page in the language that ${q} asks for. */
void page_begin(struct page *p, const struct app *app, const struct request *q);

void page_set(struct page *p, const char *name, struct str value);
void page_set_flag(struct page *p, const char *name, bool on);

/* Its heading and title: the text called ${name}. */
void page_set_title(struct page *p, const char *name);

/* The text called ${name} in the page's language. */
struct str page_text(const struct page *p, const char *name);

/* The same text is an alarm (role="alert") or news; the templates show one of the two. p NULL = neither. */
void page_set_message(struct page *p, struct str text, bool alarm);

/* The form's token and what it leads to. The token belongs to a cookie: the browser's own if it has one, else a fresh one. */
void page_set_form(struct page *p, const struct request *q, struct response *r, struct str next);

/* The address of our page ${path} below ${mount}, with the way on from there. */
struct str page_address(char room[NEXT_ADDRESS_MAX], const char *mount, const char *path, struct str next);

/* Answers with it. */
void page_finish(struct page *p, struct response *r, int status, const char *template);

#endif
