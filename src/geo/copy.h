/* SPDX-License-Identifier: ISC */
/* Copies of a file that others replace: each version of it under a name of its own, which says which it is. */
#ifndef GEO_COPY_H
#define GEO_COPY_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

/* By what a file is told from the one that was there before. Zeroes: there is none. */
struct version {
	uint64_t device, inode, size;
	int64_t seconds, ns; /* of its last change */
	bool regular;
};

/* Unlike any. */
#define VERSION_UNSEEN ((struct version){ .device = UINT64_MAX })

/* Is ${file} another one than ${seen}? ${now} is what it is. */
bool version_changed(const char *file, const struct version *seen, struct version *now);

/* Why a file like ${v} is not opened: it is not there, has no end, or is too large. NULL: it may be. */
const char *version_fault(const struct version *v);

enum copy_result {
	COPY_MADE,       /* ${path} is it, made now or by somebody else before */
	COPY_BAD,        /* ${is_good} refused it, or it is another version by now */
	COPY_IMPOSSIBLE, /* it could not be written, ${*why} says why */
	COPY_BUSY        /* somebody else is making one just now */
};

/*
 * Makes a copy of version ${v} of ${file} in ${dir}, called after ${name}, and removes those of earlier versions: whoever has
 * one open keeps it. Waits for nobody. ${is_good} judges the copy before it gets its name.
 */
enum copy_result copy_make(const char *dir, const char *name, const char *file, const struct version *v,
    bool (*is_good)(const char *path, const char **why), const char **why, char path[PATH_MAX]);

/* Finds the copy that was made last. */
bool copy_last(const char *dir, const char *name, char path[PATH_MAX]);

#endif
