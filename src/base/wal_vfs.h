/* SPDX-License-Identifier: ISC */
/* How a file with a write-ahead log is reached: as the library always does it, but for one kind of file beside it. */
#ifndef BASE_WAL_VFS_H
#define BASE_WAL_VFS_H

/* The name by which to open it. A journal beside it that names another file is thrown away, and opening fails once. */
const char *wal_vfs(void);

#endif
