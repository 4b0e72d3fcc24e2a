/* SPDX-License-Identifier: ISC */
/*
 * getaddrinfo() waits for as long as a resolver is silent, which is longer than anybody may be kept waiting here; so it is done
 * by a thread of the C library's (getaddrinfo_a). One that is still at it when the call must return goes on, and a later call
 * for the same name takes the answer. It writes into memory that must then stay: what cannot be cancelled is not freed.
 */
#include <arpa/inet.h>
#include <sys/socket.h>

#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "userdb/pgsql_connect.h"

#include "userdb/pgsql_lookup.h"

#define NAME_MAX_LEN 256
#define ADDRESSES_MAX 4 /* of one name */

struct pg_name {
	struct pg_name *next;
	char name[NAME_MAX_LEN];
	struct addrinfo hints;
	struct gaicb request;
};

/* Those that could not be cancelled when their connection was closed; for ever. */
static struct pg_name *left_behind;

static bool
needs_none(const char *name)
{
	unsigned char address[sizeof(struct in6_addr)];

	return (name[0] == '\0' || name[0] == '/' || name[0] == '@' || inet_pton(AF_INET, name, address) == 1 ||
		inet_pton(AF_INET6, name, address) == 1);
}

static struct pg_name *
find(struct pg_db *db, const char *name)
{
	struct pg_name *n = db->names;

	while (n != NULL && strcmp(n->name, name) != 0)
		n = n->next;
	return (n);
}

/* Begins to look ${name} up. Returns NULL with errno or a reason of the C library's in ${*error}. */
static struct pg_name *
begin(struct pg_db *db, const char *name, int *error)
{
	struct pg_name *n = calloc(1, sizeof(*n));
	struct gaicb *list[1];

	*error = EAI_MEMORY;
	if (n == NULL || !str_copy(n->name, sizeof(n->name), str_of(name)))
		goto err0;
	n->hints = (struct addrinfo){ .ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG };
	n->request = (struct gaicb){ .ar_name = n->name, .ar_request = &n->hints };
	list[0] = &n->request;
	if ((*error = getaddrinfo_a(GAI_NOWAIT, list, 1, NULL)) != 0)
		goto err0;
	n->next = db->names;
	db->names = n;
	return (n);

err0:
	free(n);
	return (NULL);
}

/* Waits for the answer. Returns EAI_INPROGRESS if it is not there before ${until}. */
static int
wait_for_answer(struct pg_name *n, int64_t until)
{
	const struct gaicb *list[1] = { &n->request };
	int64_t left;
	int error;

	while ((error = gai_error(&n->request)) == EAI_INPROGRESS && (left = until - clock_mono_ms()) > 0) {
		struct timespec ts = { .tv_sec = left / 1000, .tv_nsec = left % 1000 * 1000000 };

		(void)gai_suspend(list, 1, &ts);
	}
	return (error);
}

static void
forget(struct pg_db *db, struct pg_name *n)
{
	struct pg_name **p = &db->names;

	while (*p != n)
		p = &(*p)->next;
	*p = n->next;
	if (n->request.ar_result != NULL)
		freeaddrinfo(n->request.ar_result);
	free(n);
}

static bool
write_list(const struct addrinfo *found, char *list, size_t cap)
{
	char address[INET6_ADDRSTRLEN];
	size_t len = 0, n = 0;

	for (const struct addrinfo *a = found; a != NULL && n < ADDRESSES_MAX; a = a->ai_next, n++) {
		if (getnameinfo(a->ai_addr, a->ai_addrlen, address, sizeof(address), NULL, 0, NI_NUMERICHOST) != 0 ||
		    len + strlen(address) + 2 > cap)
			return (n > 0);
		if (n > 0)
			list[len++] = ',';
		strcpy(list + len, address);
		len += strlen(address);
	}
	return (n > 0);
}

enum dw_result
pg_lookup(struct pg_db *db, const char *name, int64_t until, char *list, size_t cap)
{
	struct pg_name *n;
	int error = 0;
	bool ok;

	list[0] = '\0';
	db->looking_up = false;
	if (needs_none(name))
		return (DW_OK);
	if ((n = find(db, name)) != NULL || (n = begin(db, name, &error)) != NULL)
		error = wait_for_answer(n, until);
	if (error == EAI_INPROGRESS) {
		db->looking_up = true;
		return (DW_PENDING);
	}
	ok = error == 0 && write_list(n->request.ar_result, list, cap);
	if (!ok)
		pg_set_problem(db, error != 0 ? gai_strerror(error) : "its name has no address");
	if (n != NULL)
		forget(db, n);
	return (ok ? DW_OK : DW_UNAVAILABLE);
}

bool
pg_lookup_repeat(char *name, size_t cap, const char *list)
{
	size_t one = strlen(name), len = one;

	for (; (list = strchr(list, ',')) != NULL; list++) {
		if (len + one + 2 > cap)
			return (false);
		name[len++] = ',';
		memmove(name + len, name, one);
		len += one;
		name[len] = '\0';
	}
	return (true);
}

void
pg_lookup_free(struct pg_db *db)
{
	struct pg_name *n;

	while ((n = db->names) != NULL) {
		if (gai_error(&n->request) != EAI_INPROGRESS || gai_cancel(&n->request) == EAI_CANCELED) {
			forget(db, n);
			continue;
		}
		db->names = n->next;
		n->next = left_behind;
		left_behind = n;
	}
}
