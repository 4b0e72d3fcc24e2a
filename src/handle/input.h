/* SPDX-License-Identifier: ISC */
/* Members of a body, with their types; a wrong one is answered here, in the contract's words. */
#ifndef HANDLE_INPUT_H
#define HANDLE_INPUT_H

#include <stdbool.h>

#include "doorward/request.h"
#include "doorward/response.h"

/*
 * Puts the string member ${name} into ${*out}; absent or null leaves STR_NONE, or is answered 400 if it is ${required}. Returns
 * false if the request has been answered: a missing, wrong-typed or over-long (${max} bytes) member is never coerced (R015).
 */
bool input_string(const struct request *q, struct response *r, const char *name, bool required, size_t max, struct str *out);

/* The same for a boolean; in a form "1", "on", "true", "yes" and "0", "off", "false", "no", "". */
bool input_bool(const struct request *q, struct response *r, const char *name, bool *out);

/* Answers 400 invalid_request with "${name} ${problem}". */
void input_refuse(const struct request *q, struct response *r, const char *name, const char *problem);

#endif
