/* SPDX-License-Identifier: ISC */
/*
 * Users, groups, and giving up root. Names are looked up once in the master; a child only makes system calls. A child drops
 * groups, then the group, then the user, and makes sure that root does not come back; then no new privileges, no core dumps, no
 * ptrace, a closed umask.
 *
 * Directories and files that root makes for the daemon's user lie where that user may write. They are given away through a
 * descriptor that was opened without following links, since a name could be exchanged between the look and the chown.
 */
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/str.h"

#include "master/privs.h"

/* A number where no name is known: containers run under ids that have none. */
static bool
number_of(const char *text, unsigned *out)
{
	uint64_t n;

	if (!str_to_u64(str_of(text), INT_MAX, &n))
		return (false);
	*out = (unsigned)n;
	return (true);
}

static int
find_group(const char *group, gid_t *gid)
{
	struct group *g = getgrnam(group);

	if (g != NULL)
		*gid = g->gr_gid;
	return (g != NULL || number_of(group, gid) ? 0 : -1);
}

int
privs_ids(const char *user, const char *group, uid_t *uid, gid_t *gid)
{
	struct passwd *pw;

	*uid = (uid_t)-1;
	*gid = (gid_t)-1;
	if (user[0] != '\0') {
		if ((pw = getpwnam(user)) != NULL)
			*uid = pw->pw_uid;
		else if (!number_of(user, uid))
			return (-1);
	}
	return (group[0] == '\0' ? 0 : find_group(group, gid));
}

/* The groups that ${user} is in, ${out}->gid among them. An id without a name has only its own group. */
static int
find_groups(const char *user, struct privs *out)
{
	struct passwd *pw = getpwnam(user);

	if (pw == NULL)
		pw = getpwuid(out->uid);
	if (out->gid == (gid_t)-1 && pw == NULL)
		return (-1);
	if (out->gid == (gid_t)-1)
		out->gid = pw->pw_gid;
	out->n_groups = PRIVS_GROUPS_MAX;
	if (pw == NULL) {
		out->groups[0] = out->gid;
		out->n_groups = 1;
		return (0);
	}
	return (getgrouplist(pw->pw_name, out->gid, out->groups, &out->n_groups) < 0 ? -1 : 0);
}

/* drop stays false for who is not root and for "": there is nobody to become. */
int
privs_resolve(const char *user, const char *group, struct privs *out, char *err, size_t errlen)
{

	*out = (struct privs){ .drop = false };
	if (privs_ids(user, group, &out->uid, &out->gid) != 0) {
		snprintf(err, errlen, "there is no user %s or no group %s", user[0] == '\0' ? "(none set)" : user,
		    group[0] == '\0' ? "(none set)" : group);
		return (-1);
	}
	if (geteuid() != 0) {
		out->uid = (uid_t)-1;
		out->gid = (gid_t)-1;
		return (0);
	}
	if (user[0] == '\0') {
		out->gid = (gid_t)-1;
		return (0);
	}
	if (find_groups(user, out) != 0) {
		snprintf(
		    err, errlen, "cannot find out the groups of user %s, or they are more than %d", user, PRIVS_GROUPS_MAX);
		return (-1);
	}
	out->drop = true;
	return (0);
}

void
privs_warn(const char *user)
{
	uid_t uid;
	gid_t gid;

	if (geteuid() == 0 && user[0] == '\0')
		log_warn("workers run as root: set the option user");
	if (geteuid() != 0 && user[0] != '\0' && privs_ids(user, "", &uid, &gid) == 0 && uid != geteuid())
		log_warn("user is ignored: only root can become %s", user);
}

/* Logs it; errno stays what it was, for the exit code. */
static int
failed(const char *what)
{
	int why = errno;

	log_error("cannot %s: %s", what, strerror(why));
	errno = why;
	return (-1);
}

static int
change_user(const struct privs *p)
{
	char what[64];

	snprintf(what, sizeof(what), "become user %u", (unsigned)p->uid);
	if (setgroups((size_t)p->n_groups, p->groups) != 0 || setresgid(p->gid, p->gid, p->gid) != 0 ||
	    setresuid(p->uid, p->uid, p->uid) != 0)
		return (failed(what));
	if (p->uid != 0 && setresuid(0, 0, 0) == 0) {
		log_error("privileges came back after they were dropped");
		errno = EPERM;
		return (-1);
	}
	return (0);
}

/* What is in the memory of a process that speaks for users is nobody else's, and no core dump's. */
static int
hide_memory(void)
{
	struct rlimit none = { 0, 0 };

	if (setrlimit(RLIMIT_CORE, &none) != 0)
		return (failed("do without core dumps"));
#ifndef __SANITIZE_ADDRESS__ /* the leak check traces its own process */
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
		return (failed("make the process undumpable"));
#endif
	umask(0077);
	return (0);
}

int
privs_drop(const struct privs *p)
{

	if (p->drop && change_user(p) != 0)
		return (-1);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return (failed("give up privileges"));
	return (hide_memory());
}

int
privs_keep(void)
{

	return (hide_memory());
}

/* The second look catches a master that ended before prctl(2): then no signal would ever come. */
int
privs_follow_parent(pid_t parent, int sig)
{

	if (prctl(PR_SET_PDEATHSIG, sig, 0, 0, 0) != 0)
		log_warn("the kernel does not report the end of the master: %s", strerror(errno));
	return (getppid() == parent ? 0 : -1);
}

/* Through the descriptor: what a name leads to may be changed by who owns the directory above. */
static int
give_directory(const char *path, uid_t uid, gid_t gid)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), rc;

	if (fd < 0)
		return (-1);
	rc = fchown(fd, uid, gid);
	close(fd);
	return (rc);
}

/* One that is there stays as it is: its owner and mode are the operator's. */
int
privs_directory(const char *path, mode_t mode, uid_t uid, gid_t gid)
{
	struct stat st;

	if (mkdir(path, mode) == 0)
		return (uid == (uid_t)-1 && gid == (gid_t)-1 ? 0 : give_directory(path, uid, gid));
	if (errno != EEXIST || stat(path, &st) != 0)
		return (-1);
	if (!S_ISDIR(st.st_mode)) {
		errno = ENOTDIR;
		return (-1);
	}
	return (0);
}

const char *
privs_unfit_directory(const char *path)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return (strerror(errno));
	if (!S_ISDIR(st.st_mode))
		return ("is not a directory");
	if ((st.st_mode & S_IWOTH) != 0)
		return ("can be written by everybody: who puts keys or a database there decides who may enter (chmod o-w)");
	return (NULL);
}

int
privs_state_directory(const char *path, uid_t uid, gid_t gid, char *err, size_t errlen)
{
	const char *why;

	if (privs_directory(path, STATE_DIR_MODE, uid, gid) != 0) {
		snprintf(err, errlen, "cannot make the state directory %s: %s", path, strerror(errno));
		return (-1);
	}
	if ((why = privs_unfit_directory(path)) != NULL) {
		snprintf(err, errlen, "state_dir: %s %s", path, why);
		return (-1);
	}
	return (0);
}

void
privs_give_file(const char *path, const struct privs *p)
{
	struct stat st;
	int fd;

	if (path[0] == '\0' || !p->drop)
		return;
	if ((fd = open(path, O_WRONLY | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)) < 0)
		return;
	/* A second name for the file may be a trap laid by who owns the directory. */
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_nlink == 1 && fchown(fd, p->uid, (gid_t)-1) != 0)
		log_warn("cannot give %s to user %u: %s", path, (unsigned)p->uid, strerror(errno));
	close(fd);
}
