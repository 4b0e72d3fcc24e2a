/* SPDX-License-Identifier: ISC */
/*
 * doorward: reads the options and the configuration, and becomes what the way it was started asks for.
 *
 * What it becomes follows from descriptor 0 and the environment, and not from options alone: a listening socket means that
 * somebody else manages sockets (spawn-fcgi, lighttpd's bin-path, mod_fcgid), GATEWAY_INTERFACE means one plain CGI request,
 * neither means a daemon. Under CGI the command line belongs to whoever sent the request and is not read.
 *
 * Before anything is forked, the state is made (directory, keys, database) and the session cache is mapped, so that children
 * only open what is there.
 */
#include "config.h"

#include <sys/stat.h>

#include <argon2.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <hiredis/hiredis.h>
#include <json-c/json.h>
#include <maxminddb.h>
#include <libconfig.h>
#include <limits.h>
#include <microhttpd.h>
#include <openssl/crypto.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/module.h"
#include "child/outcome.h"
#include "config/baseline.h"
#include "config/fixed.h"
#include "config/load.h"
#include "config/logging.h"
#include "crypto/keyring.h"
#include "geo/geo.h"
#include "doorward/userdb.h"
#include "master/master.h"
#include "master/preflight.h"
#include "master/privs.h"
#include "master/signals.h"
#include "plan.h"
#include "relay/sinks.h"
#include "state.h"
#include "store/inspect.h"
#include "web/route.h"
#include "worker/worker.h"

#define OPTION_STRICT 256 /* has no letter */

struct options {
	const char *file;
	bool test, strict, foreground, single;
};

static void
print_version(void)
{
	const struct userdb_driver *d;

	printf("doorward " PACKAGE_VERSION "\nbuild: " BUILD_OPTIONS "\nconfiguration: " CONFIG_FILE "\n");
	printf("libraries: %s, ", OpenSSL_version(OPENSSL_VERSION));
	for (size_t i = 0; (d = userdb_driver_at(i)) != NULL; i++)
		if (d->library != NULL)
			printf("%s, ", d->library());
	printf("json-c %s, libmicrohttpd %s, libmaxminddb %s, hiredis %d.%d.%d, libconfig %d.%d, argon2 version %d\n",
	    json_c_version(), MHD_get_version(), MMDB_lib_version(), HIREDIS_MAJOR, HIREDIS_MINOR, HIREDIS_PATCH,
	    LIBCONFIG_VER_MAJOR, LIBCONFIG_VER_MINOR, (int)ARGON2_VERSION_NUMBER);
	fflush(stdout); /* modules are tried by another process */
	module_list(stdout);
}

static void
print_usage(FILE *to)
{

	fprintf(to, "usage: doorward [-c FILE] [-F | -t [--strict] | -1]\n"
		    "       doorward -V | -h\n"
		    "  -c FILE  configuration (else $DOORWARD_CONF, else " CONFIG_FILE ")\n"
		    "  -t       test the configuration and exit\n"
		    "  --strict with -t: tell also where it deviates from the security baseline\n"
		    "  -F       stay in the foreground\n"
		    "  -1       one worker on the socket that is descriptor 0\n"
		    "  -V, --version  version, build options, libraries, modules\n"
		    "  -h, --help     this text\n");
}

/* A daemon leaves its directory, but a reload has to find the file again. */
static char *
absolute(const char *file)
{
	char dir[PATH_MAX], *out;

	if (file[0] == '/')
		return (strdup(file));
	if (getcwd(dir, sizeof(dir)) == NULL || asprintf(&out, "%s/%s", dir, file) < 0)
		return (NULL);
	return (out);
}

/* One request, started by a web server that runs plain CGI. */
static bool
is_cgi(void)
{

	return (getenv("GATEWAY_INTERFACE") != NULL && !fd_is_listening(STDIN_FILENO));
}

