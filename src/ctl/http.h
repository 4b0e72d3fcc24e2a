/* The least of an HTTP client: one GET on a unix socket, read until the other side closes. */
#ifndef CTL_HTTP_H
#define CTL_HTTP_H

#include <stddef.h>

#include "base/str.h"

/*
 * Asks ${path} for ${target}. The whole answer is put in the ${cap} bytes at ${mem}, its body is ${*body}. Returns the status code, or -1
 * after saying why there is none.
 */
int http_get(const char *path, const char *target, char *mem, size_t cap, struct str *body);

#endif
