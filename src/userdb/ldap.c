/* SPDX-License-Identifier: ISC */
/*
 * Accounts in a directory: the module. A user is searched for, as ldap.bind_dn or as nobody, and then bound as the entry that
 * was found, on a connection of its own, so that a search is never made with somebody's rights.
 *
 * Nothing says that he was refused but the directory's own word that this is not his password; whatever else comes back, or
 * does not, is "could not ask". All steps of one question together take userdb.timeout at the most.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/module.h"
#include "doorward/config.h"
#include "doorward/userdb.h"
#include "userdb/ldap_entry.h"
#include "userdb/ldap_link.h"

struct directory {
	const struct config *conf;
	struct ldap_link searching, binding;
	int64_t said;
	int64_t leave_until; /* clock_mono_ms(): ping() asked in vain */
};

static int64_t
deadline_of(const struct directory *d)
{

	return (clock_mono_ms() + d->conf->userdb_timeout);
}

static enum dw_result
find_by(struct directory *d, int64_t deadline, const char *name, struct account *out)
{
	enum dw_result rc;
	char *dn;

	if ((rc = entry_find(&d->searching, deadline, name, out, &dn)) == DW_OK)
		rc = entry_groups(&d->searching, deadline, dn, out);
	ldap_memfree(dn);
	return (rc);
}

static enum dw_result
find(void *ctx, const char *name, struct account *out)
{
	struct directory *d = ctx;

	return (find_by(d, deadline_of(d), name, out));
}

static enum dw_result
find_id(void *ctx, const char *id, struct account *out)
{
	struct directory *d = ctx;
	int64_t deadline = deadline_of(d);
	char name[USERNAME_MAX + 1];
	enum dw_result rc;

	if ((rc = entry_name(&d->searching, deadline, id, name)) != DW_OK)
		return (rc);
	rc = find_by(d, deadline, name, out);
	return (rc == DW_OK && strcmp(out->id, id) != 0 ? DW_ABSENT : rc);
}

struct credentials {
	const char *dn;
	struct str password;
};

static enum link_result
bind_as(struct ldap_link *l, void *ctx)
{
	const struct credentials *c = ctx;

	return (link_bind(l, c->dn, c->password));
}

/*
 * Who signs in by another name than that of his entry, as a filter may allow, is asked about again by that of his entry: it
 * must lead to him.
 */
static enum dw_result
check_name(struct directory *d, int64_t deadline, const char *name, const struct account *a)
{
	struct account other;
	enum dw_result rc;
	char *dn;

	if (strcmp(name, a->name) == 0)
		return (DW_OK);
	rc = entry_find(&d->searching, deadline, a->name, &other, &dn);
	ldap_memfree(dn);
	if (rc != DW_ABSENT && (rc != DW_OK || strcmp(other.id, a->id) == 0))
		return (rc);
	if (log_due(&d->said))
		log_error("ldap.filter does not find the entry by its ldap.name user=%s", log_text(str_of(a->name)));
	return (DW_UNAVAILABLE);
}

static enum dw_result
verify(void *ctx, const char *name, struct str password, const char *ip, struct account *out)
{
	struct directory *d = ctx;
	struct credentials c = { .password = password };
	int64_t deadline = deadline_of(d);
	enum dw_result rc;
	char *dn;

	(void)ip;
	if (password.len == 0)
		return (DW_REFUSED);
	rc = entry_find(&d->searching, deadline, name, out, &dn);
	c.dn = dn;
	if (rc == DW_OK && (rc = link_run(&d->binding, deadline, bind_as, &c)) == DW_OK &&
	    (rc = check_name(d, deadline, name, out)) == DW_OK)
		rc = entry_groups(&d->searching, deadline, dn, out);
	ldap_memfree(dn);
	return (rc);
}

static bool
take_any(LDAP *ld, LDAPMessage *entry, void *ctx)
{

	(void)ld, (void)entry;
	*(bool *)ctx = true;
	return (true);
}

static enum link_result
look_at(struct ldap_link *l, const char *base)
{
	static const char *const nothing[] = { LDAP_NO_ATTRS, NULL };
	bool found = false;
	struct link_search s = { .base = base,
		.filter = "(objectClass=*)",
		.scope = LDAP_SCOPE_BASE,
		.attributes = nothing,
		.limit = 1,
		.each = take_any,
		.ctx = &found };

	return (link_search(l, &s));
}

