/* SPDX-License-Identifier: ISC */
/*
 * libldap waits where and for how long it likes: in the resolver, in connect(2), in a TLS handshake, in the middle of a
 * message. So the socket is connected here and handed to it, and around every call the watchdog shuts that socket down when the
 * time is up, whatever the library is waiting for.
 *
 * It also likes to connect by itself when a connection has gone, and then without TLS. So a connection on which anything but an
 * answer came is closed at once and never used again, and the address it would connect to is one that nobody is at. Its
 * settings come from here alone, none from ldap.conf, the home directory or the environment: "TLS_REQCERT never" somewhere
 * there must not mean it for us. Referrals are not followed: whom a directory names there nobody has decided to show passwords
 * to.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openldap.h>

#include "base/clock.h"
#include "base/log.h"
#include "doorward/config.h"
#include "userdb/dial.h"
#include "userdb/watchdog.h"

#include "userdb/ldap_link.h"

#define NOWHERE "ldapi://%2Fdev%2Fnull"
#define CA_STORE "/etc/ssl/certs/ca-certificates.crt"
#define WHY 256 /* bytes of a sentence */
#define MESSAGE_MAX                                                                                                            \
	((ber_len_t)1 << 20) /* bytes of one message of the directory's; entries come with a few attributes only               \
			      */

static int64_t
left(const struct ldap_link *l)
{
	int64_t ms = l->deadline - clock_mono_ms();

	return (ms > 0 ? ms : 0);
}

/* What went wrong, once in a while. Diagnostics are the other side's words. */
static void
say(struct ldap_link *l, const char *what, const char *why)
{

	if (log_due(&l->said))
		log_error("the directory %s: %s url=%s", what, log_text(str_of(why)), log_text(str_of(l->conf->userdb_url)));
}

static void
say_code(struct ldap_link *l, const char *what, int code)
{
	char why[WHY], *diagnostic = NULL;

	if (l->ld != NULL)
		(void)ldap_get_option(l->ld, LDAP_OPT_DIAGNOSTIC_MESSAGE, &diagnostic);
	snprintf(why, sizeof(why), "%s%s%s", left(l) == 0 ? "no answer in time" : ldap_err2string(code),
	    diagnostic != NULL && diagnostic[0] != '\0' ? ", " : "", diagnostic != NULL ? diagnostic : "");
	ldap_memfree(diagnostic);
	say(l, what, why);
}

/* Of a certificate that it does not believe, GnuTLS has no more to say than this. */
#define NO_WORD "(unknown error code)"

static void
say_tls(struct ldap_link *l, int code)
{
	char *diagnostic = NULL;
	bool mute;

	(void)ldap_get_option(l->ld, LDAP_OPT_DIAGNOSTIC_MESSAGE, &diagnostic);
	mute = left(l) > 0 && code == LDAP_CONNECT_ERROR && diagnostic != NULL && strcmp(diagnostic, NO_WORD) == 0;
	ldap_memfree(diagnostic);
	if (!mute)
		say_code(l, "cannot be spoken to encrypted", code);
	else
		say(l, "cannot be spoken to encrypted",
		    l->conf->ldap_ca_file[0] != '\0'
			? "its certificate is of no authority in ldap.ca_file, is for another name, or has expired"
			: "its certificate is of no authority that this system trusts (see ldap.ca_file), is for another name, "
			  "or has expired");
}

/* A farewell may block as anything else may. */
void
link_close(struct ldap_link *l)
{

	if (l->ld == NULL)
		return;
	(void)watchdog_begin(l->fd, clock_mono_ms());
	(void)ldap_unbind_ext(l->ld, NULL, NULL);
	(void)watchdog_end();
	l->ld = NULL;
	l->fd = -1;
}

static bool
set(LDAP *ld, int option, const void *value)
{

	return (ldap_set_option(ld, option, value) == LDAP_OPT_SUCCESS);
}

static bool
set_options(const struct ldap_link *l, LDAP *ld)
{
	static const int version = LDAP_VERSION3;
	const struct timeval tv = { .tv_sec = l->conf->userdb_timeout / 1000,
		.tv_usec = l->conf->userdb_timeout % 1000 * 1000 };
	ber_len_t most = MESSAGE_MAX;
	Sockbuf *sb = NULL;

	return (set(ld, LDAP_OPT_PROTOCOL_VERSION, &version) && set(ld, LDAP_OPT_REFERRALS, LDAP_OPT_OFF) &&
		set(ld, LDAP_OPT_RESTART, LDAP_OPT_OFF) && set(ld, LDAP_OPT_TIMEOUT, &tv) &&
		set(ld, LDAP_OPT_NETWORK_TIMEOUT, &tv) && ldap_get_option(ld, LDAP_OPT_SOCKBUF, &sb) == LDAP_OPT_SUCCESS &&
		ber_sockbuf_ctrl(sb, LBER_SB_OPT_SET_MAX_INCOMING, &most) > 0);
}

