/* SPDX-License-Identifier: ISC */
/* Verifying a password against an account, at the same cost whether the account exists or not. */
#ifndef AUTH_PASSWORD_H
#define AUTH_PASSWORD_H

#include "base/str.h"
#include "crypto/pwhash.h"
#include "doorward/result.h"
#include "doorward/userdb.h"

struct app;
struct config;

/* Says how this process hashes new passwords, by the settings. Before anything else here. */
void password_configure(const struct config *conf);

/*
 * Finds ${name} (as typed) and verifies ${password}, for who asks from ${ip}. DW_OK: ${out} is the account. DW_REFUSED: unknown
 * user, wrong password or disabled account, which nobody can tell apart (R090, R091). DW_UNAVAILABLE: the user database could
 * not be asked. DW_BUSY: all places for hashing are taken; nothing was evaluated. DW_FAULT. The account's hash is wiped, and
 * replaced in the database if it is outdated.
 */
enum dw_result password_verify(struct app *app, struct str name, struct str password, const char *ip, struct account *out);

/* True if ${hash} is of this password, however it was typed. */
bool password_is_of(const char *hash, struct str password);

/* Makes the hash of a new password, of 1 to PASSWORD_MAX bytes of UTF-8 without NUL. Returns 0, or -1. The caller wipes
 * ${hash}. */
int password_make(struct str password, char hash[PWHASH_TEXT_MAX]);

/* The same as one of those that hash at a time. DW_OK, DW_BUSY (all places for hashing are taken), or DW_FAULT. */
enum dw_result password_make_in_turn(struct app *app, struct str password, char hash[PWHASH_TEXT_MAX]);

#endif
