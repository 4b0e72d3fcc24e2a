/* SPDX-License-Identifier: ISC */
/*
 * The listening sockets. They belong to the master and outlive generations: a reload uses those that are there again,
 * so that no connection in their queues is lost.
 */
#ifndef MASTER_LISTEN_H
#define MASTER_LISTEN_H

#include <sys/types.h>
#include <sys/un.h>

#include <stdbool.h>
#include <stddef.h>

#define LISTENERS_MAX 16 /* of two generations together */
#define LISTEN_NAME_MAX 31
#define LISTEN_ADDRESS_MAX (sizeof(((struct sockaddr_un *)0)->sun_path) - 1)

enum listen_kind {
	LISTEN_UNIX = 1, /* ${address} is a path */
	LISTEN_TCP,      /* "127.0.0.1:PORT" or "[::1]:PORT" */
	LISTEN_INHERITED /* a socket somebody else made and passed as ${fd}: never unlinked */
};

/* What a role wants to listen on. The strings belong to whoever filled it. */
struct listen_spec {
	enum listen_kind kind;
	const char *address;
	uid_t uid; /* owner of a unix socket; (uid_t)-1 and (gid_t)-1: as created */
	gid_t gid;
	mode_t mode;
	int backlog;
	int fd;
	const char *name; /* of a socket that a service manager may have made for us; NULL = none of them */
};

struct listener {
	enum listen_kind kind; /* 0 = free */
	char address[LISTEN_ADDRESS_MAX + 1];
	int fd;
	mode_t mode;
	uid_t uid;
	gid_t gid;
	dev_t dev; /* of the path, as we made it */
	ino_t ino;
	char name[LISTEN_NAME_MAX + 1]; /* by which a service manager gave it; it is kept whatever a reload wants */
	bool foreign;                   /* made by a service manager: never unlinked */
	bool shared;                    /* with another master, which needs the path after us */
};

struct listeners {
	struct listener all[LISTENERS_MAX];
};

/*
 * The open socket of ${spec}: the one already there for its address, else a new one, non-blocking and close-on-exec. A
 * path where somebody answers is left alone and refused; one where nobody does is replaced. Returns NULL with a
 * sentence in ${err}.
 */
struct listener *listen_open(struct listeners *ls, const struct listen_spec *spec, char *err, size_t errlen);

/*
 * Enters the open socket ${fd}, made by a service manager or by the master before us; the fields of ${like} say what is
 * known of it. Returns NULL if there is no room, or if it is not a listening socket.
 */
struct listener *listen_adopt(struct listeners *ls, const struct listener *like, int fd);

/* Says of all of them whether another master lives who needs their paths. */
void listen_share(struct listeners *ls, bool shared);

/* Closes ${l} and removes its path, if we made it, it is still the one we made, and no other master needs it. */
void listen_close(struct listener *l);

void listen_close_all(struct listeners *ls);

/*
 * True if somebody accepts on the unix socket ${path}, or can be supposed to: any failure but "nobody there" counts as
 * life.
 */
bool listen_is_alive(const char *path);

/* Warns once if the kernel will cut ${backlog}. */
void listen_check_backlog(int backlog);

#endif
