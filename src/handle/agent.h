/* SPDX-License-Identifier: ISC */
/* A browser in words, for people who look at where they are signed in. */
#ifndef HANDLE_AGENT_H
#define HANDLE_AGENT_H

#include "base/str.h"

#define AGENT_WORDS_MAX 96

/* Writes what the User-Agent ${agent} ("" = nothing is known) says of itself, in ${language} (texts.h): "Firefox on Windows".
 */
struct str agent_words(unsigned language, const char *agent, char room[AGENT_WORDS_MAX]);

#endif
