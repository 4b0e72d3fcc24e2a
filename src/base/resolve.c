/* SPDX-License-Identifier: ISC */
/*
 * getaddrinfo() waits for as long as a resolver is silent, many times longer than anybody may be kept waiting here, and nothing
 * interrupts it. So each question is a thread's. Who asks waits no longer than he may; the question goes on, and its answer is
 * there for who comes next. Of each name there is one question at a time. One that takes too long is given up, and asked
 * anew: over TCP, which a server of names may ask for, the C library waits for ever. Its thread ends when it ends, and its
 * answer, if there is one, counts for nothing then; how many of these there may be is bounded.
 *
 * What a name stood for is used for as long as nothing newer is known. When it is FRESH_MS old it is asked for again beside
 * that: who does so gives the answer a moment, and a resolver that fails or keeps silent takes nothing away.
 *
 * What is not known here, another process may have learned (shared_names.h).
 *
 * A fork takes no threads along: in the child what was being asked is asked anew. The lock is held across it, so that the table
 * is whole there.
 */
#include <sys/socket.h>

#include <netinet/in.h>

#include <netdb.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <arpa/inet.h>

#include "base/aside.h"
#include "base/clock.h"
#include "base/shared_names.h"
#include "base/str.h"

#include "base/resolve.h"

#define NAMES_MAX 64   /* of one process: sentinels, nodes, databases */
#define FRESH_MS 10000 /* an address is not asked for again for so long */
#define AGAIN_MS 1000  /* after a question that failed */
#define MOMENT_MS 50   /* for an answer that can be done without */
#define LATE_MS 30000  /* a question is given up then; the next one of that name after twice as long, … */
#define LATE_TIMES 6   /* … and so on for so often */

struct name {
	char text[RESOLVE_NAME_MAX + 1]; /* "" = a free place */
	struct resolved known;
	uint64_t question;        /* which one is being asked; 0 = none */
	unsigned given_up;        /* questions in a row */
	int error;                /* of the last question */
	int64_t since, due, used; /* mono, ms: when it was asked; when it may be again; when somebody wanted it last */
};

/* What a thread is at. */
struct question {
	struct name *of; /* NULL = a free place */
	char text[RESOLVE_NAME_MAX + 1];
	uint64_t number;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_cond_t answered;
static struct name names[NAMES_MAX];
static struct question questions[NAMES_MAX];
static uint64_t asked;
static unsigned answers;

static void
make_condition(void)
{
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&answered, &attr);
	pthread_condattr_destroy(&attr);
}

static void
before_fork(void)
{

	pthread_mutex_lock(&lock);
}

static void
after_fork(void)
{

	pthread_mutex_unlock(&lock);
}

static void
begin_child(void)
{

	for (size_t i = 0; i < NAMES_MAX; i++) {
		names[i].question = 0;
		questions[i].of = NULL;
	}
	make_condition();
	pthread_mutex_unlock(&lock);
}

static void
prepare(void)
{

	make_condition();
	pthread_atfork(before_fork, after_fork, begin_child);
}

bool
resolve_is_address(const char *name)
{
	unsigned char address[sizeof(struct in6_addr)];

	return (inet_pton(AF_INET, name, address) == 1 || inet_pton(AF_INET6, name, address) == 1);
}

static void
write_list(const struct addrinfo *found, struct resolved *out)
{

	out->n = 0;
	for (const struct addrinfo *a = found; a != NULL && out->n < RESOLVE_ADDRESSES_MAX; a = a->ai_next)
		if (getnameinfo(
			a->ai_addr, a->ai_addrlen, out->address[out->n], sizeof(out->address[0]), NULL, 0, NI_NUMERICHOST) == 0)
			out->n++;
}

static void
learn(struct name *n, int error, const struct resolved *found)
{

	if (error == 0 && found->n == 0)
		error = EAI_NONAME;
	if (error == 0) {
		n->known = *found;
		shared_names_keep(n->text, found);
	}
	n->error = error;
	n->due = clock_mono_ms() + (error == 0 ? FRESH_MS : AGAIN_MS);
	n->question = n->given_up = 0;
}

/* The thread. Its name may have been asked anew meanwhile, or have lost its place to another one. */
static void *
ask(void *arg)
{
	static const struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM };
	struct question *q = arg;
	struct addrinfo *found = NULL;
	struct resolved next;
	int error = getaddrinfo(q->text, NULL, &hints, &found);

	write_list(found, &next);
	if (found != NULL)
		freeaddrinfo(found);
	pthread_mutex_lock(&lock);
	if (q->of->question == q->number)
		learn(q->of, error, &next);
	q->of = NULL;
	answers++;
	pthread_cond_broadcast(&answered);
	pthread_mutex_unlock(&lock);
	return (NULL);
}

