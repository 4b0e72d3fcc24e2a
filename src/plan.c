/* SPDX-License-Identifier: ISC */
/*
 * The plan: which roles a configuration asks for, with how many processes, on which sockets, and what each of them is given of
 * what was mapped before the first fork.
 *
 * Two pools serve the front server, so that logins cannot slow checks down; one where somebody else manages the one socket.
 * What is shared is made once and lives as long as the master: a reload changes who is given it, not its size.
 */
#include <sys/socket.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "admin/admin.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/redis_url.h"
#include "base/resolve.h"
#include "base/shared_names.h"
#include "doorward/cache.h"
#include "doorward/deny.h"
#include "doorward/trace.h"
#include "doorward/userdb.h"
#include "keeper/keep.h"
#include "master/privs.h"
#include "pam/serve.h"
#include "reconcile/reconcile.h"
#include "relay/relay.h"
#include "state.h"
#include "worker/worker.h"

#include "plan.h"

#define LOGIN_NICE 10 /* a hash gives way to a check */
#define HELPERS_MAX 8 /* processes of the role "pam" */

/* Descriptor of the socket that an outside manager gave us; -1 = none. */
static int inherited = -1;

/* The two ends of what connects who asks a database with who may (doorward/helper.h); made when the first plan needs it. */
static int helpers[2] = { -1, -1 };

#define ASKERS (&helpers[0])
#define ANSWERERS (&helpers[1])

static struct cache *cache;        /* L1; NULL = none */
static struct trace_rings *traces; /* spans on their way to the relay; NULL = none */
static struct deny *deny;          /* who is refused for what the spool holds; NULL = nobody */

static bool
has_names(const struct redis_url *url)
{

	for (size_t i = 0; i < url->n; i++)
		if (!resolve_is_address(url->hosts[i].name))
			return (true);
	return (false);
}

/* All names are asked for before one is waited for. */
static void
look_up(const struct redis_url *url, int64_t deadline, int to)
{
	struct resolved found;

	for (size_t i = 0; i < url->n; i++)
		(void)resolve(url->hosts[i].name, 0, &found);
	for (size_t i = 0; i < url->n; i++) {
		(void)resolve(url->hosts[i].name, deadline, &found);
		if (write(to, &found, sizeof(found)) != (ssize_t)sizeof(found))
			return;
	}
}

/*
 * Who is forked from here knows the names of redis.url, whatever becomes of the resolver. They are looked up by another
 * process: this one is about to fork, and so has no threads.
 */
static void
learn_names(const struct config *conf)
{
	int64_t deadline = clock_mono_ms() + conf->redis_connect_timeout;
	struct resolved found;
	struct redis_url url;
	int ends[2];
	pid_t pid;

	if (!redis_url_read(conf->redis_url, &url) || !has_names(&url) || pipe2(ends, O_CLOEXEC) != 0)
		return;
	if ((pid = fork()) == 0) {
		look_up(&url, deadline, ends[1]);
		_exit(0);
	}
	close(ends[1]);
	for (size_t i = 0; i < url.n && read(ends[0], &found, sizeof(found)) == (ssize_t)sizeof(found); i++)
		resolve_learn(url.hosts[i].name, &found);
	close(ends[0]);
	if (pid > 0)
		(void)waitpid(pid, NULL, 0);
}

void
plan_inherit(int fd)
{

	inherited = fd;
}

const int *
plan_helpers(void)
{

	return (helpers);
}

/*
 * Without it sessions would be let in that were promised to be over. As many as wait are kept for a while when they are
 * written.
 */
static bool
make_deny(const struct config *conf, char *err, size_t errlen)
{

	if ((deny = deny_new((size_t)conf->spool_max * 2)) != NULL)
		return (state_fill(conf, deny, err, errlen) == 0);
	snprintf(err, errlen, "no memory for the table of who is denied: %s", strerror(errno));
	return (false);
}

bool
plan_share(const struct config *conf, char *err, size_t errlen)
{

	if ((cache = cache_new((size_t)conf->cache_size, conf->cache_max_age, conf->cache_lease)) == NULL)
		log_warn("no memory for the session cache, going on without: %s", strerror(errno));
	if ((traces = trace_new()) == NULL)
		log_warn("no memory for traces, going on without: %s", strerror(errno));
	if (!shared_names_make())
		log_warn("no memory for names of servers, each process asks for itself: %s", strerror(errno));
	return (!conf->spool_enabled || make_deny(conf, err, errlen));
}

static struct listen_spec
unix_spec(const struct config *conf, const char *path, int64_t mode)
{

	return ((struct listen_spec){ .kind = LISTEN_UNIX,
	    .address = path,
	    .uid = (uid_t)-1,
	    .gid = (gid_t)-1,
	    .mode = (mode_t)mode,
	    .backlog = (int)conf->listen_backlog });
}

/* What was mapped before the fork. */
static void
share(struct child *c, const struct config *conf)
{

	c->cache = conf->cache_enabled ? cache : NULL;
	c->deny = deny;
	c->trace = traces;
}

static int
run_worker(struct child *c, const struct config *conf)
{

	share(c, conf);
	if (traces != NULL && conf->trace_otlp[0] != '\0' && conf->relay_enabled)
		trace_join(traces, (size_t)(c->slot - c->board->slots), conf->trace_fraction);
	return (worker_run(c, conf));
}

static int
run_admin(struct child *c, const struct config *conf)
{

	share(c, conf);
	return (admin_run(c, conf));
}

