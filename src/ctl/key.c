/* SPDX-License-Identifier: ISC */
/*
 * The files say which key would sign in a process that starts now; a daemon that runs goes on with what it loaded. So where one
 * answers on the admin socket it is asked which keys it signs with: a key that was made since the last reload is "next", and
 * the one that still signs cannot be retired, whatever else is there. A daemon that is there and cannot be asked is not the
 * same as none: then nothing is retired.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <json-c/json.h>

#include "base/json.h"
#include "config/table.h"
#include "config/value.h"
#include "crypto/keyring_change.h"
#include "ctl/ctl.h"
#include "ctl/http.h"
#include "ctl/options.h"
#include "ctl/print.h"
#include "doorward/config.h"

#include "ctl/commands.h"

#define ERROR_MAX 4608 /* bytes of a sentence with a path */
#define ANSWER_MAX (1 << 20)
#define LINE_MAX_BYTES 512
#define IN_MAX (INT64_C(10) * 365 * 86400 * 1000) /* ms: a typing error, not a plan */

static const char *const states[] = { "next", "signing", "verifying", "retired" };
static const char *const kinds[] = { "signing", "token" };

/* Puts right what ${e} says of the keys that the daemon of ${text}, its status, signs with. Returns 0, or -1 if that cannot be
 * read. */
static int
take_status(struct str text, struct keyring_entries *e)
{
	struct json_object *o = json_parse_strict(text), *keys;
	bool wrong = false;

	if (o == NULL)
		return (-1);
	if (json_object_object_get_ex(o, "keys", &keys) && json_object_is_type(keys, json_type_object))
		for (size_t i = 0; i < 2; i++) {
			struct str kid = json_string(keys, kinds[i], &wrong);

			if (kid.p != NULL)
				keyring_list_signing(e, kid.p);
		}
	json_object_put(o);
	return (wrong ? -1 : 0);
}

/* Asks the daemon, if there is one. Returns 0, or -1 after saying that it could not be asked. */
static int
ask_daemon(const struct ctl *c, struct keyring_entries *e)
{
	struct str body;
	int rc = -1;
	char *mem;

	if (c->conf->admin_socket[0] == '\0' || !http_is_up(c->conf->admin_socket))
		return (0);
	if ((mem = malloc(ANSWER_MAX)) != NULL &&
	    http_get(c->conf->admin_socket, "/status?json", mem, ANSWER_MAX, &body) == 200)
		rc = take_status(body, e);
	free(mem);
	if (rc != 0)
		ctl_say("the daemon could not be asked which keys it signs with");
	return (rc);
}

static int
list(const struct ctl *c, struct keyring_entries *e)
{
	char err[ERROR_MAX];

	if (keyring_list(c->conf->state_dir, e, err, sizeof(err)) == 0)
		return (0);
	ctl_say("%s", err);
	return (-1);
}

static void
put_key(struct buf *b, const struct keyring_entry *x)
{

	buf_puts(b, "{\"kid\":");
	buf_json(b, str_of(x->kid));
	buf_puts(b, ",\"alg\":");
	buf_json(b, x->token ? STR_NONE : str_of(x->dates.alg));
	buf_printf(b, ",\"kind\":\"%s\",\"created\":\"", kinds[x->token]);
	buf_time(b, x->dates.created / 1000);
	buf_puts(b, "\",\"from\":\"");
	buf_time(b, (x->dates.from == 0 ? x->dates.created : x->dates.from) / 1000);
	buf_printf(b, "\",\"state\":\"%s\"}", states[x->state]);
}

static int
print_json(const struct keyring_entries *e)
{
	char text[LINE_MAX_BYTES];
	struct buf b;

	putchar('[');
	for (size_t i = 0; i < e->n; i++) {
		buf_init(&b, text, sizeof(text));
		buf_puts(&b, i > 0 ? "," : "");
		put_key(&b, &e->all[i]);
		if (print_buf(&b) != 0)
			return (-1);
	}
	puts("]");
	return (0);
}

