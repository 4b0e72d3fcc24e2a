/* SPDX-License-Identifier: ISC */
/* The part of the baseline that looks at files and directories. Inside src/config only. */
#ifndef CONFIG_BASELINE_FILES_H
#define CONFIG_BASELINE_FILES_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>

/* One look: who may do with a file what nobody should. */
enum look {
	LOOK_FINE,   /* or not there yet */
	LOOK_OPEN,   /* it has some of the permissions asked about */
	LOOK_UNKNOWN /* it could not be asked; errno says why */
};

/* Has ${path} any of the permissions in ${mask}? */
enum look baseline_files_mode(const char *path, mode_t mask);

/* The same for the directory that ${path} is in; one with the sticky bit is as bad, its names can be guessed. */
enum look baseline_files_parent(const char *path, mode_t mask);

/*
 * The same for the directory ${dir} and every file in it. The first one that is not fine is written to the ${cap} bytes
 * at ${worst}.
 */
enum look baseline_files_all(const char *dir, mode_t mask, char *worst, size_t cap);

/* Is the secret in ${path} shorter than ${min} bytes? The copy is wiped. */
enum look baseline_files_secret(const char *path, size_t min);

#endif
