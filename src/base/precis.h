/* SPDX-License-Identifier: ISC */
/*
 * Names and passwords as RFC 8265 prepares them, so that what looks and types the same is the same: a phone may send "é" as one
 * character and a laptop as two, and a keyboard may be set to full width.
 */
#ifndef BASE_PRECIS_H
#define BASE_PRECIS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

/*
 * Writes the canonical form of the user name ${given} to ${out} (profile UsernameCaseMapped): blanks around it dropped, full-
 * and half-width forms mapped, lower case, NFC. Returns false, with ${out} empty, if it cannot be a name: empty, longer than
 * ${cap} - 1 bytes then, no UTF-8, mixed directions (RFC 5893), or with a character that is refused:
 *
 * - what the profile refuses: controls, blanks other than U+0020, invisible and unassigned characters, and those that only
 * stand for others (ligatures, circled digits …), by which two accounts could look the same;
 * - , : / " since a name goes into Remote-User, where applications split lists, paths and quoted texts.
 *
 * Wider than the profile: other symbols and punctuation may be in a name, as they are in names of existing accounts.
 */
bool precis_username(struct str given, char *out, size_t cap);

/*
 * Writes the password ${given} to ${out} as it is hashed (profile OpaqueString): blanks that are not ASCII become U+0020, NFC;
 * nothing else is changed. Its length goes to ${*n}. Returns false, with nothing in ${out}, if it holds a NUL, is no UTF-8, or
 * is longer than ${cap} then. The caller wipes ${out}.
 */
bool precis_password(struct str given, char *out, size_t cap, size_t *n);

#endif
