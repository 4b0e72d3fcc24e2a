/* SPDX-License-Identifier: ISC */
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "auth/password.h"
#include "crypto/keyring.h"
#include "crypto/mac.h"

#include "fake.h"

struct fake fake;

void
fake_note(struct fake *f, const char *what)
{

	buf_printf(&f->trail, "%s ", what);
}

void
fake_verify(const char *name, const char *password, enum dw_result rc, const char *trail)
{
	struct account a;

	fake.trail.len = 0;
	fake.trail_text[0] = '\0';
	assert_int_equal(password_verify(&fake.app, str_of(name), str_of(password), FAKE_ADDRESS, &a), rc);
	assert_string_equal(fake.trail_text, trail);
	for (size_t i = 0; i < sizeof(a.hash); i++)
		assert_int_equal(a.hash[i], 0);
	assert_int_equal(fake.app.slot->hashing, 0);
}

static enum dw_result
lookup(void *ctx, const struct lookup *q, struct lookup_reply *out)
{
	struct fake *f = ctx;

	fake_note(f, "lookup");
	f->asked = *q;
	if (q->jti != NULL)
		memcpy(f->asked_jti, q->jti, JTI_LEN);
	*out = f->found;
	return (f->lookup_rc);
}

static void
keep(char *to, size_t size, const char *text)
{

	snprintf(to, size, "%s", text == NULL ? "(null)" : text);
}

static enum dw_result
begin(void *ctx, const struct login_write *w, struct login_reply *out)
{
	struct fake *f = ctx;

	fake_note(f, "login");
	f->begun = *w;
	memset(out, 0, sizeof(*out));
	out->outcome = f->login_outcome;
	out->now = f->now;
	out->session = w->session;
	keep(out->groups, sizeof(out->groups), f->recorded_groups != NULL ? f->recorded_groups : w->groups);
	out->session.created = out->session.last_seen = out->session.rotated = f->now;
	out->session.absolute = f->now + w->absolute_in;
	out->session.family_absolute = f->now + w->family_absolute_in;
	if ((w->session.flags & SESSION_DEVICE_CHOSEN) == 0)
		memset(out->session.device_id, 0, sizeof(out->session.device_id));
	return (f->login_rc);
}

static enum dw_result
end(void *ctx, const struct end_write *w, struct arena *arena, struct end_reply *out)
{
	struct fake *f = ctx;

	(void)arena;
	fake_note(f, "end");
	f->ended = *w;
	*out = f->end_reply;
	return (w->claim.unjudged && f->end_rc == DW_OK ? DW_UNAVAILABLE : f->end_rc); /* as a store without a spool */
}

static enum dw_result
rotate(void *ctx, const struct rotate_write *w, struct rotate_reply *out)
{
	struct fake *f = ctx;

	fake_note(f, "rotate");
	f->rotated = *w;
	*out = f->rotate_reply;
	out->now = f->now;
	return (f->rotate_rc);
}

static enum dw_result
touch(void *ctx, const uint8_t user_key[USER_KEY_LEN], const uint8_t session_key[SESSION_KEY_LEN])
{
	struct fake *f = ctx;

	(void)user_key, (void)session_key;
	fake_note(f, "touch");
	return (f->touch_rc);
}

static enum dw_result
list(void *ctx, const uint8_t user_key[USER_KEY_LEN], struct arena *arena, struct session_list *out)
{
	struct fake *f = ctx;

	(void)user_key, (void)arena;
	fake_note(f, "list");
	memset(out, 0, sizeof(*out));
	snprintf(out->user_id, sizeof(out->user_id), "%s", f->found.user_id);
	snprintf(out->username, sizeof(out->username), "%s", f->found.username);
	out->sessions = &f->found.session;
	out->n = f->found.live ? 1 : 0;
	return (f->list_rc);
}

static enum dw_result
revoke(void *ctx, const struct revoke_write *w, struct revoke_reply *out)
{
	struct fake *f = ctx;

	fake_note(f, "revoke");
	f->revoked = *w;
	out->wait = f->revoke_wait;
	return (w->claim.unjudged && f->revoke_rc == DW_OK ? DW_UNAVAILABLE : f->revoke_rc);
}