static int
run_keeper(struct child *c, const struct config *conf)
{

	c->cache = cache;
	return (keep_run(c, conf));
}

static int
run_relay(struct child *c, const struct config *conf)
{

	share(c, conf);
	return (relay_run(c, conf));
}

static int
run_reconcile(struct child *c, const struct config *conf)
{

	c->cache = conf->cache_enabled ? cache : NULL;
	return (reconcile_run(c, conf));
}

static void
front_role(const struct config *conf, struct plan *p, const char *name, const char *path, int64_t workers)
{
	struct role *r = &p->roles[p->n_roles++];

	*r = (struct role){ .name = name, .run = run_worker, .count = (size_t)workers, .front = true, .n_listen = 1 };
	if (inherited >= 0) {
		r->listen[0] = (struct listen_spec){ .kind = LISTEN_INHERITED,
			.address = "inherited",
			.uid = (uid_t)-1,
			.gid = (gid_t)-1,
			.fd = inherited,
			.backlog = (int)conf->listen_backlog };
		return;
	}
	r->listen[0] = unix_spec(conf, path, conf->listen_mode);
	r->listen[0].name = name;
	/* config_load() has looked these names up */
	(void)privs_ids(conf->listen_owner, conf->listen_group, &r->listen[0].uid, &r->listen[0].gid);
}

/* For fronts that cannot connect to a unix socket. A port has no mode: whoever can reach it is believed like the front. */
static void
loopback_too(const struct config *conf, struct role *r)
{

	if (conf->listen_check_tcp[0] == '\0')
		return;
	r->listen[r->n_listen++] = (struct listen_spec){ .kind = LISTEN_TCP,
		.address = conf->listen_check_tcp,
		.uid = (uid_t)-1,
		.gid = (gid_t)-1,
		.backlog = (int)conf->listen_backlog };
	log_warn("every local user can connect to %s (listen.check_tcp)", conf->listen_check_tcp);
}

static void
admin_role(const struct config *conf, struct plan *p)
{
	struct role *r = &p->roles[p->n_roles];

	*r = (struct role){ .name = "admin", .run = run_admin, .count = 1, .yields = true, .helper = ASKERS };
	if (conf->admin_socket[0] != '\0')
		r->listen[r->n_listen++] = unix_spec(conf, conf->admin_socket, conf->admin_mode);
	if (conf->admin_listen[0] != '\0')
		r->listen[r->n_listen++] = (struct listen_spec){ .kind = LISTEN_TCP,
			.address = conf->admin_listen,
			.uid = (uid_t)-1,
			.gid = (gid_t)-1,
			.backlog = (int)conf->listen_backlog };
	r->listen[0].name = r->name;
	p->n_roles += r->n_listen > 0;
}

/* One for each worker that may ask, within reason: each is a process that waits, or has another one at work. */
static void
helper_role(const struct config *conf, struct plan *p)
{
	size_t n = (size_t)conf->workers_login;

	if (helpers[0] < 0 && socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, helpers) != 0) {
		log_error("PAM cannot be asked: %s", strerror(errno));
		return;
	}
	p->roles[p->n_roles++] = (struct role){ .name = "pam",
		.run = pam_run,
		.count = n < HELPERS_MAX ? n : HELPERS_MAX,
		.nice = LOGIN_NICE,
		.keeps_rights = true,
		.helper = ANSWERERS };
}

static void
two_pools(const struct config *conf, struct plan *p)
{

	front_role(conf, p, "check", conf->listen_check, conf->workers_check);
	p->roles[0].most = (size_t)conf->check_max;
	p->roles[0].spare_least = (size_t)conf->spare_min;
	p->roles[0].spare_most = (size_t)conf->spare_max;
	loopback_too(conf, &p->roles[0]);
	front_role(conf, p, "login", conf->listen_login, conf->workers_login);
	p->roles[1].nice = LOGIN_NICE;
	p->roles[1].helper = ASKERS;
	p->max_hashing = (uint32_t)p->roles[1].count;
}

static void
one_pool(const struct config *conf, struct plan *p)
{

	front_role(conf, p, "all", NULL, conf->workers_check + conf->workers_login);
	p->roles[0].helper = ASKERS;
	p->max_hashing = (uint32_t)conf->max_hashing;
}

static void
relay_role(struct plan *p)
{

	p->roles[p->n_roles++] = (struct role){ .name = "relay", .run = run_relay, .count = 1, .helper = ASKERS };
}

/* Who has an account of ours is kicked by whoever takes it away. */
static void
reconcile_role(const struct config *conf, struct plan *p)
{

	if (conf->userdb_reconcile > 0 && !userdb_is_one(conf))
		p->roles[p->n_roles++] = (struct role){
			.name = "reconcile", .run = run_reconcile, .count = 1, .nice = LOGIN_NICE, .helper = ASKERS
		};
}

/* In the order in which they are started and shown. */
void
plan_make(const struct config *conf, struct plan *p)
{

	*p = (struct plan){ .n_roles = 0 };
	learn_names(conf);
	if (inherited >= 0)
		one_pool(conf, p);
	else
		two_pools(conf, p);
	p->roles[0].resizable = true;
	if (cache != NULL && conf->cache_enabled)
		p->roles[p->n_roles++] = (struct role){ .name = "keeper", .run = run_keeper, .count = 1 };
	if (conf->relay_enabled)
		relay_role(p);
	if (userdb_driver(conf->userdb_url)->join != NULL)
		helper_role(conf, p);
	if (conf->relay_enabled)
		reconcile_role(conf, p);
	admin_role(conf, p);
}
