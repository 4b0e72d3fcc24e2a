/* SPDX-License-Identifier: ISC */
/* One connection to the directory: made when it is needed, kept, made anew after a failure, and never waited for beyond a point
 * in time. */
#ifndef USERDB_LDAP_LINK_H
#define USERDB_LDAP_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include <ldap.h>

#include "base/str.h"
#include "doorward/config.h"
#include "doorward/result.h"
#include "userdb/ldap_url.h"

struct ldap_link {
	const struct config *conf;
	struct ldap_url url;
	const char *dn;                     /* whom it binds as when it is made; "" = nobody */
	char password[USERDB_PASSWORD_MAX]; /* of that one */
	LDAP *ld;                           /* NULL = there is none now */
	int fd;
	int64_t deadline; /* of what is under way, clock_mono_ms() */
	int64_t said;     /* log_due() */
};

/* What an operation on a connection came to, besides the results of dw_result: LINK_LOST, it is of no use any more. */
enum link_result { LINK_OK, LINK_REFUSED, LINK_UNAVAILABLE, LINK_LOST };

/*
 * Runs ${op}(${l}, ${ctx}) with a connection by ${deadline}. A connection that had been kept and turns out to be gone is made
 * anew once. DW_OK, DW_REFUSED, or DW_UNAVAILABLE (LINK_UNAVAILABLE, LINK_LOST).
 */
enum dw_result link_run(struct ldap_link *l, int64_t deadline, enum link_result (*op)(struct ldap_link *, void *), void *ctx);

/*
 * Binds as ${dn} with ${password}, neither of which is empty. LINK_REFUSED: the directory says that this is not his password,
 * or that he may not sign in.
 */
enum link_result link_bind(struct ldap_link *l, const char *dn, struct str password);

struct link_search {
	const char *base, *filter;
	int scope;
	const char *const *attributes; /* up to a NULL */
	int limit;                     /* entries */
	/* Called for each entry. False: it is not to be borne, the search is over. */
	bool (*each)(LDAP *ld, LDAPMessage *entry, void *ctx);
	void *ctx;
	bool more; /* there were more than ${limit}; those were handed over all the same */
};

/* LINK_OK: all entries, or ${limit} of more, were handed to ${each}. */
enum link_result link_search(struct ldap_link *l, struct link_search *s);

/* Closes it; the next link_run() makes it anew. */
void link_close(struct ldap_link *l);

#endif
