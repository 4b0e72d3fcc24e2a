/* SPDX-License-Identifier: ISC */
/*
 * Makes sessions as a login makes them, the password left out: the tokens by the project's own keys, the records by
 * the store's own login. Prints the tokens, one a line.
 */
#include <err.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "auth/device.h"
#include "auth/pseudonym.h"
#include "auth/token.h"
#include "base/log.h"
#include "config/load.h"
#include "crypto/keyring.h"
#include "crypto/mac.h"
#include "doorward/store.h"
#include "store/redis.h"

#define USAGE                                                                                                                  \
	"usage: seed -c CONF [-n USERS] [-f FIRST] [-p SESSIONS] [-r] [-d] [-e] [-m] [-t session|refresh]\n"                   \
	"  -f number of the first user    -p sessions a user    -r with a refresh family\n"                                    \
	"  -d with a device id the client chose\n"                                                                             \
	"  -e leave the record of an ended session for each    -m remember where he signed in    -t which tokens to print\n"
#define GROUPS "staff,users"
#define SESSIONS_MAX 10000 /* a user may have, by configuration */
#define ATTEMPTS_MAX 50    /* ten seconds */

struct plan {
	const char *conf;
	unsigned users, first, sessions;
	bool family, chosen, ended, history, print_refresh;
};

struct site {
	struct config *conf;
	struct keyring *keys;
	struct redis_store *store;
};

static void
open_site(const char *file, struct site *s)
{
	char why[CONFIG_ERROR_MAX];

	if ((s->conf = config_load(file, why, sizeof(why))) == NULL ||
	    (s->keys = keyring_load(s->conf->state_dir, why, sizeof(why))) == NULL ||
	    (s->store = redis_store_new(s->conf, s->keys, NULL, why, sizeof(why))) == NULL)
		errx(1, "%s", why);
}

static void
set_device(struct session *s, bool chosen, unsigned user, unsigned i)
{

	if (!chosen) {
		if (device_generate(s->device_key, s->device_id) != 0)
			errx(1, "no randomness");
		return;
	}
	/* a kind and a UUID, as clients make them */
	snprintf(s->device_id, sizeof(s->device_id), "web-%08x-0000-4000-8000-%012x", user, i);
	device_handle(str_of(s->device_id), s->device_key);
	s->flags |= SESSION_DEVICE_CHOSEN;
}

static void
set_family(const struct site *site, struct login_write *w, char text[TOKEN_TEXT_MAX + 1])
{
	const struct client *c = config_client(site->conf, NULL);
	struct token t;

	if (token_new_refresh(site->keys, w->user_key, w->session.session_key, &t, text) != DW_OK)
		errx(1, "no randomness");
	memcpy(w->refresh_hash, t.hash, HASH_LEN);
	w->session.has_family = true;
	w->session.family_idle = c->refresh_idle / 1000;
	w->family_absolute_in = c->refresh_absolute / 1000;
	w->access_in = c->access_ttl / 1000;
}

static void
set_session(const struct site *site, struct login_write *w, char text[TOKEN_TEXT_MAX + 1])
{
	const struct client *c = config_client(site->conf, NULL);
	struct session *s = &w->session;
	uint8_t digest[MAC_LEN];
	struct token t;

	if (token_new_session(site->keys, w->user_key, &t, text) != DW_OK)
		errx(1, "no randomness");
	memcpy(s->session_key, t.session_key, SESSION_KEY_LEN);
	memcpy(s->secret_hash, t.hash, HASH_LEN);
	mac_sha256(c->id, strlen(c->id), digest);
	memcpy(s->client_hash, digest, CLIENT_HASH_LEN);
	s->has_cookie = true;
	s->level = 1;
	s->policy = c->policy;
	s->idle = c->policy == POLICY_SLIDING ? c->idle / 1000 : 0;
	strcpy(s->ip, "127.0.0.1");
	w->absolute_in = c->absolute / 1000;
	w->key_version = t.version;
}

/* On a busy machine Redis can be late. Everything may be sent twice; the breaker wants some time in between. */
static void
try_again(unsigned n)
{

	if (n == ATTEMPTS_MAX)
		errx(1, "Redis does not answer");
	usleep(200 * 1000);
}

