/* SPDX-License-Identifier: ISC */
/*
 * The obstacles that a start would meet, looked for one after the other so that all of them are told: the state directory, the
 * program of a private Redis, the addresses to listen on, the files that the daemon only reads and the directories that it
 * writes files in, the modules. Each is asked of the functions that the start itself uses, so that the two cannot disagree.
 * What the processes of the daemon use as another user than root is looked at by a process that has become this user: root can
 * read everything, and would find it fine.
 * Whether a daemon with this configuration runs already is seen by its admin socket: then the addresses are in use, as they
 * should be.
 */
#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "doorward/userdb.h"
#include "master/listen.h"
#include "redisd/private_redis.h"
#include "master/privs.h"

#include "master/preflight.h"

#define BACKLOG_PROBE 1
#define SENTENCE_MAX 512
#define FOUND_MAX 99 /* fits an exit code */

struct preflight {
	const struct config *conf;
	FILE *to;
	size_t found;
	bool running; /* a daemon of this configuration */
	bool as_user; /* this process was root's, and has become who the daemon runs as */
};

static void __attribute__((format(printf, 3, 4))) complain(struct preflight *p, const char *option, const char *fmt, ...)
{
	char place[PATH_MAX + 64];
	va_list ap;

	config_place(p->conf, option, place, sizeof(place));
	fprintf(p->to, "doorward: %s: ", place);
	va_start(ap, fmt);
	vfprintf(p->to, fmt, ap);
	va_end(ap);
	fputc('\n', p->to);
	p->found++;
}

/* The directory that ${path} is to be made in. */
static void
parent_of(const char *path, char out[PATH_MAX])
{
	const char *slash = strrchr(path, '/');

	if (slash == NULL)
		strcpy(out, ".");
	else
		(void)str_copy(out, PATH_MAX, (struct str){ path, slash == path ? 1 : (size_t)(slash - path) });
}

/* Relative names are below state_dir. */
static bool
below_state_dir(const struct preflight *p, const char *name, char out[PATH_MAX])
{
	int n = name[0] == '/' ? snprintf(out, PATH_MAX, "%s", name)
			       : snprintf(out, PATH_MAX, "%s/%s", p->conf->state_dir, name);

	return (n > 0 && n < PATH_MAX);
}

static void
check_state_dir(struct preflight *p)
{
	const char *dir = p->conf->state_dir, *why;
	char parent[PATH_MAX];

	if (access(dir, F_OK) == 0) {
		if ((why = privs_unfit_directory(dir)) != NULL)
			complain(p, "state_dir", "%s %s", dir, why);
		return;
	}
	parent_of(dir, parent);
	if (access(parent, W_OK | X_OK) != 0)
		complain(p, "state_dir", "%s is not there and cannot be made in %s: %s", dir, parent, strerror(errno));
}

static void
check_redis(struct preflight *p)
{
	char program[PATH_MAX];

	if (p->conf->redis_spawn && !private_redis_find(p->conf->redis_server, program))
		complain(p, "redis.server", "cannot run %s: %s", p->conf->redis_server, strerror(errno));
}

static void
check_port(struct preflight *p, const char *option, const char *address)
{
	struct listen_spec spec = {
		.kind = LISTEN_TCP, .address = address, .uid = (uid_t)-1, .gid = (gid_t)-1, .backlog = BACKLOG_PROBE
	};
	struct listeners all = { .all[0].kind = 0 };
	char why[SENTENCE_MAX];

	if (address[0] == '\0' || p->running)
		return;
	if (listen_open(&all, &spec, why, sizeof(why)) == NULL)
		complain(p, option, "%s", why);
	listen_close_all(&all);
}

/* A directory of sockets is often made by the service manager at the start: it must be possible, not there. */
static void
check_socket(struct preflight *p, const char *option, const char *path)
{
	char parent[PATH_MAX], above[PATH_MAX];

	if (path[0] == '\0' || p->running)
		return;
	parent_of(path, parent);
	parent_of(parent, above);
	if (access(path, F_OK) == 0 && listen_is_alive(path))
		complain(p, option, "somebody else answers on %s", path);
	else if (access(parent, F_OK) != 0 && access(above, F_OK) != 0)
		complain(p, option, "there is no directory %s", parent);
}

/* For root, who can open everything, the reason is not seen where he looks. */
static void
complain_of_access(struct preflight *p, const char *option, const char *path, const char *what)
{
	int why = errno;

	if (p->as_user)
		complain(
		    p, option, "%s cannot be %s by %s, whom the daemon runs as: %s", path, what, p->conf->user, strerror(why));
	else
		complain(p, option, "%s cannot be %s: %s", path, what, strerror(why));
}

/*
 * The daemon may start without such a file, but what it is for would fail: nobody could choose a password, or sign in. A
 * relative name is below state_dir.
 */
static void
check_file(struct preflight *p, const char *option, const char *name)
{
	char file[PATH_MAX];
	struct stat st;

	if (name[0] == '\0')
		return;
	if (!below_state_dir(p, name, file))
		complain(p, option, "%s is too long", name);
	else if (stat(file, &st) != 0 || access(file, R_OK) != 0)
		complain_of_access(p, option, file, "read");
	else if (!S_ISREG(st.st_mode))
		complain(p, option, "%s is no regular file", file);
}

/* A file that is to be written: its directory is there, and no directory in its place. What lies in state_dir is made with it.
 */
