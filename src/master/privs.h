/* SPDX-License-Identifier: ISC */
/* Users, groups, and what a child gives up. */
#ifndef MASTER_PRIVS_H
#define MASTER_PRIVS_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>

#define PRIVS_GROUPS_MAX 64 /* supplementary groups of the user to run as */

/* Whom to become. Looked up once, in the master: name services have no place between fork and the first request. */
struct privs {
	bool drop; /* false: stay who we are */
	uid_t uid; /* (uid_t)-1 and (gid_t)-1 when nothing is dropped */
	gid_t gid;
	gid_t groups[PRIVS_GROUPS_MAX];
	int n_groups;
};

/*
 * Finds ${user} and ${group} (names or numbers; "" = stay, the user's own group). Started by others than root nothing
 * is dropped. Returns 0, or -1 with a sentence in ${err}.
 */
int privs_resolve(const char *user, const char *group, struct privs *out, char *err, size_t errlen);

/* Says in the log if ${user} leads to something that nobody will have wanted: root stays root, or cannot be left. */
void privs_warn(const char *user);

/*
 * Numbers of ${user} and ${group}; "" gives (uid_t)-1 and (gid_t)-1, which chown(2) takes as "leave". Returns 0, or -1.
 */
int privs_ids(const char *user, const char *group, uid_t *uid, gid_t *gid);

/*
 * Becomes ${p} for good; then no new privileges, no core dump (it would hold secrets), umask 0077. Returns 0, or -1
 * with errno set and the reason in the log: the child must not go on.
 */
int privs_drop(const struct privs *p);

/* The same for a process that keeps its rights, and the right to start programs with more of them: only the rest is done. */
int privs_keep(void);

/*
 * Asks the kernel for ${sig} when the parent dies, and makes sure that ${parent} has not died before. To be called
 * after privs_drop(): changing the user clears the request. Returns -1 if the parent is gone already.
 */
int privs_follow_parent(pid_t parent, int sig);

/*
 * Makes the directory ${path} (only its last part) with ${mode} if it is missing, owned by ${uid}:${gid} ((uid_t)-1 =
 * leave). One that is there is left as it is. Returns 0, or -1 with errno set: ENOTDIR if something else stands there.
 */
int privs_directory(const char *path, mode_t mode, uid_t uid, gid_t gid);

#define STATE_DIR_MODE 0750

/* Why the directory ${path} cannot hold what decides who may enter, or NULL if it can. */
const char *privs_unfit_directory(const char *path);

/* Makes the state directory as privs_directory() does, and refuses one that is unfit. Returns 0, or -1 with a sentence in
 * ${err}. */
int privs_state_directory(const char *path, uid_t uid, gid_t gid, char *err, size_t errlen);

/* Gives the log ${path} to the user of ${p}, so that children can open it again after a rotation. */
void privs_give_file(const char *path, const struct privs *p);

#endif
