/* SPDX-License-Identifier: ISC */
/*
 * Modules: what is opened becomes part of the process, so it is believed only if nobody but root, or who runs this process,
 * could have put it there. It comes from one directory that was fixed at build time, whose owner and mode are looked at as
 * well as the file's; no name with a slash, no link. All symbols are bound at once (RTLD_NOW): what is missing shows here and
 * not in the middle of a login; and they stay the module's own (RTLD_LOCAL).
 *
 * A module is never closed: libraries below it leave threads, handlers at exit and keys of thread storage behind.
 */
#include "config.h"

#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"

#include "base/module.h"

#define SUFFIX ".so"
#define NAME_MAX_LEN 32
#define KEPT_MAX 8 /* modules of one process */

static struct kept {
	char name[NAME_MAX_LEN];
	const struct module *module;
} kept[KEPT_MAX];

/* What speaks against believing what ${st} describes; NULL = nothing. */
static const char *
objection(const struct stat *st, bool directory)
{

	if (directory ? !S_ISDIR(st->st_mode) : !S_ISREG(st->st_mode))
		return (directory ? "is no directory" : "is no regular file");
	if (st->st_uid != 0 && st->st_uid != geteuid())
		return ("belongs neither to root nor to who runs this process");
	if ((st->st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return ("can be written by others than its owner");
	return (NULL);
}

/* Looks at ${path}, a link not being followed. Returns 0, or -1 with errno and a sentence. */
static int
look(const char *path, bool directory, char *err, size_t errlen)
{
	const char *why;
	struct stat st;

	if (lstat(path, &st) != 0) {
		snprintf(err, errlen, "%s: %s", path, strerror(errno));
		return (-1);
	}
	if ((why = objection(&st, directory)) == NULL)
		return (0);
	snprintf(err, errlen, "%s %s", path, why);
	errno = EPERM;
	return (-1);
}

/* A name is one word: from the tables of the program, or the name of a file in the directory. */
static int
path_of(const char *name, char path[PATH_MAX], char *err, size_t errlen)
{

	if (name[0] != '\0' && strlen(name) < NAME_MAX_LEN && strchr(name, '/') == NULL &&
	    snprintf(path, PATH_MAX, "%s/%s%s", MODULEDIR, name, SUFFIX) < PATH_MAX)
		return (0);
	snprintf(err, errlen, "%.64s is no name of a module", name);
	errno = EINVAL;
	return (-1);
}

/* Takes what the shared object ${path} exports. */
static const struct module *
load(const char *path, char *err, size_t errlen)
{
	const struct module *m;
	void *object;

	if ((object = dlopen(path, RTLD_NOW | RTLD_LOCAL)) == NULL) {
		snprintf(err, errlen, "%s", dlerror());
		errno = ENOEXEC;
		return (NULL);
	}
	if ((m = dlsym(object, MODULE_SYMBOL)) != NULL && m->version != NULL && strcmp(m->version, MODULE_VERSION) == 0)
		return (m);
	snprintf(err, errlen, "%s is for %.64s, this is %s", path,
	    m == NULL || m->version == NULL ? "another program" : m->version, MODULE_VERSION);
	errno = ENOEXEC;
	return (NULL);
}

static const struct module *
open_file(const char *name, const char *package, char *err, size_t errlen)
{
	char path[PATH_MAX];

	if (path_of(name, path, err, errlen) != 0)
		return (NULL);
	if (access(path, F_OK) != 0 && (errno == ENOENT || errno == ENOTDIR)) {
		snprintf(err, errlen, "the module %s is not installed in %s: it comes with the Debian package %s", name,
		    MODULEDIR, package);
		errno = ENOENT;
		return (NULL);
	}
	if (look(MODULEDIR, true, err, errlen) != 0 || look(path, false, err, errlen) != 0)
		return (NULL);
	return (load(path, err, errlen));
}

const struct module *
module_open(const char *name, const char *package, char *err, size_t errlen)
{
	const struct module *m;
	size_t i;

	for (i = 0; i < KEPT_MAX && kept[i].module != NULL; i++)
		if (strcmp(kept[i].name, name) == 0)
			return (kept[i].module);
	if ((m = open_file(name, package, err, errlen)) == NULL)
		return (NULL);
	if (i < KEPT_MAX && str_copy(kept[i].name, sizeof(kept[i].name), str_of(name)))
		kept[i].module = m;
	return (m);
}

/* The other side of module_try(): says what is wrong, if anything is, and ends without a trace. */
static void __attribute__((noreturn)) try_here(const char *name, const char *package, int to)
{
	char why[MODULE_ERROR_MAX] = "";
	ssize_t n = 0;

	if (module_open(name, package, why, sizeof(why)) == NULL)
		n = write(to, why, strlen(why));
	_exit(n < 0 ? EXIT_FAILURE : EXIT_SUCCESS);
}

/* Reads what it says up to its end. */
static size_t
read_all(int from, char *text, size_t cap)
{
	size_t len = 0;
	ssize_t n;

	while (len < cap - 1 && ((n = read(from, text + len, cap - 1 - len)) > 0 || (n < 0 && errno == EINTR)))
		len += n > 0 ? (size_t)n : 0;
	text[len] = '\0';
	return (len);
}

/* A process, and the pipe that it speaks through. -1 with errno: there is none to be had. */
static pid_t
begin_try(int ends[2])
{
	pid_t pid;

	if (pipe(ends) != 0)
		return (-1);
	if ((pid = fork()) < 0) {
		close(ends[0]);
		close(ends[1]);
	}
	return (pid);
}

int
module_try(const char *name, const char *package, char *err, size_t errlen)
{
	int ends[2], status = 0;
	pid_t pid;

	if ((pid = begin_try(ends)) < 0) {
		snprintf(err, errlen, "the module %s cannot be tried: %s", name, strerror(errno));
		return (-1);
	}
	if (pid == 0) {
		close(ends[0]);
		try_here(name, package, ends[1]);
	}
	close(ends[1]);
	(void)read_all(ends[0], err, errlen);
	close(ends[0]);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		continue;
	if (err[0] == '\0' && (!WIFEXITED(status) || WEXITSTATUS(status) != 0))
		snprintf(err, errlen, "the module %s ends the process that opens it", name);
	return (err[0] == '\0' ? 0 : -1);
}

static int
is_module(const struct dirent *e)
{
	size_t n = strspn(e->d_name, "abcdefghijklmnopqrstuvwxyz0123456789_");

	return (n > 0 && n < NAME_MAX_LEN && strcmp(e->d_name + n, SUFFIX) == 0);
}

void
module_list(FILE *to)
{
	char name[NAME_MAX_LEN], why[MODULE_ERROR_MAX];
	struct dirent **entries;
	int n = scandir(MODULEDIR, &entries, is_module, alphasort);

	fprintf(to, "modules in %s:%s", MODULEDIR, n > 0 ? "" : " none");
	for (int i = 0; i < n; i++) {
		snprintf(
		    name, sizeof(name), "%.*s", (int)(strlen(entries[i]->d_name) - (sizeof(SUFFIX) - 1)), entries[i]->d_name);
		fprintf(to, "%s %s", i > 0 ? "," : "", name);
		why[0] = '\0';
		if (module_try(name, "", why, sizeof(why)) != 0)
			fprintf(to, " (refused: %s)", why);
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
	fputc('\n', to);
}
