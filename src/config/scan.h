/* SPDX-License-Identifier: ISC */
/*
 * A look at the text of the configuration before libconfig reads it, for what libconfig 1.5 does not tell or does
 * not survive: an integer beyond 32 bits wraps in silence (5000000000 becomes 705032704), a NUL in a string cuts it,
 * a comment that is never closed swallows the rest of the file, a string that is not is a "syntax error" in the last
 * line, and including a directory ends the process.
 */
#ifndef CONFIG_SCAN_H
#define CONFIG_SCAN_H

#include <stdbool.h>
#include <stddef.h>

#define SCAN_FILE_MAX 262144 /* bytes of one file; the sample with every comment is a tenth of it */
#define SCAN_NESTING_MAX 8   /* groups and lists in each other: the options need three */
#define SCAN_INCLUDES_MAX 8  /* files that include each other; libconfig stops at ten */

/*
 * Returns true if nothing of that is in ${file} or in a file that it includes; else false with "file:line: option:
 * what is wrong" in the ${errlen} bytes at ${err}. Syntax errors are left to libconfig.
 */
bool scan_file(const char *file, char *err, size_t errlen);

/*
 * Writes the directory of ${file}, from which libconfig looks up what it includes. Returns false if it does not fit.
 */
bool scan_directory(const char *file, char *out, size_t cap);

#endif