/* Without the entry above the groups nobody can sign in, as without that above the users. */
static enum link_result
look_at_bases(struct ldap_link *l, void *ctx)
{
	enum link_result rc = look_at(l, l->conf->ldap_base);

	(void)ctx;
	return (rc != LINK_OK || l->conf->ldap_group_base[0] == '\0' ? rc : look_at(l, l->conf->ldap_group_base));
}

/* Who asks so asks again and again, and has other things to do than to wait. */
static enum dw_result
ping(void *ctx)
{
	struct directory *d = ctx;
	enum dw_result rc;

	if (clock_mono_ms() < d->leave_until)
		return (DW_UNAVAILABLE);
	if ((rc = link_run(&d->searching, deadline_of(d), look_at_bases, NULL)) != DW_OK)
		d->leave_until = clock_mono_ms() + d->conf->userdb_timeout;
	return (rc);
}

static void
init_link(struct ldap_link *l, const struct config *conf, const char *dn)
{

	l->conf = conf;
	l->dn = dn;
	l->fd = -1;
	(void)ldap_url_read(conf->userdb_url, &l->url); /* -t has seen to it */
}

static int
read_password(struct directory *d, char *err, size_t errlen)
{
	char *password = d->searching.password;

	if (d->conf->ldap_bind_dn[0] == '\0')
		return (0);
	if (fd_read_secret(d->conf->userdb_password_file, password, sizeof(d->searching.password)) < 0) {
		snprintf(err, errlen, "userdb.password_file %.256s: %s", d->conf->userdb_password_file, strerror(errno));
		return (-1);
	}
	password[strcspn(password, "\r\n")] = '\0';
	return (0);
}

static void
close_directory(void *ctx)
{
	struct directory *d = ctx;

	if (d == NULL)
		return;
	link_close(&d->searching);
	link_close(&d->binding);
	explicit_bzero(d, sizeof(*d));
	free(d);
}

/* Nobody is asked yet: a directory that is away, or slow, holds up no start. */
static void *
open_directory(const struct config *conf, enum userdb_part part, char *err, size_t errlen)
{
	struct directory *d = calloc(1, sizeof(*d));

	(void)part;
	err[0] = '\0';
	if (d == NULL || setenv("LDAPNOINIT", "1", 1) != 0) {
		snprintf(err, errlen, "the directory cannot be opened: out of memory");
		free(d);
		return (NULL);
	}
	d->conf = conf;
	init_link(&d->searching, conf, conf->ldap_bind_dn);
	init_link(&d->binding, conf, "");
	if (read_password(d, err, errlen) == 0)
		return (d);
	close_directory(d);
	return (NULL);
}

static const char *
library(void)
{
	static char name[64];
	LDAPAPIInfo info = { .ldapai_info_version = LDAP_API_INFO_VERSION };

	if (ldap_get_option(NULL, LDAP_OPT_API_INFO, &info) != LDAP_OPT_SUCCESS)
		return ("libldap");
	snprintf(name, sizeof(name), "%s %d", info.ldapai_vendor_name, info.ldapai_vendor_version);
	ldap_memvfree((void **)info.ldapai_extensions);
	ldap_memfree(info.ldapai_vendor_name);
	return (name);
}

static const struct userdb_ops ops = {
	.find = find,
	.find_id = find_id,
	.verify = verify,
	.ping = ping,
};

#define DRIVER(name)                                                                                                           \
	{                                                                                                                      \
		.scheme = name, .instead = "change them in the directory, with ldapmodify(1), ldappasswd(1) or its own tools", \
		.by_name = true, .library = library, .open = open_directory, .close = close_directory, .ops = &ops             \
	}

static const struct userdb_driver plain = DRIVER("ldap"), tls = DRIVER("ldaps"), local = DRIVER("ldapi");
static const struct userdb_driver *const drivers[] = { &plain, &tls, &local, NULL };

const struct module doorward_module = { .version = MODULE_VERSION, .drivers = drivers };
