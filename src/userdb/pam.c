/* SPDX-License-Identifier: ISC */
/*
 * Accounts of PAM: the module, which only processes of the role "pam" open. Each question is a conversation of its own with
 * libpam, from pam_start to pam_end, in a process that has nothing else to do and may be killed at any time (src/pam/turn.c):
 * modules sleep, block, leak and start programs.
 *
 * What is told of a password is one hidden prompt's answer. A stack that asks for more (a second factor, a new password) is not
 * one that a login form can serve, and is refused. What PAM calls the user in the end is his name here; his groups are the name
 * service's, where it knows him.
 *
 * Only what says that it could not be asked is taken for that. PAM_SYSTEM_ERR and PAM_SERVICE_ERR are how pam_exec and others
 * say no: taken for an outage, a wrong password would be no guess, and nobody would count it.
 */
#include "config.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <security/pam_appl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/groups.h"
#include "base/log.h"
#include "base/module.h"
#include "base/precis.h"
#include "doorward/config.h"
#include "doorward/helper.h"
#include "doorward/userdb.h"
#include "userdb/helper.h"

#define SCHEME "pam"
#define TTY "doorward"          /* some modules want a name for where the user sits */
#define NSS_BYTES_MAX (1 << 20) /* of one entry of the name service: a group with some ten thousand members */
#define GROUPS_LOOKED_AT 65536  /* as many as the kernel has for a process */

struct pam_db {
	const char *service;
	char *const *groups; /* userdb.groups */
};

/* One conversation. */
struct talk {
	struct str password; /* p NULL: there is none to give */
	bool given, strange; /* it asked for something else */
};

static void
no_delay(int status, unsigned usec, void *data)
{

	(void)status, (void)usec, (void)data; /* our own throttle delays, and holds no process for it */
}

static char *
copy_of(struct str s)
{
	char *copy = malloc(s.len + 1);

	if (copy == NULL)
		return (NULL);
	memcpy(copy, s.p, s.len);
	copy[s.len] = '\0';
	return (copy);
}

/* Answers one message. False: the conversation cannot go on. */
static bool
answer(struct talk *t, const struct pam_message *m, struct pam_response *r)
{

	if (m->msg_style == PAM_TEXT_INFO || m->msg_style == PAM_ERROR_MSG)
		return (true); /* for people who sit there */
	if (m->msg_style != PAM_PROMPT_ECHO_OFF || t->given || t->password.p == NULL) {
		t->strange = true;
		return (false);
	}
	t->given = true;
	return ((r->resp = copy_of(t->password)) != NULL);
}

static void
forget(struct pam_response *r, size_t n)
{

	for (size_t i = 0; i < n; i++)
		if (r[i].resp != NULL) {
			explicit_bzero(r[i].resp, strlen(r[i].resp));
			free(r[i].resp);
		}
	free(r);
}

static int
converse(int n, const struct pam_message **messages, struct pam_response **out, void *ctx)
{
	struct pam_response *r;

	if (n <= 0 || n > PAM_MAX_NUM_MSG || (r = calloc((size_t)n, sizeof(*r))) == NULL)
		return (PAM_CONV_ERR);
	for (int i = 0; i < n; i++)
		if (!answer(ctx, messages[i], &r[i])) {
			forget(r, (size_t)n);
			return (PAM_CONV_ERR);
		}
	*out = r;
	return (PAM_SUCCESS);
}

static enum dw_result
failed(const char *step, const char *name, int code, enum dw_result rc)
{
	const char *why = pam_strerror(NULL, code);

	if (rc == DW_UNAVAILABLE)
		log_warn("PAM could not say user=%s step=%s code=%d error=%s", log_text(str_of(name)), step, code,
		    log_text(str_of(why)));
	else
		log_info(
		    "PAM says no user=%s step=%s code=%d error=%s", log_text(str_of(name)), step, code, log_text(str_of(why)));
	return (rc);
}

/* Codes of PAM itself, not of what it was asked about. */
static bool
is_outage(int code)
{

	switch (code) {
	case PAM_AUTHINFO_UNAVAIL:
	case PAM_BUF_ERR:
	case PAM_ABORT:
	case PAM_OPEN_ERR:
	case PAM_SYMBOL_ERR:
	case PAM_MODULE_UNKNOWN:
	case PAM_BAD_ITEM:
		return (true);
	default:
		return (false);
	}
}

