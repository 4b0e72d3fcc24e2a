/* SPDX-License-Identifier: ISC */
/*
 * The file. SQLite with WAL and synchronous FULL: a commit is one fsync, and readers wait for nobody.
 *
 * Other processes have it open too, so all that one of them finds out has to hold for the others:
 *
 *	- a file that is gone is made anew, since nothing can be promised without one
 *	- one that is damaged is renamed to NAME.damaged-TIME, and a new one is made with what could be read of it, if there is
 *	  room for that; else it stays, and nothing is promised. One process does it, under a lock on the directory; the others
 *	  notice by the inode. Whoever has committed looks once more whether the file still lies there, and does it again in the
 *	  new one if not: a promise in a file that nobody reads is none
 *	- its index may have been truncated or removed by somebody: base/wal_index.h
 *	- the rows of a new file have greater numbers than any before (they begin at the time in ms), so that nobody takes a row
 *	  of the old one that is denied in shared memory for one that was replayed
 */
#include <sys/file.h>
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/wal_vfs.h"
#include "doorward/config.h"
#include "spool/entry.h"
#include "spool/table.h"

#include "spool/file.h"

#define FILE_MODE 0600
#define PATIENCE 1000 /* ms: commits of others take a millisecond or two each; a request must not hang for longer */
#define LOCK_TRIES 50 /* for what does not wait for a lock by itself, … */
#define LOCK_PAUSE 20 /* … each after so many ms */
#define DAMAGED ".damaged-"
#define PROBE ".probe"
#define ROOM (128 << 10) /* bytes of an empty one, with its journal and index */

static const char settings[] = "PRAGMA journal_mode = WAL;"
			       "PRAGMA synchronous = FULL;"
			       "PRAGMA trusted_schema = OFF;";

bool
file_path(const struct config *c, char out[PATH_MAX])
{
	int n = c->spool_file[0] == '/' ? snprintf(out, PATH_MAX, "%s", c->spool_file)
					: snprintf(out, PATH_MAX, "%s/%s", c->state_dir, c->spool_file);

	if (n >= 0 && n < PATH_MAX - 64) /* room for what SQLite and we put behind it */
		return (true);
	errno = ENAMETOOLONG;
	return (false);
}

bool
file_is_current(struct spool_file *f)
{
	struct stat st;

	return (f->db != NULL && stat(f->path, &st) == 0 && st.st_dev == f->dev && st.st_ino == f->ino &&
		wal_index_is_whole(f->path, &f->index));
}

void
file_close(struct spool_file *f)
{

	for (size_t i = 0; i < FILE_STATEMENTS; i++) {
		sqlite3_finalize(f->statements[i]);
		f->statements[i] = NULL;
	}
	sqlite3_close(f->db);
	f->db = NULL;
}

static bool
is_damage(int code)
{

	return ((code & 0xff) == SQLITE_CORRUPT || (code & 0xff) == SQLITE_NOTADB || (code & 0xff) == SQLITE_FORMAT);
}

/* Root makes it for whoever the directory belongs to. */
static int
choose_owner(const char *path, int fd)
{
	char dir[PATH_MAX];
	struct stat st;

	snprintf(dir, sizeof(dir), "%s", path);
	if (geteuid() != 0 || stat(dirname(dir), &st) != 0 || st.st_uid == 0)
		return (0);
	return (fchown(fd, st.st_uid, st.st_gid));
}

static int
create(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, FILE_MODE), saved;

	if (fd < 0)
		return (errno == EEXIST ? 0 : -1);
	if (fchmod(fd, FILE_MODE) == 0 && choose_owner(path, fd) == 0) {
		close(fd);
		return (0);
	}
	saved = errno;
	(void)unlink(path);
	close(fd);
	errno = saved;
	return (-1);
}

/* The change to WAL of a new file does not wait for a lock by itself. */
static int
set_up(sqlite3 *db)
{
	int code = SQLITE_BUSY;

	for (int i = 0; i < LOCK_TRIES && (code & 0xff) == SQLITE_BUSY; i++) {
		if (i > 0)
			sqlite3_sleep(LOCK_PAUSE);
		code = sqlite3_exec(db, settings, NULL, NULL, NULL);
	}
	return (code);
}

