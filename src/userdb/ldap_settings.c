/* SPDX-License-Identifier: ISC */
/* The settings of a directory, judged by their text before the start; what talks to it is in a module. */
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "crypto/ca_file.h"
#include "doorward/config.h"
#include "userdb/later.h"
#include "userdb/ldap_filter.h"
#include "userdb/ldap_url.h"

#include "userdb/ldap_settings.h"

#define ATTRIBUTE_MAX 128 /* characters of an attribute's name */

static bool
is_url(const char *url)
{
	struct ldap_url u;

	return (ldap_url_read(url, &u));
}

/* An attribute description (RFC 4512 2.5): a name or an OID, perhaps with options. */
static bool
is_attribute(const char *text)
{

	return (str_is_word(str_of(text), "-.;", ATTRIBUTE_MAX));
}

static const char *
attribute_fault(const struct config *c, char *err, size_t errlen)
{
	const struct {
		const char *option, *value;
	} attributes[] = { { "ldap.name", c->ldap_name }, { "ldap.id", c->ldap_id },
		{ "ldap.group_name", c->ldap_group_name } };

	for (size_t i = 0; i < sizeof(attributes) / sizeof(attributes[0]); i++)
		if (!is_attribute(attributes[i].value)) {
			snprintf(err, errlen, "\"%.64s\" is no name of an attribute", attributes[i].value);
			return (attributes[i].option);
		}
	return (NULL);
}

static const char *
search_fault(const struct config *c, char *err, size_t errlen)
{
	const char *why, *option = "ldap.filter";

	if (c->ldap_base[0] == '\0') {
		snprintf(err, errlen, "must say below which entry users are, such as \"ou=people,dc=example,dc=org\"");
		return ("ldap.base");
	}
	if ((why = ldap_filter_fault(c->ldap_filter, "u")) == NULL && c->ldap_group_base[0] != '\0') {
		why = ldap_filter_fault(c->ldap_group_filter, "ud");
		option = "ldap.group_filter";
	}
	if (why == NULL)
		return (attribute_fault(c, err, errlen));
	snprintf(err, errlen, "%s", why);
	return (option);
}

/* A bind with a name and no password is an anonymous one to many servers, and succeeds. */
static const char *
bind_fault(const struct config *c, char *err, size_t errlen)
{

	if (c->ldap_bind_dn[0] != '\0' && c->userdb_password_file[0] == '\0') {
		snprintf(err, errlen, "needs a password: userdb.password_file");
		return ("ldap.bind_dn");
	}
	if (c->ldap_bind_dn[0] == '\0' && c->userdb_password_file[0] != '\0') {
		snprintf(err, errlen, "is the password of nobody: ldap.bind_dn is not set");
		return ("userdb.password_file");
	}
	return (NULL);
}

/* Passwords do not travel in the clear, unless somebody says so. */
static const char *
transport_fault(const struct config *c, const struct ldap_url *u, char *err, size_t errlen)
{

	if (c->ldap_starttls && u->scheme != LDAP_SCHEME_PLAIN) {
		snprintf(err, errlen, "is for ldap:// only");
		return ("ldap.starttls");
	}
	if (u->scheme == LDAP_SCHEME_PLAIN && !c->ldap_starttls && !c->ldap_insecure && !ldap_url_is_loopback(u)) {
		snprintf(err, errlen,
		    "would send passwords unencrypted to %s: use ldaps://, ldap.starttls or, if you must, ldap.insecure",
		    u->host);
		return ("userdb.url");
	}
	if (c->ldap_ca_file[0] != '\0' && !ca_file_check(c->ldap_ca_file, err, errlen))
		return ("ldap.ca_file");
	return (NULL);
}

static const char *
fault(const struct config *c, char *err, size_t errlen)
{
	const char *option;
	struct ldap_url u;

	if (!ldap_url_read(c->userdb_url, &u))
		return (NULL); /* said by others */
	if ((option = transport_fault(c, &u, err, errlen)) != NULL || (option = search_fault(c, err, errlen)) != NULL)
		return (option);
	return (bind_fault(c, err, errlen));
}

#define ROW(name)                                                                                                              \
	{                                                                                                                      \
		.scheme = name, .module = "userdb_ldap", .package = "doorward-ldap", .by_name = true, .is_url = is_url,        \
		.fault = fault, .open = later_open, .close = later_close, .ops = &later_ops                                    \
	}

const struct userdb_driver ldap_row = ROW("ldap");
const struct userdb_driver ldaps_row = ROW("ldaps");
const struct userdb_driver ldapi_row = ROW("ldapi");