static enum dw_result
authenticate(pam_handle_t *h, const char *name, const struct talk *t)
{
	int code = pam_authenticate(h, PAM_SILENT | PAM_DISALLOW_NULL_AUTHTOK);

	if (code == PAM_SUCCESS && !t->strange)
		return (DW_OK);
	if (t->strange)
		log_warn("PAM asks for more than a password, which no login form has: the user is refused user=%s",
		    log_text(str_of(name)));
	if (is_outage(code) && !t->strange)
		return (failed("authenticate", name, code, DW_UNAVAILABLE));
	return (failed("authenticate", name, code, code == PAM_USER_UNKNOWN ? DW_ABSENT : DW_REFUSED));
}

/* At a login whatever is not a clear yes is a no. */
static enum dw_result
admit(pam_handle_t *h, const char *name)
{
	int code = pam_acct_mgmt(h, PAM_SILENT | PAM_DISALLOW_NULL_AUTHTOK);

	if (code == PAM_SUCCESS)
		return (DW_OK);
	return (failed("acct_mgmt", name, code, is_outage(code) ? DW_UNAVAILABLE : DW_REFUSED));
}

/* Of somebody who is signed in already: only what is said of the account itself ends that. */
static enum dw_result
look(pam_handle_t *h, const char *name, bool *disabled)
{
	int code = pam_acct_mgmt(h, PAM_SILENT);

	*disabled = code == PAM_ACCT_EXPIRED || code == PAM_PERM_DENIED;
	if (code == PAM_SUCCESS || code == PAM_NEW_AUTHTOK_REQD || *disabled)
		return (DW_OK);
	return (failed("acct_mgmt", name, code, code == PAM_USER_UNKNOWN ? DW_ABSENT : DW_UNAVAILABLE));
}

/* --- groups */

/* What the name service returns for what it does not know is not the same everywhere. */
static bool
is_unknown(int error)
{

	return (error == 0 || error == ENOENT || error == ESRCH || error == EBADF || error == EPERM);
}

/* The user's own group into ${*gid}. DW_ABSENT: the name service does not know him. */
static enum dw_result
find_user(const char *name, char *mem, gid_t *gid)
{
	struct passwd pw, *found;
	int error = getpwnam_r(name, &pw, mem, NSS_BYTES_MAX, &found);

	if (found == NULL)
		return (is_unknown(error) ? DW_ABSENT : DW_UNAVAILABLE);
	*gid = found->pw_gid;
	return (DW_OK);
}

/* The name of ${gid} as memory of its own; NULL with DW_OK: it has none. */
static enum dw_result
name_group(gid_t gid, char *mem, char **name)
{
	struct group gr, *found;
	int error = getgrgid_r(gid, &gr, mem, NSS_BYTES_MAX, &found);

	*name = NULL;
	if (found == NULL)
		return (is_unknown(error) ? DW_OK : DW_UNAVAILABLE);
	return ((*name = strdup(found->gr_name)) != NULL ? DW_OK : DW_FAULT);
}

/* The process ends after this question, so the names need not be freed. */
static enum dw_result
list_groups(const struct pam_db *db, const char *name, char *mem, struct account *out)
{
	static gid_t gids[GROUPS_LOOKED_AT];
	static struct str names[GROUPS_LOOKED_AT];
	int n = GROUPS_LOOKED_AT;
	size_t named = 0;
	gid_t own = 0;
	enum dw_result rc = find_user(name, mem, &own);

	out->groups[0] = '\0';
	out->groups_len = 0;
	if (rc != DW_OK)
		return (rc == DW_ABSENT ? DW_OK : rc);
	if (getgrouplist(name, own, gids, &n) < 0)
		return (DW_UNAVAILABLE);
	for (int i = 0; i < n && rc == DW_OK; i++) {
		char *group;

		if ((rc = name_group(gids[i], mem, &group)) == DW_OK && group != NULL)
			names[named++] = str_of(group);
	}
	if (rc == DW_OK)
		out->groups_len = groups_join(names, named, db->groups, out->groups);
	return (rc);
}

/* --- one question */

