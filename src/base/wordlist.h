/* SPDX-License-Identifier: ISC */
/* A file of words, one a line: is this one of them? */
#ifndef BASE_WORDLIST_H
#define BASE_WORDLIST_H

#include "base/str.h"
#include "doorward/result.h"

/*
 * Looks for ${word} in the file ${path}, in whatever order its lines stand; ASCII letters count without regard to case, and a
 * line may end with CR LF. DW_OK: it is there. DW_ABSENT: it is not. DW_UNAVAILABLE: the file cannot be read.
 */
enum dw_result wordlist_find(const char *path, struct str word);

#endif