/* One login of user ${user}; returns its session's handle and prints its token if ${print}. */
static void
begin(const struct site *site, const struct plan *p, unsigned user, unsigned i, bool live, uint8_t session_key[SESSION_KEY_LEN])
{
	char id[USER_ID_MAX + 1], name[USERNAME_MAX + 1], cookie[TOKEN_TEXT_MAX + 1], refresh[TOKEN_TEXT_MAX + 1];
	struct login_write w = { .user_id = id,
		.username = name,
		.groups = GROUPS,
		.limit = SESSIONS_MAX,
		.actor = { "127.0.0.1", "0123456789abcdef0123456789abcdef", "default" } };
	struct login_reply reply;

	snprintf(id, sizeof(id), "u%021u", user);
	snprintf(name, sizeof(name), "user%07u", user);
	pseudonym_of(keyring_user(site->keys), str_of(id), w.user_key);
	set_session(site, &w, cookie);
	set_device(&w.session, live && p->chosen, user, i);
	if (p->family)
		set_family(site, &w, refresh);
	for (unsigned n = 1; redis_store_ops.login(site->store, &w, &reply) != DW_OK; n++)
		try_again(n);
	if (reply.outcome != LOGIN_DONE)
		errx(1, "the session of %s was not stored", name);
	memcpy(session_key, w.session.session_key, SESSION_KEY_LEN);
	if (live)
		puts(p->print_refresh ? refresh : cookie);
}

static void
end(const struct site *site, unsigned user, const uint8_t session_key[SESSION_KEY_LEN])
{
	struct end_write w = { .cause = END_USER,
		.scope = SCOPE_SESSION,
		.has_sid = true,
		.actor = { "127.0.0.1", "0123456789abcdef0123456789abcdef", "default" } };
	struct end_reply reply;
	char id[USER_ID_MAX + 1];

	snprintf(id, sizeof(id), "u%021u", user);
	pseudonym_of(keyring_user(site->keys), str_of(id), w.user_key);
	memcpy(w.session_key, session_key, SESSION_KEY_LEN);
	for (unsigned n = 1; redis_store_ops.end(site->store, &w, NULL, &reply) != DW_OK; n++)
		try_again(n);
	if (!reply.has_own)
		errx(1, "a session was not ended");
}

/* What risk.enabled keeps of a user. */
static void
remember(const struct site *site, unsigned user)
{
	const struct history h = { .at = 1800000000, .place = { "DE", 64496, true, 4814, 1158 }, .hours = { 1, 2, 3 } };
	uint8_t user_key[USER_KEY_LEN];
	char id[USER_ID_MAX + 1];

	snprintf(id, sizeof(id), "u%021u", user);
	pseudonym_of(keyring_user(site->keys), str_of(id), user_key);
	for (unsigned n = 1; redis_store_ops.remember(site->store, user_key, &h) != DW_OK; n++)
		try_again(n);
}

static void
make(const struct site *site, const struct plan *p)
{
	uint8_t session_key[SESSION_KEY_LEN];

	for (unsigned user = p->first; user < p->first + p->users; user++) {
		for (unsigned i = 0; i < p->sessions; i++) {
			if (p->ended) {
				begin(site, p, user, i, false, session_key);
				end(site, user, session_key);
			}
			begin(site, p, user, i, true, session_key);
		}
		if (p->history)
			remember(site, user);
	}
}

static void
read_options(struct plan *p, int argc, char **argv)
{
	int flag;

	while ((flag = getopt(argc, argv, "c:n:f:p:rdemt:")) != -1)
		switch (flag) {
		case 'c':
			p->conf = optarg;
			break;
		case 'n':
			p->users = (unsigned)atoi(optarg);
			break;
		case 'f':
			p->first = (unsigned)atoi(optarg);
			break;
		case 'p':
			p->sessions = (unsigned)atoi(optarg);
			break;
		case 'r':
			p->family = true;
			break;
		case 'd':
			p->chosen = true;
			break;
		case 'e':
			p->ended = true;
			break;
		case 'm':
			p->history = true;
			break;
		case 't':
			p->print_refresh = strcmp(optarg, "refresh") == 0;
			break;
		default:
			errx(2, "%s", USAGE);
		}
	if (p->conf == NULL || argc != optind || (p->print_refresh && !p->family))
		errx(2, "%s", USAGE);
}

int
main(int argc, char **argv)
{
	struct plan p = { .users = 1, .sessions = 1 };
	struct site site;

	read_options(&p, argc, argv);
	signal(SIGPIPE, SIG_IGN);
	log_open(NULL, LOG_LEVEL_ERROR); /* outboxes that fill up, with nobody to empty them, are no news here */
	log_name("seed");
	open_site(p.conf, &site);
	make(&site, &p);
	redis_store_free(site.store);
	keyring_free(site.keys);
	config_free(site.conf);
	return (fflush(stdout) == 0 ? 0 : 1);
}