/* PAM may have given the user another name on the way. */
static enum dw_result
describe(const struct pam_db *db, pam_handle_t *h, struct account *out)
{
	const void *item = NULL;
	enum dw_result rc;
	const char *name;
	char *mem;

	if (pam_get_item(h, PAM_USER, &item) != PAM_SUCCESS || item == NULL)
		return (DW_UNAVAILABLE);
	name = item;
	if (!precis_username(str_of(name), out->name, sizeof(out->name)))
		return (DW_REFUSED);
	userdb_id_of_name(SCHEME, str_of(out->name), out->id);
	if ((mem = malloc(NSS_BYTES_MAX)) == NULL)
		return (DW_FAULT);
	if ((rc = list_groups(db, name, mem, out)) != DW_OK)
		log_warn("the groups of a user could not be asked for user=%s", log_text(str_of(name)));
	free(mem);
	return (rc);
}

static enum dw_result
start(const struct pam_db *db, const struct helper_question *q, struct talk *t, pam_handle_t **h)
{
	static struct pam_conv conv;
	union {
		void (*function)(int, unsigned, void *);
		const void *item;
	} delay = { .function = no_delay };
	int code;

	conv = (struct pam_conv){ .conv = converse, .appdata_ptr = t };
	if ((code = pam_start(db->service, q->name, &conv, h)) != PAM_SUCCESS) {
		*h = NULL;
		return (failed("start", q->name, code, DW_UNAVAILABLE));
	}
	if ((code = pam_set_item(*h, PAM_FAIL_DELAY, delay.item)) == PAM_SUCCESS &&
	    (code = pam_set_item(*h, PAM_TTY, TTY)) == PAM_SUCCESS &&
	    (q->ip[0] == '\0' || (code = pam_set_item(*h, PAM_RHOST, q->ip)) == PAM_SUCCESS))
		return (DW_OK);
	return (failed("start", q->name, code, DW_UNAVAILABLE));
}

static enum dw_result
end(pam_handle_t *h, enum dw_result rc)
{

	if (h != NULL)
		(void)pam_end(h, rc == DW_OK ? PAM_SUCCESS : PAM_AUTH_ERR);
	return (rc);
}

static enum dw_result
verify(const struct pam_db *db, const struct helper_question *q, struct account *out)
{
	struct talk t = { .password = { q->password, q->password_len } };
	pam_handle_t *h = NULL;
	enum dw_result rc;

	if (q->password_len == 0 || q->password_len > sizeof(q->password) || memchr(q->password, '\0', q->password_len) != NULL)
		return (DW_REFUSED);
	if ((rc = start(db, q, &t, &h)) == DW_OK && (rc = authenticate(h, q->name, &t)) == DW_OK &&
	    (rc = admit(h, q->name)) == DW_OK)
		rc = describe(db, h, out);
	return (end(h, rc));
}

static enum dw_result
find(const struct pam_db *db, const struct helper_question *q, struct account *out)
{
	struct talk t = { .password = STR_NONE };
	pam_handle_t *h = NULL;
	enum dw_result rc;
	bool disabled = false;

	if ((rc = start(db, q, &t, &h)) == DW_OK && (rc = look(h, q->name, &disabled)) == DW_OK)
		rc = describe(db, h, out);
	out->disabled = disabled;
	return (end(h, rc));
}

static enum dw_result
answer_question(void *db, const struct helper_question *q, struct account *out)
{

	memset(out, 0, sizeof(*out));
	return (q->kind == HELPER_VERIFY ? verify(db, q, out) : find(db, q, out));
}

static void *
open_service(const struct config *conf, enum userdb_part part, char *err, size_t errlen)
{
	struct pam_db *db = calloc(1, sizeof(*db));

	(void)part;
	if (db == NULL) {
		snprintf(err, errlen, "PAM cannot be asked: out of memory");
		return (NULL);
	}
	db->service = conf->userdb_url + sizeof(SCHEME);
	db->groups = conf->userdb_groups;
	err[0] = '\0';
	(void)helper_driver.is_there(conf->userdb_url, err, errlen);
	return (db);
}

static const struct userdb_driver driver = { .scheme = SCHEME, .open = open_service, .close = free, .answer = answer_question };

static const struct userdb_driver *const drivers[] = { &driver, NULL };

const struct module doorward_module = { .version = MODULE_VERSION, .drivers = drivers };
