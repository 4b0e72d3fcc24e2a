/* SPDX-License-Identifier: ISC */
/*
 * An entry becomes an account: its id from ldap.id, its name from ldap.name, its groups from the names of the groups that
 * ldap.group_filter finds by its DN. An entry that lacks what makes an account is a mistake in the settings or in the rights of
 * ldap.bind_dn, not somebody who is unknown: it could not be asked about.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/base64url.h"
#include "base/clock.h"
#include "base/groups.h"
#include "base/log.h"
#include "base/precis.h"
#include "doorward/config.h"
#include "userdb/ldap_filter.h"

#include "userdb/ldap_entry.h"

#define DRIVER "ldap" /* in ids: of all schemes by which a directory is reached */
#define ENTRY_UUID "entryUUID"
#define UUID_BYTES 16
#define UUID_TEXT 36
#define GROUPS_FOUND_MAX 4096              /* entries: more names do not fit into a list of groups */
#define GROUPS_BYTES_MAX ((size_t)1 << 20) /* of their names, some of which may not count */

/* Of what was said before, the messages about one entry come with a login and not with every user of a directory. */
static int64_t said;

static bool
read_uuid(struct str text, uint8_t out[UUID_BYTES])
{
	size_t n = 0;

	if (text.len != UUID_TEXT)
		return (false);
	for (size_t i = 0; i < text.len; i++) {
		bool hyphen = i == 8 || i == 13 || i == 18 || i == 23;

		if (hyphen ? text.p[i] != '-' : str_hex_value(text.p[i]) < 0)
			return (false);
		if (hyphen)
			continue;
		if (n % 2 == 0)
			out[n / 2] = 0;
		out[n / 2] = (uint8_t)(out[n / 2] << 4 | str_hex_value(text.p[i]));
		n++;
	}
	return (true);
}

static bool
is_entry_uuid(const struct config *conf)
{

	return (strcasecmp(conf->ldap_id, ENTRY_UUID) == 0);
}

/* An entryUUID by its bytes; another id as it is, if it fits. */
static bool
set_id(const struct config *conf, struct str value, struct account *out)
{
	uint8_t uuid[UUID_BYTES];

	if (!is_entry_uuid(conf)) {
		userdb_id(DRIVER, value, out->id);
		return (value.len > 0);
	}
	if (!read_uuid(value, uuid))
		return (false);
	base64url_encode(uuid, sizeof(uuid), out->id);
	return (true);
}

static struct str
str_of_value(const struct berval *v)
{

	return ((struct str){ v->bv_val, v->bv_len });
}

/* An attribute of several values would make another account of it whenever the directory gives them in another order. */
static bool
read_id(const struct config *conf, LDAP *ld, LDAPMessage *entry, struct account *out)
{
	struct berval **values = ldap_get_values_len(ld, entry, conf->ldap_id);
	bool good = ldap_count_values_len(values) == 1 && set_id(conf, str_of_value(values[0]), out);

	ldap_value_free_len(values);
	return (good);
}

/* Of several names the one that was asked for, in whatever spelling, else the first that can be one. */
static bool
read_name(const struct config *conf, LDAP *ld, LDAPMessage *entry, const char *asked, char name[USERNAME_MAX + 1])
{
	struct berval **values = ldap_get_values_len(ld, entry, conf->ldap_name);
	char one[USERNAME_MAX + 1];
	int n = ldap_count_values_len(values);

	name[0] = '\0';
	for (int i = 0; i < n; i++)
		if (precis_username(str_of_value(values[i]), one, sizeof(one)) && (name[0] == '\0' || strcmp(one, asked) == 0))
			strcpy(name, one);
	ldap_value_free_len(values);
	return (name[0] != '\0');
}

/* One search, and what comes of it. */
struct finding {
	const struct config *conf;
	const char *asked;
	struct account *out;
	char *dn;
	const char *lacks; /* the option whose attribute it lacks; NULL = none */
	struct link_search search;
};

static bool
take_entry(LDAP *ld, LDAPMessage *entry, void *ctx)
{
	struct finding *f = ctx;

	if ((f->dn = ldap_get_dn(ld, entry)) == NULL)
		return (false);
	if (!read_id(f->conf, ld, entry, f->out))
		f->lacks = "ldap.id";
	else if (!read_name(f->conf, ld, entry, f->asked, f->out->name))
		f->lacks = "ldap.name";
	return (true);
}

static enum link_result
search(struct ldap_link *l, void *ctx)
{
	struct finding *f = ctx;

	ldap_memfree(f->dn); /* of a connection that was lost on the way */
	f->dn = NULL;
	f->lacks = NULL;
	return (link_search(l, &f->search));
}

/* What the one entry that was found, or none, or several mean. An entry without a DN is the root, whom nobody signs in as. */
static enum dw_result
judge(struct finding *f)
{

	if (f->dn == NULL)
		return (DW_ABSENT);
	if (f->search.more) {
		if (log_due(&said))
			log_error(
			    "more than one entry of the directory matches ldap.filter, nobody can sign in by this name user=%s",
			    log_text(str_of(f->asked)));
		f->out->conflict = true;
		return (DW_ABSENT);
	}
	if (f->lacks == NULL && f->dn[0] != '\0')
		return (DW_OK);
	if (log_due(&said))
		log_error("an entry of the directory has no %s that can be used dn=%s", f->lacks != NULL ? f->lacks : "DN",
		    log_text(str_of(f->dn)));
	return (DW_UNAVAILABLE);
}