/*
 * Returns -1 to go on, else an exit code. Under plain CGI the words of the command line are a stranger's: a query without "="
 * is split at its "+" and comes as arguments (RFC 3875, 4.4), so that /auth/login?-c+FILE would choose the configuration.
 */
static int
read_options(int argc, char **argv, struct options *o)
{
	static const struct option words[] = { { "strict", no_argument, NULL, OPTION_STRICT },
		{ "help", no_argument, NULL, 'h' }, { "version", no_argument, NULL, 'V' }, { 0 } };
	const char *name = strrchr(argv[0], '/');
	int c;

	*o = (struct options){ .file = config_file() };
	if (is_cgi())
		return (-1);
	o->single = strcmp(name == NULL ? argv[0] : name + 1, "doorward.fcgi") == 0;
	while ((c = getopt_long(argc, argv, "1c:FhtV", words, NULL)) != -1) {
		switch (c) {
		case '1':
			o->single = true;
			break;
		case 'c':
			o->file = optarg;
			break;
		case 'F':
			o->foreground = true;
			break;
		case 't':
			o->test = true;
			break;
		case OPTION_STRICT:
			o->strict = true;
			break;
		case 'V':
			print_version();
			return (0);
		case 'h':
			print_usage(stdout);
			return (0);
		default:
			print_usage(stderr);
			return (EXIT_CONFIG);
		}
	}
	if (optind == argc && (o->test || !o->strict))
		return (-1);
	print_usage(stderr);
	return (EXIT_CONFIG);
}

/* What is wrong with the sinks, a line each; NULL: nothing. To be freed. */
static char *
sink_faults(const struct config *conf, size_t *wrong)
{
	size_t len = 0;
	char *text = NULL;
	FILE *out;

	*wrong = 0;
	if (!conf->relay_enabled)
		return (NULL);
	if ((out = open_memstream(&text, &len)) == NULL) {
		*wrong = 1;
		return (NULL);
	}
	*wrong = sinks_check(conf, out);
	fclose(out);
	return (text);
}

/* Sinks that would not work stop the start, and a reload, as they stop -t: events would only pile up. */
static bool
sinks_work(const struct config *conf, char *err, size_t errlen)
{
	size_t wrong;
	char *text = sink_faults(conf, &wrong);
	const char *first = text == NULL ? "sinks: out of memory" : text;

	if (wrong > 0)
		snprintf(err, errlen, "%.*s", (int)strcspn(first, "\n"), first);
	free(text);
	return (wrong == 0);
}

static size_t
print_sink_faults(const struct config *conf)
{
	size_t wrong;
	char *text = sink_faults(conf, &wrong), *rest = text, *line;

	while ((line = strsep(&rest, "\n")) != NULL)
		if (line[0] != '\0')
			fprintf(stderr, "doorward: %s\n", line);
	free(text);
	return (wrong);
}

/* A start makes keys where there are none. A daemon that runs has had some: new ones would sign everybody out, without a word.
 */
static bool
keys_are_there(const struct config *conf, char *err, size_t errlen)
{
	char why[256];
	struct keyring *keys = keyring_load(conf->state_dir, why, sizeof(why));

	if (keys == NULL)
		snprintf(err, errlen, "%s: restore it from a copy; a restart makes new keys, and signs everybody out", why);
	keyring_free(keys);
	return (keys != NULL);
}

/* For a reload: as at the start, everything is read, checked and made before anything changes. */
static struct config *
load(const struct config *running, char *err, size_t errlen)
{
	struct config *conf = config_load(running->file, err, errlen);

	if (conf == NULL ||
	    (fixed_keep(running, conf, err, errlen) && !inspect_contradicts(conf, err, errlen) &&
		keys_are_there(conf, err, errlen) && state_make(conf, err, errlen) == 0 && sinks_work(conf, err, errlen)))
		return (conf);
	config_free(conf);
	return (NULL);
}