static void
print_table(const struct keyring_entries *e)
{
	char created[TIME_LEN], from[TIME_LEN];

	printf("%-43s  %-7s  %-5s  %-20s  %-20s  %s\n", "kid", "kind", "alg", "created", "from", "state");
	for (size_t i = 0; i < e->n; i++) {
		const struct keyring_entry *x = &e->all[i];

		print_line("%-43s  %-7s  %-5s  %-20s  %-20s  %s", x->kid, kinds[x->token], x->token ? "-" : x->dates.alg,
		    print_time(x->dates.created / 1000, created),
		    print_time((x->dates.from == 0 ? x->dates.created : x->dates.from) / 1000, from), states[x->state]);
	}
}

int
key_list(struct ctl *c, const struct options *o)
{
	struct keyring_entries e;
	int rc = CTL_DONE;

	if (list(c, &e) != 0)
		return (CTL_FAILED);
	(void)ask_daemon(c, &e); /* said; then the files alone speak */
	if (!o->json)
		print_table(&e);
	else if (print_json(&e) != 0)
		rc = CTL_FAILED;
	free(e.all);
	return (rc);
}

/* Returns 0, or -1 after saying what is wrong with the options. */
static int
read_wish(const struct ctl *c, const struct options *o, struct keyring_wish *w)
{
	static const struct option duration = { .name = "--in", .type = OPTION_DURATION, .min = 0, .max = IN_MAX };
	const char *alg = o->alg != NULL ? o->alg : c->conf->access_alg;
	int known = jws_alg_of(str_of(alg));
	char why[256];

	*w = (struct keyring_wish){ .token = o->kind != NULL && strcmp(o->kind, kinds[1]) == 0, .alg = (enum jws_alg)known };
	if (o->kind != NULL && !w->token && strcmp(o->kind, kinds[0]) != 0)
		ctl_say("--kind: \"%s\" is neither %s nor %s", o->kind, kinds[0], kinds[1]);
	else if (w->token && o->alg != NULL)
		ctl_say("--alg: a token key has no choice of algorithms");
	else if (known < 0)
		ctl_say("--alg: \"%s\" is not one of EdDSA, ES256, RS256, HS256", alg);
	else if (o->in != NULL && !value_from_text(&duration, o->in, &w->in, why, sizeof(why)))
		ctl_say("--in: %s", why);
	else
		return (0);
	return (-1);
}

int
key_generate(struct ctl *c, const struct options *o)
{
	char kid[KID_MAX + 1], err[ERROR_MAX];
	struct keyring_wish w;
	uid_t uid;
	gid_t gid;

	if (read_wish(c, o, &w) != 0)
		return (CTL_USAGE);
	if (ctl_owner(c, &uid, &gid) != 0)
		return (CTL_FAILED);
	if (keyring_generate(c->conf->state_dir, &w, uid, gid, kid, err, sizeof(err)) != 0) {
		ctl_say("%s", err);
		return (CTL_FAILED);
	}
	print_line("%s", kid);
	if (isatty(STDERR_FILENO))
		ctl_say("known after the next reload; other hosts that share Redis need a copy of the key directory first");
	return (CTL_DONE);
}

/* Whether the daemon, or one that starts now, signs with ${kid}; or nobody can tell. */
static bool
is_needed(const struct ctl *c, const char *kid)
{
	struct keyring_entries e;
	bool needed;

	if (list(c, &e) != 0)
		return (true);
	needed = ask_daemon(c, &e) != 0;
	for (size_t i = 0; i < e.n && !needed; i++)
		if (strcmp(e.all[i].kid, kid) == 0 && e.all[i].state == KEY_SIGNING) {
			ctl_say("%s signs: generate another one and reload before this one is retired", kid);
			needed = true;
		}
	free(e.all);
	return (needed);
}

int
key_retire(struct ctl *c, const struct options *o)
{
	const char *kid = o->args[0];
	char err[ERROR_MAX];
	uid_t uid;
	gid_t gid;

	if (ctl_owner(c, &uid, &gid) != 0 || is_needed(c, kid))
		return (CTL_FAILED);
	if (keyring_retire(c->conf->state_dir, kid, uid, gid, err, sizeof(err)) == 0) {
		if (isatty(STDERR_FILENO))
			ctl_say("retired: from the next reload on nothing that %s made is good", kid);
		return (CTL_DONE);
	}
	ctl_say("%s", err);
	return (CTL_FAILED);
}