static enum dw_result
find_by(struct ldap_link *l, int64_t deadline, const char *filter, const char *asked, struct account *out, char **dn)
{
	const char *attributes[] = { l->conf->ldap_id, l->conf->ldap_name, NULL };
	struct finding f = { .conf = l->conf, .asked = asked, .out = out };
	enum dw_result rc;

	memset(out, 0, sizeof(*out));
	*dn = NULL;
	f.search = (struct link_search){ .base = l->conf->ldap_base,
		.filter = filter,
		.scope = LDAP_SCOPE_SUBTREE,
		.attributes = attributes,
		.limit = 1,
		.each = take_entry,
		.ctx = &f };
	if ((rc = link_run(l, deadline, search, &f)) == DW_OK)
		rc = judge(&f);
	if (rc == DW_OK)
		*dn = f.dn;
	else
		ldap_memfree(f.dn);
	return (rc);
}

enum dw_result
entry_find(struct ldap_link *l, int64_t deadline, const char *name, struct account *out, char **dn)
{
	char filter[LDAP_FILTER_MAX];

	*dn = NULL;
	if (!ldap_filter_make(l->conf->ldap_filter, name, "", filter))
		return (DW_UNAVAILABLE);
	return (find_by(l, deadline, filter, name, out, dn));
}

/* The value that ldap.id has where the account's id is ${id}. */
static bool
value_of_id(const struct config *conf, const char *id, char out[UUID_TEXT + 1])
{
	uint8_t b[UUID_BYTES];
	size_t n;

	if (!is_entry_uuid(conf))
		return (str_copy(out, UUID_TEXT + 1, str_of(id)));
	if (!base64url_decode(str_of(id), b, sizeof(b), &n) || n != sizeof(b))
		return (false);
	snprintf(out, UUID_TEXT + 1, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0], b[1], b[2],
	    b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]);
	return (true);
}

enum dw_result
entry_name(struct ldap_link *l, int64_t deadline, const char *id, char name[USERNAME_MAX + 1])
{
	char filter[LDAP_FILTER_MAX], form[2 * UUID_TEXT + 256], value[UUID_TEXT + 1], *dn;
	struct account a;
	enum dw_result rc;

	snprintf(form, sizeof(form), "(%s=%%u)", l->conf->ldap_id);
	if (!value_of_id(l->conf, id, value) || !ldap_filter_make(form, value, "", filter))
		return (DW_ABSENT);
	if ((rc = find_by(l, deadline, filter, "", &a, &dn)) != DW_OK)
		return (rc);
	ldap_memfree(dn);
	strcpy(name, a.name);
	return (DW_OK);
}

/* Names of groups as they come in, with all their bytes: one that goes on behind a NUL is another name. */
struct bag {
	const struct config *conf;
	char *texts[GROUPS_FOUND_MAX];
	struct str names[GROUPS_FOUND_MAX]; /* what they are joined from: not in this order afterwards */
	size_t n, bytes;
	struct link_search search;
};

static void
empty(struct bag *b)
{

	for (size_t i = 0; i < b->n; i++)
		free(b->texts[i]);
	b->n = b->bytes = 0;
}

/* False: it is one too many. */
static bool
put(struct bag *b, const struct berval *name)
{
	char *text;

	if (b->n == GROUPS_FOUND_MAX || name->bv_len > GROUPS_BYTES_MAX - b->bytes || (text = malloc(name->bv_len + 1)) == NULL)
		return (false);
	memcpy(text, name->bv_val, name->bv_len);
	b->texts[b->n] = text;
	b->names[b->n++] = (struct str){ text, name->bv_len };
	b->bytes += name->bv_len;
	return (true);
}

static bool
take_group(LDAP *ld, LDAPMessage *entry, void *ctx)
{
	struct bag *b = ctx;
	struct berval **values = ldap_get_values_len(ld, entry, b->conf->ldap_group_name);
	int n = ldap_count_values_len(values);
	bool good = true;

	for (int i = 0; i < n && good; i++)
		good = put(b, values[i]);
	ldap_value_free_len(values);
	return (good);
}

static enum link_result
search_groups(struct ldap_link *l, void *ctx)
{
	struct bag *b = ctx;

	empty(b);
	return (link_search(l, &b->search));
}

/* A list that the directory has cut off is not known: without some group somebody could do more, or less, than he may. */
static enum dw_result
find_groups(struct ldap_link *l, int64_t deadline, const char *filter, struct bag *b, struct account *out)
{
	const char *attributes[] = { l->conf->ldap_group_name, NULL };
	enum dw_result rc;

	b->conf = l->conf;
	b->search = (struct link_search){ .base = l->conf->ldap_group_base,
		.filter = filter,
		.scope = LDAP_SCOPE_SUBTREE,
		.attributes = attributes,
		.limit = GROUPS_FOUND_MAX,
		.each = take_group,
		.ctx = b };
	if ((rc = link_run(l, deadline, search_groups, b)) != DW_OK)
		return (rc);
	if (b->search.more)
		return (DW_UNAVAILABLE);
	out->groups_len = groups_join(b->names, b->n, l->conf->userdb_groups, out->groups);
	return (DW_OK);
}

enum dw_result
entry_groups(struct ldap_link *l, int64_t deadline, const char *dn, struct account *out)
{
	char filter[LDAP_FILTER_MAX];
	enum dw_result rc;
	struct bag *b;

	if (l->conf->ldap_group_base[0] == '\0')
		return (DW_OK);
	if (!ldap_filter_make(l->conf->ldap_group_filter, out->name, dn, filter) || (b = calloc(1, sizeof(*b))) == NULL)
		return (DW_UNAVAILABLE);
	rc = find_groups(l, deadline, filter, b, out);
	empty(b);
	free(b);
	return (rc);
}