/* Whose accounts only processes of a role of their own may ask, cannot be asked by a worker that is alone. Checks can do
 * without. */
static void
warn_of_helpers(const struct config *conf)
{

	if (userdb_driver(conf->userdb_url)->join != NULL)
		log_error(
		    "userdb.url: %s needs the daemon, whose processes ask PAM: one worker alone (-1, doorward.fcgi, CGI) lets "
		    "nobody sign in",
		    conf->userdb_url);
}

/* What the master sees to for its children: no core dump with secrets in it, no new privileges. */
static int
harden(void)
{
	struct privs stay = { .drop = false };

	return (privs_drop(&stay));
}

/* Under a manager that starts the processes itself: no master, no siblings, nobody who waits for us to be ready. */
static int
run_single(struct config *conf)
{
	struct child c = {
		.role = "all", .listen_fds = { STDIN_FILENO }, .n_listen = 1, .master_fd = -1, .channel = -1, .helper = -1
	};
	int rc;

	if (harden() != 0)
		return (outcome_code(errno));
	if ((c.board = board_new()) == NULL || fd_nonblocking(STDIN_FILENO) != 0) {
		log_error("cannot start: %s", strerror(errno));
		return (EXIT_RESOURCE);
	}
	c.slot = board_assign(c.board, 0, (uint32_t)board_role(c.board, c.role), 1);
	c.slot->pid = (int32_t)getpid();
	c.board->max_hashing = 1;
	warn_of_helpers(conf);
	signals_child();
	rc = worker_run(&c, conf);
	config_free(conf);
	return (rc);
}

/* The memory has to be there before the first fork; it cannot change its size afterwards. */
static int
run_master(struct config *conf, const struct master_setup *setup)
{
	char err[MASTER_ERROR_MAX] = "";

	if (!plan_share(conf, err, sizeof(err))) {
		log_error("%s", err);
		fprintf(stderr, "doorward: %s\n", err);
		config_free(conf);
		return (EXIT_RESOURCE);
	}
	return (master_run(conf, setup));
}

/* Chooses by what descriptor 0 and the environment are. Takes ${conf} over. */
static int
run(struct config *conf, const struct options *o)
{
	struct master_setup setup = {
		.plan = plan_make, .load = load, .release = config_free, .helpers = plan_helpers(), .foreground = o->foreground
	};
	int rc;

	if (fd_is_listening(STDIN_FILENO)) {
		/* spawn-fcgi and service managers watch the process they started */
		plan_inherit(STDIN_FILENO);
		setup.foreground = true;
		return (o->single ? run_single(conf) : run_master(conf, &setup));
	}
	if (is_cgi()) {
		warn_of_helpers(conf);
		rc = harden() == 0 ? worker_run_cgi(conf) : outcome_code(errno);
		config_free(conf);
		return (rc);
	}
	if (o->single) {
		fprintf(stderr, "doorward: one worker needs a listening socket as descriptor 0\n");
		config_free(conf);
		return (EXIT_CONFIG);
	}
	return (run_master(conf, &setup));
}

/*
 * Keys that are there can be read; where there are none yet the start makes them. Another user's are not ours to look at,
 * unless we are the one that root has the daemon run as.
 */
static bool
keys_are_usable(const struct config *conf, bool was_root)
{
	char path[PATH_MAX], err[MASTER_ERROR_MAX] = "";
	struct keyring *keys;
	struct stat st;

	if (snprintf(path, sizeof(path), "%s/keys", conf->state_dir) >= (int)sizeof(path) || stat(path, &st) != 0 ||
	    (!was_root && geteuid() != 0 && geteuid() != st.st_uid))
		return (true);
	if ((keys = keyring_load(conf->state_dir, err, sizeof(err))) == NULL)
		fprintf(stderr, "doorward: %s\n", err);
	keyring_free(keys);
	return (keys != NULL);
}

