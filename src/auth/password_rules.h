/* SPDX-License-Identifier: ISC */
/* What a new password must be, whoever sets it: the endpoint and doorwardctl ask here. */
#ifndef AUTH_PASSWORD_RULES_H
#define AUTH_PASSWORD_RULES_H

#include "base/str.h"
#include "doorward/result.h"

struct config;

enum password_fault {
	PASSWORD_GOOD,
	PASSWORD_NO_TEXT, /* a NUL, or no UTF-8: no login could send it */
	PASSWORD_TOO_SHORT,
	PASSWORD_TOO_LONG,
	PASSWORD_BLOCKLISTED, /* the user's name and the issuer's host too */
	PASSWORD_SAME,
	PASSWORD_UNJUDGED /* the blocklist could not be read */
};

/* Looks for a word in a file, as wordlist_find() does. */
typedef enum dw_result (*password_lookup)(const char *file, struct str word);

/*
 * Judges the password ${typed} of the user ${name} (canonical): its characters are counted, and it is compared, in the form
 * that is hashed.
 * ${lookup} NULL: everything but the blocklist.
 */
enum password_fault password_judge(const struct config *conf, const char *name, struct str typed, password_lookup lookup);

/* True if both are one password, however they were typed. */
bool password_is_same(struct str one, struct str other);

/* The fault's word in an answer ("too_short"); NULL = none. */
const char *password_fault_reason(enum password_fault fault);

/* Writes a sentence about it, for a person. */
void password_fault_text(const struct config *conf, enum password_fault fault, char *text, size_t cap);

#endif
