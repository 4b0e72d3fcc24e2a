/* SPDX-License-Identifier: ISC */
/*
 * The names of redis.url are known to every process from its start (src/plan.c). Others are heard of later: sentinels and
 * clusters announce their servers by name. Which address such a name has is written here by who has found it out, so that a
 * worker that takes another's place need not ask.
 *
 * Nobody waits for the lock: a process may be stopped while it has it. If one died with it, what it wrote may be half a name:
 * everything is forgotten.
 */
#include <sys/mman.h>

#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "base/shared_names.h"

#define NAMES 64 /* the servers of a host: what is more takes the place of what was written first */

static struct shared_names {
	pthread_mutex_t lock;
	size_t next; /* the place that is written to next */
	struct {
		char text[RESOLVE_NAME_MAX + 1];
		struct resolved found;
	} names[NAMES];
} * shared; /* NULL: nothing is shared */

bool
shared_names_make(void)
{
	struct shared_names *s = mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pthread_mutexattr_t attr;

	if (s == MAP_FAILED)
		return (false);
	pthread_mutexattr_init(&attr);
	pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
	pthread_mutex_init(&s->lock, &attr);
	pthread_mutexattr_destroy(&attr);
	shared = s;
	return (true);
}

static bool
lock(void)
{
	int error = shared == NULL ? EBUSY : pthread_mutex_trylock(&shared->lock);

	if (error == EOWNERDEAD) {
		memset(shared->names, 0, sizeof(shared->names));
		shared->next = 0;
		error = pthread_mutex_consistent(&shared->lock);
	}
	return (error == 0);
}

/* Its place; NAMES: it has none. */
static size_t
place_of(const char *name)
{
	size_t i = 0;

	while (i < NAMES && strcmp(shared->names[i].text, name) != 0)
		i++;
	return (i);
}

bool
shared_names_find(const char *name, struct resolved *out)
{
	size_t at;

	if (!lock())
		return (false);
	if ((at = place_of(name)) < NAMES)
		*out = shared->names[at].found;
	pthread_mutex_unlock(&shared->lock);
	return (at < NAMES);
}

void
shared_names_keep(const char *name, const struct resolved *found)
{
	size_t at;

	if (!lock())
		return;
	if ((at = place_of(name)) == NAMES) {
		at = shared->next;
		shared->next = (shared->next + 1) % NAMES;
		strcpy(shared->names[at].text, name);
	}
	shared->names[at].found = *found;
	pthread_mutex_unlock(&shared->lock);
}