static struct question *
free_question(void)
{

	for (size_t i = 0; i < NAMES_MAX; i++)
		if (questions[i].of == NULL)
			return (&questions[i]);
	return (NULL);
}

static void
begin(struct name *n)
{
	struct question *q = free_question();
	pthread_t thread;

	if (q != NULL) {
		*q = (struct question){ .of = n, .number = ++asked };
		strcpy(q->text, n->text);
	}
	if (q == NULL || aside_start(&thread, ask, q) != 0) {
		n->error = EAI_AGAIN;
		if (q != NULL)
			q->of = NULL;
		return;
	}
	(void)pthread_detach(thread);
	n->question = q->number;
	n->since = n->used;
}

static bool
is_late(const struct name *n, int64_t now)
{

	return (n->question != 0 && now - n->since >= (int64_t)LATE_MS << n->given_up);
}

static void
give_up(struct name *n)
{

	n->question = 0;
	n->given_up += n->given_up < LATE_TIMES;
	n->due = n->used;
}

/* The place of ${text}: its own, or that of the name that nobody has wanted for longest. NULL: all are being asked for. */
static struct name *
place_of(const char *text)
{
	struct name *oldest = NULL;

	for (size_t i = 0; i < NAMES_MAX; i++) {
		struct name *n = &names[i];

		if (strcmp(n->text, text) == 0)
			return (n);
		if (n->question == 0 && (oldest == NULL || n->used < oldest->used))
			oldest = n;
	}
	if (oldest != NULL) {
		*oldest = (struct name){ .due = INT64_MIN };
		strcpy(oldest->text, text);
	}
	return (oldest);
}

/* With the lock, which is free meanwhile. False: not by ${deadline}. */
static bool
wait_until(int64_t deadline)
{
	const struct timespec ts = { .tv_sec = deadline / 1000, .tv_nsec = deadline % 1000 * 1000000 };

	return (deadline > clock_mono_ms() && pthread_cond_timedwait(&answered, &lock, &ts) == 0);
}

static int
look_up(const char *text, int64_t deadline, struct resolved *out)
{
	struct name *n = place_of(text);

	if (n == NULL)
		return (EAI_AGAIN);
	n->used = clock_mono_ms();
	if (n->known.n == 0)
		(void)shared_names_find(text, &n->known);
	if (is_late(n, n->used))
		give_up(n);
	if (n->question == 0 && n->used >= n->due) {
		begin(n);
		if (n->known.n > 0)
			deadline = clock_earlier(deadline, n->used + MOMENT_MS);
	} else if (n->known.n > 0)
		deadline = 0;
	while (n->question != 0 && wait_until(deadline))
		;
	if (strcmp(n->text, text) != 0)
		return (EAI_AGAIN); /* of many names at a time: another one has got the place, whose address is not ours */
	*out = n->known;
	if (out->n > 0)
		return (0);
	return (n->question != 0 && (deadline > 0 || n->error == 0) ? EAI_INPROGRESS : n->error);
}

int
resolve(const char *name, int64_t deadline, struct resolved *out)
{
	int error;

	*out = (struct resolved){ .n = 0 };
	if (resolve_is_address(name)) {
		out->n = 1;
		strcpy(out->address[0], name);
		return (0);
	}
	if (name[0] == '\0' || strlen(name) > RESOLVE_NAME_MAX)
		return (EAI_NONAME);
	pthread_once(&once, prepare);
	pthread_mutex_lock(&lock);
	error = look_up(name, deadline, out);
	pthread_mutex_unlock(&lock);
	return (error);
}

void
resolve_learn(const char *name, const struct resolved *found)
{
	struct name *n;

	if (found->n == 0 || resolve_is_address(name) || strlen(name) > RESOLVE_NAME_MAX)
		return;
	pthread_once(&once, prepare);
	pthread_mutex_lock(&lock);
	if ((n = place_of(name)) != NULL) {
		n->known = *found;
		n->used = clock_mono_ms(); /* or the next name would get its place */
		n->due = n->used + FRESH_MS;
	}
	pthread_mutex_unlock(&lock);
}

const char *
resolve_error(int error)
{

	return (error == EAI_INPROGRESS ? "its name could not be resolved in time" : gai_strerror(error));
}

unsigned
resolve_answers(void)
{
	unsigned n;

	pthread_mutex_lock(&lock);
	n = answers;
	pthread_mutex_unlock(&lock);
	return (n);
}

bool
resolve_wait(unsigned seen, int64_t deadline)
{
	bool news;

	pthread_once(&once, prepare);
	pthread_mutex_lock(&lock);
	while (answers == seen && wait_until(deadline))
		;
	news = answers != seen;
	pthread_mutex_unlock(&lock);
	return (news);
}
