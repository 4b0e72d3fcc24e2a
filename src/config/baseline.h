/* SPDX-License-Identifier: ISC */
/*
 * The security baseline: what a configuration may say without giving away what this program is for. A file that
 * deviates is a good file; `doorward -t --strict` and `doorwardctl config test --strict` tell of each deviation before it
 * is put in force. doorward.conf(5) has the same table for people.
 */
#ifndef CONFIG_BASELINE_H
#define CONFIG_BASELINE_H

#include <stddef.h>
#include <stdio.h>

#include "doorward/config.h"

/*
 * Holds ${c}, and the files and directories it names, against the baseline. Writes one line to ${out} for each
 * deviation, "file:line: option: what the baseline says: why"; without a line number where the default deviates.
 * Returns how many there were. What is not there yet is no deviation; what cannot be looked at is one.
 */
size_t baseline_check(const struct config *c, FILE *out);

#endif