static enum dw_result
notify(void *ctx, const struct notice *n)
{
	struct fake *f = ctx;

	fake_note(f, "notify");
	f->noticed = *n;
	keep(f->noticed_type, sizeof(f->noticed_type), n->type);
	keep(f->noticed_user_id, sizeof(f->noticed_user_id), n->user_id);
	keep(f->noticed_username, sizeof(f->noticed_username), n->username);
	keep(f->noticed_reason, sizeof(f->noticed_reason), n->reason);
	return (f->notify_rc);
}

static enum dw_result
ping(void *ctx)
{
	struct fake *f = ctx;

	fake_note(f, "ping");
	return (f->ping_rc);
}

static int64_t
now(void *ctx)
{

	return (((struct fake *)ctx)->now);
}

static void
look_at_clock(void *ctx)
{
	struct fake *f = ctx;

	f->now += f->step;
	f->step = 0;
}

static enum dw_result
set_groups(void *ctx, const uint8_t user_key[USER_KEY_LEN], const char *user_id, const char *username, char *instead,
    const char *groups)
{
	struct fake *f = ctx;

	(void)user_key, (void)user_id, (void)username;
	fake_note(f, "set_groups");
	keep(f->new_groups, sizeof(f->new_groups), groups);
	if (instead != NULL && f->groups_of_others != NULL) {
		keep(instead, GROUPS_MAX + 1, f->groups_of_others); /* somebody was first */
		f->groups_of_others = NULL;
	} else if (instead != NULL) {
		keep(instead, GROUPS_MAX + 1, groups);
	}
	return (f->set_groups_rc);
}

static void
guess_one(struct fake *f, struct guess *g)
{
	int i = g->kind == GUESS_ADDRESS;
	size_t used = strlen(f->guess_steps);

	g->rc = i == 0 && g->step != GUESS_RESERVE && f->guess_rc[i] == DW_OK ? f->guess_settle_rc : f->guess_rc[i];
	if (g->step == GUESS_RESERVE && g->rc == DW_OK) {
		g->verdict = g->device != NULL && i == 0 ? f->guess_device_verdict : f->guess_verdict[i];
		g->wait_ms = g->verdict == GUESS_WAIT ? f->guess_wait[i] : 0;
		g->report = g->verdict == GUESS_WAIT && f->guess_report[i];
	}
	snprintf(f->guess_steps + used, sizeof(f->guess_steps) - used, "%c%d ", g->kind, (int)g->step);
	g->failures = g->step == GUESS_SUCCEEDED ? f->failures : 0;
	f->guessed[i] = *g;
}

static void
guess(void *ctx, struct guess *guesses, size_t n)
{

	fake_note(ctx, "guess");
	for (size_t i = 0; i < n; i++)
		guess_one(ctx, &guesses[i]);
}

static enum dw_result
history(void *ctx, const uint8_t user_key[USER_KEY_LEN], struct history *out)
{
	struct fake *f = ctx;

	(void)user_key;
	fake_note(f, "history");
	*out = f->history;
	return (f->history_rc);
}

static enum dw_result
remember(void *ctx, const uint8_t user_key[USER_KEY_LEN], const struct history *h)
{
	struct fake *f = ctx;

	(void)user_key;
	fake_note(f, "remember");
	f->history = *h;
	return (f->remember_rc);
}

static const struct store_ops store = { .lookup = lookup,
	.login = begin,
	.end = end,
	.rotate = rotate,
	.touch = touch,
	.list = list,
	.notify = notify,
	.ping = ping,
	.now = now,
	.look_at_clock = look_at_clock,
	.set_groups = set_groups,
	.revoke = revoke,
	.guess = guess,
	.history = history,
	.remember = remember };

static enum dw_result
find(void *ctx, const char *name, struct account *out)
{
	struct fake *f = ctx;

	fake_note(f, "find");
	snprintf(f->found_name, sizeof(f->found_name), "%s", name);
	if (f->find_rc == DW_OK)
		*out = f->account;
	return (f->find_rc);
}

/* The second look at the account, after a login. */
static enum dw_result
find_id(void *ctx, const char *id, struct account *out)
{
	struct fake *f = ctx;

	(void)id;
	fake_note(f, "find_id");
	memset(out, 0, sizeof(*out));
	if (f->find_id_rc == DW_OK)
		*out = f->account;
	out->disabled = f->disabled_since;
	out->version += f->versions_since;
	if (f->groups_len_since != 0)
		out->groups_len = f->groups_len_since;
	if (f->groups_since != NULL)
		snprintf(out->groups, sizeof(out->groups), "%s", f->groups_since);
	if (f->groups_again)
		snprintf(out->groups, sizeof(out->groups), "group-%zu", f->trail.len); /* others at every look */
	return (f->find_id_rc);
}

