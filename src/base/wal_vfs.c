/* SPDX-License-Identifier: ISC */
/*
 * A journal of a transaction over several files names one more file, the super-journal, which SQLite removes when it has played
 * the journal back. Ours never have such: no file is attached to another. So a journal with one was laid there by who holds the
 * directory, and whose name it gives would be removed with the rights of who opens the file next: an operator's, who is root.
 * It is not opened and so not removed; SQLite throws the journal away, and says once that the file cannot be opened.
 */
#include <pthread.h>
#include <sqlite3.h>

#include "base/wal_vfs.h"

static pthread_once_t once = PTHREAD_ONCE_INIT;
static sqlite3_vfs *usual, ours;

static int
open_file(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *given)
{

	(void)vfs;
	if ((flags & SQLITE_OPEN_SUPER_JOURNAL) != 0) {
		file->pMethods = NULL;
		return (SQLITE_CANTOPEN);
	}
	return (usual->xOpen(usual, name, file, flags, given));
}

/* Without the usual one nothing can be opened, by no name. */
static void
make(void)
{

	if ((usual = sqlite3_vfs_find(NULL)) == NULL)
		return;
	ours = *usual;
	ours.pNext = NULL;
	ours.zName = "doorward";
	ours.xOpen = open_file;
	(void)sqlite3_vfs_register(&ours, 0);
}

const char *
wal_vfs(void)
{

	(void)pthread_once(&once, make);
	return ("doorward");
}
