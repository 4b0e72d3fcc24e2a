/* SPDX-License-Identifier: ISC */
/* One row of a list of groups, such as `clients` and `sinks`. Inside src/config only. */
#ifndef CONFIG_ROW_H
#define CONFIG_ROW_H

#include <stdbool.h>

#include "config/source.h"
#include "config/table.h"

/*
 * Reads the settings of ${row}, the ${index}th of the list ${list}, into the struct at ${base} by ${table}. What the row does
 * not set stays as it is. False, with the messages written, if one is unknown or wrong: the rest is read all the same.
 */
bool row_read(
    const struct loading *l, const config_setting_t *row, const char *list, int index, const struct option *table, void *base);

#endif
