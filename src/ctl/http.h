/* SPDX-License-Identifier: ISC */
/* The least of an HTTP client: one request on a unix socket, answered until the other side closes. */
#ifndef CTL_HTTP_H
#define CTL_HTTP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

/*
 * Asks ${path} for ${target}. The whole answer is put in the ${cap} bytes at ${mem}, its body is ${*body}. Returns the status
 * code, or -1 after saying why there is none.
 */
int http_get(const char *path, const char *target, char *mem, size_t cap, struct str *body);

/* Whether anybody listens at ${path}. Says nothing. */
bool http_is_up(const char *path);

/* Sends a POST without a body to ${target}. Returns 1 if it was answered 200, 0 if nobody listens at ${path}, -1 otherwise.
 * Says nothing. */
int http_post(const char *path, const char *target);

#endif
