/* SPDX-License-Identifier: ISC */
/* The reason an operator gives for ending sessions: shown to people, logged, and sent to gateways. */
#ifndef AUTH_REASON_H
#define AUTH_REASON_H

#include <stdbool.h>

#include "base/str.h"

/*
 * True if ${text} may be a reason: 1 to REASON_MAX bytes of UTF-8 that show something, without control characters, without what
 * turns the direction of writing, and without what cannot be seen (a page or a log would say something else than it holds).
 */
bool reason_valid(struct str text);

#endif