static enum dw_result
dearest(void *ctx, char hash[PWHASH_MAX])
{
	const struct fake *f = ctx; /* not in the trail: it is asked for once in a while only */

	if (f->dearest != NULL)
		snprintf(hash, PWHASH_MAX, "%s", f->dearest);
	return (f->dearest == NULL ? DW_ABSENT : f->dearest_rc);
}

static enum dw_result
replace_hash(void *ctx, const char *id, const char *expected, const char *hash)
{
	struct fake *f = ctx;

	(void)id;
	fake_note(f, "replace_hash");
	snprintf(f->old_hash, sizeof(f->old_hash), "%s", expected);
	snprintf(f->new_hash, sizeof(f->new_hash), "%s", hash);
	return (f->replace_hash_rc);
}

static enum dw_result
set_hash(void *ctx, const char *id, const struct account *expected, const char *hash)
{
	struct fake *f = ctx;

	(void)id;
	fake_note(f, "set_hash");
	memcpy(f->set_hash[1], f->set_hash[0], PWHASH_MAX);
	snprintf(f->set_hash[0], PWHASH_MAX, "%s", hash);
	f->set_version = expected == NULL ? -1 : expected->version;
	return (f->set_hash_rc);
}

static enum dw_result
put_device(void *ctx, const char *user_id, const struct device *d)
{
	struct fake *f = ctx;

	(void)user_id;
	fake_note(f, "put_device");
	f->device = *d;
	return (f->put_device_rc);
}

static enum dw_result
get_device(void *ctx, const char *user_id, const char *device_id, struct device *out)
{

	(void)user_id, (void)device_id;
	fake_note(ctx, "get_device");
	*out = ((struct fake *)ctx)->device;
	return (((struct fake *)ctx)->get_device_rc);
}

static const struct userdb_ops users = { .find = find,
	.find_id = find_id,
	.dearest = dearest,
	.replace_hash = replace_hash,
	.set_hash = set_hash,
	.put_device = put_device,
	.get_device = get_device };

static void
set_client(struct client *c, const char *id)
{
	uint8_t digest[MAC_LEN];

	snprintf(c->id, sizeof(c->id), "%s", id);
	mac_sha256(id, strlen(id), digest);
	memcpy(c->client_hash, digest, CLIENT_HASH_LEN);
	c->secret_file = "";
	c->policy = POLICY_SLIDING;
	c->idle = 1800 * 1000;
	c->absolute = 43200 * 1000;
	c->remember_idle = 7 * 86400 * 1000;
	c->remember_absolute = INT64_C(30) * 86400 * 1000;
	c->refresh_idle = 86400 * 1000;
	c->refresh_absolute = 7 * 86400 * 1000;
	c->access_ttl = 300 * 1000;
}

static void
set_config(struct fake *f)
{
	static char *none[] = { NULL };

	memset(&f->conf, 0, sizeof(f->conf));
	memset(f->clients, 0, sizeof(f->clients));
	set_client(&f->clients[0], "default");
	set_client(&f->clients[1], "app");
	f->conf.mount = "/auth";
	f->conf.issuer = "https://sso.example.org/auth";
	f->conf.audience = "";
	f->conf.origins = f->conf.trusted_proxies = none;
	f->conf.require_tls = true;
	f->conf.hsts = "max-age=63072000; includeSubDomains";
	f->conf.cookie_name = "__Host-dw_session";
	f->conf.cookie_domain = "";
	f->conf.title = "";
	f->conf.site_name = "";
	f->conf.site_help_url = "";
	f->conf.site_logo = f->conf.theme_css = "";
	f->conf.password_rehash = true;
	f->conf.password_min_length = 15;
	f->conf.password_blocklist_file = "";
	f->conf.session_limit = 64;
	f->conf.refresh_grace = 10 * 1000;
	f->conf.access_ttl = 300 * 1000;
	f->conf.clients = f->clients;
	f->conf.n_clients = 2;
}