/*
 * The library takes "localhost" for another word for the name of this machine, and wants that one in the certificate. It has it
 * in a variable that it exports, in the versions of today; where it does not, certificates have to be made that way.
 */
extern char *ldap_int_hostname __attribute__((weak));

static void
let_localhost_be_itself(void)
{
	static bool done;
	char *name;

	if (done || &ldap_int_hostname == NULL || (name = ber_strdup("localhost")) == NULL)
		return;
	ldap_memfree(ldap_int_hostname);
	ldap_int_hostname = name;
	done = true;
}

static bool
set_tls(const struct ldap_link *l, LDAP *ld)
{
	static const int demand = LDAP_OPT_X_TLS_DEMAND, client = 0;
	static const int least = LDAP_OPT_X_TLS_PROTOCOL_TLS1_2;
	const char *file = l->conf->ldap_ca_file[0] != '\0' ? l->conf->ldap_ca_file : CA_STORE;

	let_localhost_be_itself();
	return (set(ld, LDAP_OPT_X_TLS_REQUIRE_CERT, &demand) && set(ld, LDAP_OPT_X_TLS_PROTOCOL_MIN, &least) &&
		set(ld, LDAP_OPT_X_TLS_CACERTFILE, file) && set(ld, LDAP_OPT_X_TLS_NEWCTX, &client));
}

static int
dial(const struct ldap_link *l, char *why)
{
	bool in_clear = l->url.scheme == LDAP_SCHEME_PLAIN && !l->conf->ldap_starttls;

	if (l->url.scheme == LDAP_SCHEME_UNIX)
		return (dial_unix(l->url.path, l->deadline, why, WHY));
	return (dial_tcp(l->url.host, l->url.port, in_clear && !l->conf->ldap_insecure, l->deadline, why, WHY));
}

/* The library has its own idea of what the address of a unix socket looks like, and does not need it. */
static bool
adopt(struct ldap_link *l, int fd)
{
	bool is_unix = l->url.scheme == LDAP_SCHEME_UNIX;

	if (ldap_init_fd(fd, is_unix ? LDAP_PROTO_IPC : LDAP_PROTO_TCP, is_unix ? "ldapi:///" : l->conf->userdb_url, &l->ld) !=
	    LDAP_SUCCESS)
		return (false);
	l->fd = fd;
	return (set_options(l, l->ld) && (is_unix || set_tls(l, l->ld)));
}

/* Verifies the certificate for the host of userdb.url. */
static int
encrypt(struct ldap_link *l)
{

	if (l->url.scheme == LDAP_SCHEME_TLS)
		return (ldap_install_tls(l->ld));
	return (l->conf->ldap_starttls ? ldap_start_tls_s(l->ld, NULL, NULL) : LDAP_SUCCESS);
}

/* Encrypted, where it is to be, and then never anywhere else. */
static bool
secure(struct ldap_link *l)
{
	int code;

	if (!watchdog_begin(l->fd, l->deadline))
		return (false);
	code = encrypt(l);
	if (watchdog_end() && code == LDAP_SUCCESS)
		code = LDAP_TIMEOUT;
	if (code == LDAP_SUCCESS && set(l->ld, LDAP_OPT_URI, NOWHERE))
		return (true);
	say_tls(l, code);
	return (false);
}

static bool
introduce(struct ldap_link *l)
{
	enum link_result rc;

	if (l->dn[0] == '\0')
		return (true);
	if ((rc = link_bind(l, l->dn, str_of(l->password))) == LINK_REFUSED)
		say(l, "refuses ldap.bind_dn, or the password in userdb.password_file", l->dn);
	return (rc == LINK_OK);
}

static bool
open_link(struct ldap_link *l)
{
	char why[WHY] = "";
	int fd = dial(l, why);

	if (fd < 0) {
		say(l, "cannot be connected to", why);
		return (false);
	}
	if (!adopt(l, fd)) {
		say(l, "cannot be spoken to", "the library refuses its settings: is ldap.ca_file a file of certificates?");
		if (l->ld == NULL)
			close(fd);
	} else if (secure(l) && introduce(l)) {
		return (true);
	}
	link_close(l);
	return (false);
}

enum dw_result
link_run(struct ldap_link *l, int64_t deadline, enum link_result (*op)(struct ldap_link *, void *), void *ctx)
{
	bool kept = l->ld != NULL;
	enum link_result rc;

	l->deadline = deadline;
	if (!kept && !open_link(l))
		return (DW_UNAVAILABLE);
	rc = op(l, ctx);
	if (rc == LINK_LOST) {
		link_close(l);
		if (kept && left(l) > 0)
			return (link_run(l, deadline, op, ctx)); /* it had been idle, and the other side does not keep these */
	}
	return (rc == LINK_OK ? DW_OK : rc == LINK_REFUSED ? DW_REFUSED : DW_UNAVAILABLE);
}

