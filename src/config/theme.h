/* SPDX-License-Identifier: ISC */
/* What an operator adds to the pages: a logo and a style sheet. Inside src/config only. */
#ifndef CONFIG_THEME_H
#define CONFIG_THEME_H

#include <stdbool.h>

#include "config/source.h"

/* A page has at most 20 KB, and these go into every one of them. */
#define SITE_LOGO_MAX 6144 /* bytes of the file */
#define THEME_CSS_MAX 4096

/* Reads the files that the options name. False, with a line each, if one cannot be used. */
bool theme_read(const struct loading *l);

void theme_free(struct config *c);

#endif