void
fake_reset(struct fake *f)
{

	set_config(f);
	f->now = FAKE_NOW;
	buf_init(&f->trail, f->trail_text, sizeof(f->trail_text));
	f->lookup_rc = f->login_rc = f->end_rc = f->rotate_rc = DW_OK;
	f->touch_rc = f->list_rc = f->notify_rc = f->ping_rc = DW_OK;
	f->find_rc = f->find_id_rc = f->replace_hash_rc = f->put_device_rc = f->set_groups_rc = DW_OK;
	f->driver = (struct userdb_driver){ .writable = true, .passwords = true, .records = true, .ops = &users };
	f->revoke_rc = DW_OK;
	f->revoke_wait = 0;
	memset(&f->revoked, 0, sizeof(f->revoked));
	f->set_hash_rc = DW_OK;
	memset(f->set_hash, 0, sizeof(f->set_hash));
	f->get_device_rc = DW_ABSENT;
	f->guess_settle_rc = DW_OK;
	f->failures = 0;
	f->history_rc = f->remember_rc = DW_OK;
	memset(&f->history, 0, sizeof(f->history));
	for (int i = 0; i < 2; i++) {
		f->guess_rc[i] = DW_OK;
		f->guess_verdict[i] = GUESS_GRANTED;
		f->guess_wait[i] = 1500;
		f->guess_report[i] = false;
	}
	f->guess_device_verdict = GUESS_GRANTED;
	f->guess_steps[0] = '\0';
	f->login_outcome = LOGIN_DONE;
	f->disabled_since = f->groups_again = false;
	f->versions_since = 0;
	f->dearest = NULL;
	f->dearest_rc = DW_OK;
	f->groups_since = f->recorded_groups = f->groups_of_others = NULL;
	f->groups_len_since = 0;
	f->conf.userdb_groups = NULL;
	memset(&f->found, 0, sizeof(f->found));
	memset(&f->asked, 0, sizeof(f->asked));
	memset(&f->begun, 0, sizeof(f->begun));
	memset(&f->ended, 0, sizeof(f->ended));
	memset(&f->end_reply, 0, sizeof(f->end_reply));
	memset(&f->rotated, 0, sizeof(f->rotated));
	memset(&f->rotate_reply, 0, sizeof(f->rotate_reply));
	memset(&f->noticed, 0, sizeof(f->noticed));
	memset(&f->account, 0, sizeof(f->account));
	memset(&f->device, 0, sizeof(f->device));
	f->noticed_type[0] = f->old_hash[0] = f->new_hash[0] = f->new_groups[0] = f->found_name[0] = '\0';
	f->app.board->max_hashing = 1;
}

int
fake_new(struct fake *f)
{
	char err[256];

	memset(f, 0, sizeof(*f));
	snprintf(f->dir, sizeof(f->dir), "/tmp/dw-unit-XXXXXX");
	if (mkdtemp(f->dir) == NULL)
		return (-1);
	if (keyring_create(f->dir, "EdDSA", (uid_t)-1, (gid_t)-1, err, sizeof(err)) != 0 ||
	    (f->app.keys = keyring_load(f->dir, err, sizeof(err))) == NULL) {
		fprintf(stderr, "keyring: %s\n", err);
		return (-1);
	}
	if ((f->app.board = board_new()) == NULL)
		return (-1);
	f->app.slot = board_assign(f->app.board, 0, 0, 1);
	f->app.conf = &f->conf;
	f->app.store = &store;
	f->app.userdb = &f->driver;
	f->app.recorddb = &f->driver;
	f->app.users = f->app.records = &users;
	f->app.store_ctx = f->app.users_ctx = f->app.records_ctx = f;
	fake_reset(f);
	return (0);
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{

	(void)st, (void)type, (void)at;
	return (remove(path));
}

void
fake_free(struct fake *f)
{

	keyring_free((struct keyring *)(uintptr_t)f->app.keys);
	nftw(f->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

int
fake_begin(void **state)
{

	(void)state;
	return (fake_new(&fake));
}

int
fake_end(void **state)
{

	(void)state;
	fake_free(&fake);
	return (0);
}

int
fake_fresh(void **state)
{

	(void)state;
	fake_reset(&fake);
	return (0);
}

void
fake_account(struct fake *f, const char *hash)
{

	keep(f->account.id, sizeof(f->account.id), "user-1");
	keep(f->account.name, sizeof(f->account.name), "alice");
	keep(f->account.groups, sizeof(f->account.groups), "users");
	keep(f->account.hash, sizeof(f->account.hash), hash);
}