/* Returns a code of SQLite; the file lies there. */
static int
connect_to(struct spool_file *f)
{
	struct stat st;
	int code;

	if (stat(f->path, &st) != 0)
		return (SQLITE_CANTOPEN);
	if ((code = sqlite3_open_v2(f->path, &f->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, wal_vfs())) != SQLITE_OK)
		return (code);
	f->dev = st.st_dev;
	f->ino = st.st_ino;
	f->opened++;
	memset(&f->index, 0, sizeof(f->index));
	sqlite3_extended_result_codes(f->db, 1);
	sqlite3_db_config(f->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_busy_timeout(f->db, PATIENCE);
	if ((code = set_up(f->db)) != SQLITE_OK)
		return (code);
	return (table_prepare(f->db, &f->base));
}

static void
note(struct spool_file *f, int code)
{

	snprintf(f->problem, sizeof(f->problem), "%s (%d)", sqlite3_errstr(code), code);
}

/* Copies what can still be read, row by row, under the same numbers; an entry that makes no sense is left behind. */
static uint64_t
carry_over(struct spool_file *f, const char *old)
{
	static const char read[] = "SELECT id, done_at, " ENTRY_COLUMNS " FROM spool WHERE done_at = 0 ORDER BY id";
	static const char write[] = "INSERT OR IGNORE INTO spool (" ENTRY_COLUMNS ", id) VALUES (" ENTRY_PLACES ", ?25)";
	sqlite3_stmt *in = NULL, *out = NULL;
	uint64_t n = 0;
	struct entry e;
	sqlite3 *db = NULL;

	if (sqlite3_open_v2(old, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, wal_vfs()) == SQLITE_OK &&
	    sqlite3_prepare_v2(db, read, -1, &in, NULL) == SQLITE_OK &&
	    sqlite3_prepare_v2(f->db, write, -1, &out, NULL) == SQLITE_OK &&
	    sqlite3_exec(f->db, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK) {
		while (sqlite3_step(in) == SQLITE_ROW) {
			if (!entry_read(in, &e))
				continue;
			entry_bind(out, &e);
			sqlite3_bind_int64(out, ENTRY_ROW_PLACE, (int64_t)e.row);
			n += sqlite3_step(out) == SQLITE_DONE;
			sqlite3_reset(out);
		}
		if (sqlite3_exec(f->db, "COMMIT", NULL, NULL, NULL) != SQLITE_OK)
			n = 0;
	}
	sqlite3_finalize(in);
	sqlite3_finalize(out);
	sqlite3_close(db);
	return (n);
}

/* The journal and its index go along: with another file they would be poison. */
static int
rename_all(const char *from, const char *to)
{
	static const char *const tails[] = { "-wal", "-shm" };
	char a[PATH_MAX + 8], b[PATH_MAX + 8];

	if (rename(from, to) != 0)
		return (-1);
	for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
		snprintf(a, sizeof(a), "%s%s", from, tails[i]);
		snprintf(b, sizeof(b), "%s%s", to, tails[i]);
		if (rename(a, b) != 0 && errno != ENOENT)
			return (-1);
	}
	return (0);
}

/* Holds the directory, so that one process at a time sets files aside. Returns a descriptor or -1. */
static int
hold_directory(const char *path)
{
	char dir[PATH_MAX];
	int fd;

	snprintf(dir, sizeof(dir), "%s", path);
	if ((fd = open(dirname(dir), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
		return (-1);
	for (int i = 0; i < LOCK_TRIES; i++) {
		if (flock(fd, LOCK_EX | LOCK_NB) == 0)
			return (fd);
		sqlite3_sleep(LOCK_PAUSE);
	}
	close(fd);
	return (-1);
}

/* For another file of ${bytes} and its journal? Only who takes it knows, with quotas and limits. */
static bool
has_room(const char *path, off_t bytes)
{
	char probe[PATH_MAX];
	int fd, error;

	snprintf(probe, sizeof(probe), "%.*s" PROBE, PATH_MAX - 64, path);
	if (unlink(probe) != 0 && errno != ENOENT)
		return (false);
	if ((fd = open(probe, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, FILE_MODE)) < 0)
		return (false);
	(void)unlink(probe);
	error = posix_fallocate(fd, 0, 2 * bytes + ROOM);
	close(fd);
	return (error == 0);
}

/* Puts a new file in the place of the damaged one with the inode ${f} has seen. Another process may have done it already. */
static int
replace(struct spool_file *f, int code)
{
	char aside[PATH_MAX];
	uint64_t kept;
	struct stat st;

	if (stat(f->path, &st) != 0 || st.st_dev != f->dev || st.st_ino != f->ino)
		return (SQLITE_OK);
	if (!has_room(f->path, st.st_size))
		return (SQLITE_FULL);
	snprintf(aside, sizeof(aside), "%.*s" DAMAGED "%lld", PATH_MAX - 64, f->path, (long long)clock_wall_ms());
	if (rename_all(f->path, aside) != 0 || create(f->path) != 0)
		return (SQLITE_CANTOPEN);
	if ((code = connect_to(f)) != SQLITE_OK)
		return (code);
	kept = carry_over(f, aside);
	log_error("the spool of endings was damaged and is set aside, what could be read of it is kept: promises may be lost "
		  "endings=%llu path=%s",
	    (unsigned long long)kept, log_text(str_of(aside)));
	return (SQLITE_OK);
}

static int
set_aside(struct spool_file *f, int code)
{
	int fd;

	file_close(f);
	if ((fd = hold_directory(f->path)) < 0)
		return (code);
	code = replace(f, code);
	file_close(f);
	close(fd);
	return (code);
}

static int
open_once(struct spool_file *f)
{
	int code;

	if (access(f->path, F_OK) != 0 && errno == ENOENT && create(f->path) != 0)
		return (SQLITE_CANTOPEN);
	if ((code = connect_to(f)) == SQLITE_OK)
		return (code);
	if (is_damage(code) && (code = set_aside(f, code)) == SQLITE_OK)
		return (connect_to(f));
	return (code);
}

enum dw_result
file_open(struct spool_file *f)
{
	static int64_t next;
	int code;

	if (file_is_current(f))
		return (DW_OK);
	file_close(f);
	if ((code = open_once(f)) == SQLITE_OK) {
		f->problem[0] = '\0';
		return (DW_OK);
	}
	note(f, code);
	file_close(f);
	if (log_due(&next))
		log_error("the spool of endings cannot be opened, nothing is promised while Redis is away error=%s path=%s",
		    log_text(str_of(f->problem)), log_text(str_of(f->path)));
	return (DW_UNAVAILABLE);
}

sqlite3_stmt *
file_statement(struct spool_file *f, size_t i, const char *sql)
{
	int code;

	if (f->statements[i] != NULL)
		return (f->statements[i]);
	code = sqlite3_prepare_v3(f->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &f->statements[i], NULL);
	if (code == SQLITE_OK)
		return (f->statements[i]);
	(void)file_done(f, NULL, code);
	return (NULL);
}

enum dw_result
file_done(struct spool_file *f, sqlite3_stmt *s, int code)
{
	static int64_t next;
	int primary = code & 0xff;

	if (s != NULL) {
		sqlite3_reset(s);
		sqlite3_clear_bindings(s);
	}
	if (primary == SQLITE_ROW || primary == SQLITE_DONE || primary == SQLITE_OK)
		return (DW_OK);
	note(f, code);
	if (log_due(&next))
		log_error(
		    "the spool of endings failed error=%s path=%s", log_text(str_of(f->problem)), log_text(str_of(f->path)));
	if (is_damage(code))
		(void)set_aside(f, code);
	else if (primary != SQLITE_BUSY && primary != SQLITE_LOCKED)
		file_close(f);
	return (DW_UNAVAILABLE);
}

static enum dw_result
run(struct spool_file *f, const char *sql)
{

	return (file_done(f, NULL, sqlite3_exec(f->db, sql, NULL, NULL, NULL)));
}

enum dw_result
file_begin(struct spool_file *f)
{

	return (run(f, "BEGIN IMMEDIATE"));
}

enum dw_result
file_commit(struct spool_file *f)
{
	enum dw_result rc = run(f, "COMMIT");

	if (rc != DW_OK)
		file_rollback(f);
	return (rc == DW_OK && !file_is_current(f) ? DW_UNAVAILABLE : rc);
}

void
file_rollback(struct spool_file *f)
{

	if (f->db != NULL && !sqlite3_get_autocommit(f->db))
		(void)sqlite3_exec(f->db, "ROLLBACK", NULL, NULL, NULL);
}

static int
check_all(struct spool_file *f)
{
	sqlite3_stmt *s = NULL;
	int code = sqlite3_prepare_v2(f->db, "PRAGMA quick_check(1)", -1, &s, NULL);
	const char *word;

	if (code == SQLITE_OK && (code = sqlite3_step(s)) == SQLITE_ROW) {
		word = (const char *)sqlite3_column_text(s, 0);
		code = word != NULL && strcmp(word, "ok") == 0 ? SQLITE_OK : SQLITE_CORRUPT;
	}
	sqlite3_finalize(s);
	return (code);
}

int
file_make(struct spool_file *f)
{
	int code;

	if (create(f->path) != 0) {
		snprintf(f->problem, sizeof(f->problem), "%s", strerror(errno));
		return (-1);
	}
	if ((code = open_once(f)) == SQLITE_OK && is_damage(code = check_all(f)) && (code = set_aside(f, code)) == SQLITE_OK)
		code = open_once(f);
	if (code == SQLITE_OK)
		return (0);
	note(f, code);
	file_close(f);
	errno = EIO;
	return (-1);
}

uint64_t
file_set_aside(const struct spool_file *f)
{
	char dir[PATH_MAX], name[PATH_MAX], prefix[NAME_MAX + sizeof(DAMAGED)];
	const struct dirent *e;
	uint64_t n = 0;
	DIR *d;

	snprintf(dir, sizeof(dir), "%s", f->path);
	snprintf(name, sizeof(name), "%s", f->path);
	snprintf(prefix, sizeof(prefix), "%.*s" DAMAGED, NAME_MAX, basename(name));
	if ((d = opendir(dirname(dir))) == NULL)
		return (0);
	while ((e = readdir(d)) != NULL)
		n += strncmp(e->d_name, prefix, strlen(prefix)) == 0 && strchr(e->d_name + strlen(prefix), '-') == NULL;
	closedir(d);
	return (n);
}