/* Waits for the next message of ${id}. Returns its type, or -1. */
static int
receive(struct ldap_link *l, int id, LDAPMessage **message)
{
	int64_t ms = left(l);
	struct timeval tv = { .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 };
	int type;

	*message = NULL;
	if (!watchdog_begin(l->fd, l->deadline))
		return (-1);
	type = ldap_result(l->ld, id, LDAP_MSG_ONE, &tv, message);
	if (!watchdog_end() && type > 0)
		return (type);
	ldap_msgfree(*message);
	*message = NULL;
	return (-1);
}

/* The result code of a final message, which is freed; LDAP_DECODING_ERROR if it makes none. */
static int
code_of(struct ldap_link *l, LDAPMessage *message)
{
	int code = LDAP_DECODING_ERROR;
	char *diagnostic = NULL;

	if (ldap_parse_result(l->ld, message, &code, NULL, &diagnostic, NULL, NULL, 1) != LDAP_SUCCESS)
		code = LDAP_DECODING_ERROR;
	ldap_memfree(diagnostic);
	return (code);
}

/*
 * Which codes speak of this user. All others speak of the directory: that it is busy, shutting down, wants another kind of bind
 * or refers to somebody else. He has not been asked then, and it is neither his mistake nor a guess of his.
 */
static enum link_result
verdict(struct ldap_link *l, int code)
{

	switch (code) {
	case LDAP_SUCCESS:
		return (LINK_OK);
	case LDAP_INVALID_CREDENTIALS:
	case LDAP_INAPPROPRIATE_AUTH:   /* he has no password */
	case LDAP_NO_SUCH_OBJECT:       /* gone since he was found */
	case LDAP_CONSTRAINT_VIOLATION: /* locked, in some directories */
		return (LINK_REFUSED);
	default:
		say_code(l, "does not answer to a bind", code);
		return (LINK_UNAVAILABLE);
	}
}

enum link_result
link_bind(struct ldap_link *l, const char *dn, struct str password)
{
	struct berval secret = { .bv_len = password.len, .bv_val = (char *)(uintptr_t)password.p };
	LDAPMessage *message = NULL;
	int id, code;

	if (dn[0] == '\0' || password.len == 0)
		return (LINK_REFUSED); /* it would be an anonymous bind, which succeeds (RFC 4513 5.1.2) */
	if (!watchdog_begin(l->fd, l->deadline))
		return (LINK_LOST);
	code = ldap_sasl_bind(l->ld, dn, LDAP_SASL_SIMPLE, &secret, NULL, NULL, &id);
	if (watchdog_end() || code != LDAP_SUCCESS || receive(l, id, &message) != LDAP_RES_BIND) {
		say_code(l, "does not answer to a bind", LDAP_SERVER_DOWN);
		ldap_msgfree(message); /* something, but no answer */
		return (LINK_LOST);
	}
	return (verdict(l, code_of(l, message)));
}

/* Entry number ${n}, from 0. False: the search is over. */
static bool
take(struct ldap_link *l, struct link_search *s, LDAPMessage *entry, int n)
{

	if (n < s->limit)
		return (s->each(l->ld, entry, s->ctx));
	s->more = true;
	return (n == s->limit);
}

/* Hands on the entries. Returns the code of the result that follows them, or -1 if none came. */
static int
collect(struct ldap_link *l, struct link_search *s, int id)
{
	LDAPMessage *message;
	bool fine = true;
	int type, n = 0;

	while ((type = receive(l, id, &message)) > 0 && type != LDAP_RES_SEARCH_RESULT) {
		if (type == LDAP_RES_SEARCH_ENTRY)
			fine = take(l, s, message, n++);
		ldap_msgfree(message);
		if (!fine)
			return (-1);
	}
	return (type < 0 ? -1 : code_of(l, message));
}

/* One entry more than are wanted is asked for, so that the directory need not say that there are more. */
enum link_result
link_search(struct ldap_link *l, struct link_search *s)
{
	struct timeval tv = { .tv_sec = 1 + left(l) / 1000 };
	int id, code;

	s->more = false;
	if (!watchdog_begin(l->fd, l->deadline))
		return (LINK_LOST);
	code = ldap_search_ext(
	    l->ld, s->base, s->scope, s->filter, (char **)(uintptr_t)s->attributes, 0, NULL, NULL, &tv, s->limit + 1, &id);
	if (watchdog_end() || (code != LDAP_SUCCESS && code != LDAP_FILTER_ERROR)) {
		say_code(l, "does not answer to a search", code);
		return (LINK_LOST);
	}
	if (code == LDAP_SUCCESS)
		code = collect(l, s, id);
	if (code == LDAP_SUCCESS || (code == LDAP_SIZELIMIT_EXCEEDED && s->more))
		return (LINK_OK);
	if (code == LDAP_NO_SUCH_OBJECT)
		say(l,
		    s->base == l->conf->ldap_group_base ? "has no such entry for ldap.bind_dn to search below, ldap.group_base"
							: "has no such entry for ldap.bind_dn to search below, ldap.base",
		    s->base);
	else
		say_code(l, "does not answer to a search", code < 0 ? LDAP_SERVER_DOWN : code);
	return (code < 0 ? LINK_LOST : LINK_UNAVAILABLE);
}