static bool
check_place(struct preflight *p, const char *option, const char *file)
{
	char parent[PATH_MAX];
	struct stat st;

	if (file[0] != '/')
		return (false);
	parent_of(file, parent);
	if (strcmp(parent, p->conf->state_dir) == 0)
		return (false);
	if (stat(parent, &st) != 0)
		complain(p, option, "there is no directory %s: %s", parent, strerror(errno));
	else if (!S_ISDIR(st.st_mode))
		complain(p, option, "%s is no directory", parent);
	else if (stat(file, &st) == 0 && S_ISDIR(st.st_mode))
		complain(p, option, "%s is a directory, not a file", file);
	else
		return (true);
	return (false);
}

/* Nor does such a file keep the daemon from starting: endings, events or lines would have no place. */
static void
check_directory(struct preflight *p, const char *option, const char *file)
{
	char parent[PATH_MAX];

	if (!check_place(p, option, file))
		return;
	parent_of(file, parent);
	if (access(file, F_OK) == 0 && access(file, W_OK) != 0)
		complain_of_access(p, option, file, "written");
	else if (access(file, F_OK) != 0 && access(parent, W_OK | X_OK) != 0)
		complain_of_access(p, option, parent, "written to");
}

static void
check_accounts(struct preflight *p)
{
	const struct userdb_driver *d = userdb_driver(p->conf->userdb_url); /* config_load() has found it */
	char why[SENTENCE_MAX];

	if (d->is_there != NULL && !d->is_there(p->conf->userdb_url, why, sizeof(why)))
		complain(p, "userdb.url", "%s", why);
}

/* One that an operator made as root holds up no start: accounts, records and the spool could not be written in it. */
static void
check_state_dir_of_user(struct preflight *p)
{
	const char *dir = p->conf->state_dir;

	if (p->as_user && access(dir, F_OK) == 0 && access(dir, R_OK | W_OK | X_OK) != 0)
		complain_of_access(p, "state_dir", dir, "written to");
}

static void
check_files(struct preflight *p)
{
	static const char htpasswd[] = "htpasswd:";
	const struct config *c = p->conf;

	check_state_dir_of_user(p);
	check_file(p, "password.blocklist_file", c->password_blocklist_file);
	check_file(p, "userdb.password_file", c->userdb_password_file);
	check_file(p, "userdb.records_password_file", c->userdb_records_password_file);
	check_file(p, "redis.password_file", c->redis_password_file);
	check_file(p, "redis.sentinel_password_file", c->redis_sentinel_password_file);
	check_file(p, "admin.token_file", c->admin_token_file);
	if (strncmp(c->userdb_url, "ldap", 4) == 0)
		check_file(p, "ldap.ca_file", c->ldap_ca_file);
	if (strncmp(c->userdb_url, htpasswd, sizeof(htpasswd) - 1) == 0) {
		check_file(p, "userdb.url", c->userdb_url + sizeof(htpasswd) - 1);
		check_file(p, "userdb.groups_file", c->userdb_groups_file);
	}
	if (c->relay_enabled)
		check_directory(p, "audit.file", c->audit_file);
	if (c->spool_enabled)
		check_directory(p, "spool.file", c->spool_file);
}

/* Modules are opened by the processes that use them; whether they can is tried here. */
static void
check_modules(struct preflight *p)
{
	char why[SENTENCE_MAX + PATH_MAX];

	if (userdb_try(p->conf, why, sizeof(why)) == 0)
		return;
	fprintf(p->to, "doorward: %s\n", why);
	p->found++;
}

size_t
preflight_check(const struct config *conf, FILE *to)
{
	struct preflight p = { .conf = conf, .to = to };

	p.running = conf->admin_socket[0] != '\0' && access(conf->admin_socket, F_OK) == 0 &&
		    listen_is_alive(conf->admin_socket);
	check_state_dir(&p);
	check_redis(&p);
	check_port(&p, "listen.check_tcp", conf->listen_check_tcp);
	check_port(&p, "admin.listen", conf->admin_listen);
	check_socket(&p, "listen.check", conf->listen_check);
	check_socket(&p, "listen.login", conf->listen_login);
	check_socket(&p, "admin.socket", conf->admin_socket);
	check_accounts(&p);
	(void)check_place(&p, "log.file", conf->log_file); /* opened before the daemon becomes its user, and given to him */
	check_modules(&p);
	return (p.found);
}

/* The rest of a process that ends with its exit code, the number of what was found. */
static void __attribute__((noreturn)) look_as(const struct privs *user, struct preflight *p, preflight_more *more)
{

	if (privs_drop(user) != 0)
		_exit(1); /* it was said why */
	check_files(p);
	p->found += more(p->conf, p->as_user);
	fflush(p->to);
	_exit(p->found < FOUND_MAX ? (int)p->found : FOUND_MAX);
}

size_t
preflight_check_as_user(const struct config *conf, FILE *to, preflight_more *more)
{
	struct preflight p = { .conf = conf, .to = to };
	char err[SENTENCE_MAX];
	struct privs user;
	int status = 0;
	pid_t pid;

	if (privs_resolve(conf->user, conf->group, &user, err, sizeof(err)) != 0) {
		complain(&p, "user", "%s", err);
		return (p.found);
	}
	p.as_user = user.drop;
	fflush(to);
	if ((pid = fork()) == 0)
		look_as(&user, &p, more);
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (pid > 0 && WIFEXITED(status))
		return ((size_t)WEXITSTATUS(status));
	complain(&p, "user", "what the daemon reads could not be looked at");
	return (p.found);
}