/* The daemon starts without them, and tries again when they change; but nothing would be known of any address. */
static size_t
geo_faults(const struct config *conf)
{
	const struct {
		const char *name, *file;
	} files[] = { { "risk.geoip", conf->risk_geoip }, { "risk.asn", conf->risk_asn } };
	char why[PATH_MAX + 128], place[PATH_MAX + 64];
	size_t found = 0;

	for (size_t i = 0; conf->risk_enabled && i < sizeof(files) / sizeof(files[0]); i++)
		if (files[i].file[0] != '\0' && !geo_check(files[i].file, why, sizeof(why))) {
			config_place(conf, files[i].name, place, sizeof(place));
			fprintf(stderr, "doorward: %s: %s\n", place, why);
			found++;
		}
	return (found);
}

/* What the daemon's processes read and would say no to; looked at as who they run as. */
static size_t
print_faults(const struct config *conf, bool was_root)
{

	return (print_sink_faults(conf) + geo_faults(conf) + !keys_are_usable(conf, was_root));
}

/* Returns the exit code. Deviations are no errors: the file can be run with, but should not be. */
static int
print_test(const struct config *conf, const struct options *o)
{
	size_t obstacles = preflight_check(conf, stderr) + preflight_check_as_user(conf, stderr, print_faults), found = 0;

	if (o->strict) {
		signal(SIGPIPE, SIG_IGN); /* Redis may hang up on us */
		found = baseline_check(conf, stderr) + inspect_server(conf, o->file, stderr);
	}
	if (obstacles > 0) {
		fprintf(stderr, "doorward: configuration %s is well formed, but the daemon could not start with it here\n",
		    o->file);
		return (EXIT_CONFIG);
	}
	if (found == 0) {
		printf("configuration %s is fine\n", o->file);
		return (0);
	}
	fprintf(stderr, "doorward: configuration %s deviates from the security baseline, see doorward.conf(5)\n", o->file);
	return (EXIT_RUNTIME);
}

/*
 * A server that cannot be asked yet is asked by every process at each connection, and so is that of a process which answers
 * only one request.
 */
static bool
is_contradicted(const struct config *conf, char *err, size_t errlen)
{
	void (*before)(int) = signal(SIGPIPE, SIG_IGN);
	bool bad = !is_cgi() && inspect_contradicts(conf, err, errlen);

	(void)signal(SIGPIPE, before);
	return (bad);
}

/* Whatever we open later must not become one of these: a library's complaint would end up in a database. */
static void
fill_standard_descriptors(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

int
main(int argc, char **argv)
{
	char err[MASTER_ERROR_MAX > CONFIG_ERROR_MAX ? MASTER_ERROR_MAX : CONFIG_ERROR_MAX] = "";
	struct config *conf;
	struct options o;
	char *file;
	int rc;

	fill_standard_descriptors();
	if ((rc = read_options(argc, argv, &o)) >= 0)
		return (rc);
	if ((file = absolute(o.file)) == NULL) {
		perror("doorward");
		return (EXIT_RUNTIME);
	}
	conf = config_load(file, err, sizeof(err));
	free(file);
	if (conf == NULL)
		goto err0;
	if (o.test) {
		rc = print_test(conf, &o);
		config_free(conf);
		return (rc);
	}
	if (logging_open(conf) != 0) {
		snprintf(err, sizeof(err), "cannot open the log %.256s: %s", logging_place(conf), strerror(errno));
		goto err1;
	}
	if (is_contradicted(conf, err, sizeof(err)) || state_make(conf, err, sizeof(err)) != 0 ||
	    !sinks_work(conf, err, sizeof(err)))
		goto err1;
	board_name_routes(route_name);
	return (run(conf, &o));

err1:
	config_free(conf);
err0:
	for (char *line = strtok(err, "\n"); line != NULL; line = strtok(NULL, "\n"))
		fprintf(stderr, "doorward: %s\n", line);
	return (EXIT_CONFIG);
}
