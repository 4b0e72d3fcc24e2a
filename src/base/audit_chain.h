/* SPDX-License-Identifier: ISC */
/*
 * The form of a line of the audit file: the event's object with one member more at its end, "prev", the SHA-256 of the line
 * before without its newline, in hexadecimal; zeros in the first.
 */
#ifndef BASE_AUDIT_CHAIN_H
#define BASE_AUDIT_CHAIN_H

#include "base/str.h"

#define AUDIT_HASH_LEN 64 /* characters */
#define AUDIT_HASH_NONE "0000000000000000000000000000000000000000000000000000000000000000"
#define AUDIT_BEFORE ",\"prev\":\""
#define AUDIT_AFTER "\"}"
#define AUDIT_TAIL_LEN (sizeof(AUDIT_BEFORE) - 1 + AUDIT_HASH_LEN + sizeof(AUDIT_AFTER) - 1)

/* What ${line}, without its newline, says of the one before: AUDIT_HASH_LEN characters, or STR_NONE if it has not that form. */
struct str audit_chain_prev(struct str line);

#endif
