/* SPDX-License-Identifier: ISC */
/* The spool's file: opened when it is needed, set aside when it is damaged, and never believed to hold what it does not. */
#ifndef SPOOL_FILE_H
#define SPOOL_FILE_H

#include <sys/types.h>

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include <sqlite3.h>

#include "base/wal_index.h"
#include "doorward/result.h"

struct config;

#define FILE_STATEMENTS 21
#define FILE_PROBLEM_MAX 160

struct spool_file {
	char path[PATH_MAX];
	sqlite3 *db; /* NULL = not open now */
	dev_t dev;   /* which file that is: another one may have been put in its place */
	ino_t ino;
	uint64_t opened;        /* how often: each connection counts versions anew, and may be to another file */
	struct wal_index index; /* beside it, and of what length */
	uint64_t base;          /* rows of it have greater numbers; those of earlier files have not */
	sqlite3_stmt *statements[FILE_STATEMENTS];
	char problem[FILE_PROBLEM_MAX]; /* why it failed last */
};

/* The name, absolute. False with errno ENAMETOOLONG. */
bool file_path(const struct config *c, char out[PATH_MAX]);

/* Is what lies there the open file, or could it be opened? A damaged one is set aside, once. DW_OK or DW_UNAVAILABLE. */
enum dw_result file_open(struct spool_file *f);
void file_close(struct spool_file *f);

/* True as long as what was opened still lies under the name, with its index. */
bool file_is_current(struct spool_file *f);

/* The statement ${i}, whose text is ${sql} and always the same; NULL: it cannot be asked. */
sqlite3_stmt *file_statement(struct spool_file *f, size_t i, const char *sql);

/*
 * Ends the use of ${s} after a step that returned ${code}. DW_OK for a row and for the end of rows, else DW_UNAVAILABLE, which
 * is in the log; after what is no passing trouble the file is closed, and set aside if it is damaged.
 */
enum dw_result file_done(struct spool_file *f, sqlite3_stmt *s, int code);

/* BEGIN IMMEDIATE, COMMIT (DW_OK: it is on the disk of the file that lies under the name), ROLLBACK. */
enum dw_result file_begin(struct spool_file *f);
enum dw_result file_commit(struct spool_file *f);
void file_rollback(struct spool_file *f);

/* Makes it if it is not there, and looks through all of it. 0 or -1 with errno, and ${f}->problem. */
int file_make(struct spool_file *f);

/* How many files lie beside it that were set aside. */
uint64_t file_set_aside(const struct spool_file *f);

#endif
