/* SPDX-License-Identifier: ISC */
/* Addresses of host names, for who must not wait for a resolver that is silent. Any thread may ask. */
#ifndef BASE_RESOLVE_H
#define BASE_RESOLVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RESOLVE_NAME_MAX 253    /* characters of a name */
#define RESOLVE_ADDRESS_MAX 63  /* of an address, with the interface that it is on */
#define RESOLVE_ADDRESSES_MAX 8 /* of one name: others are not used */

struct resolved {
	char address[RESOLVE_ADDRESSES_MAX][RESOLVE_ADDRESS_MAX + 1];
	size_t n;
};

/*
 * Sets ${out} to the addresses of ${name}, in the order to try them: itself if it is one, else what it was last known to stand
 * for. Only where that is nothing it really waits for an answer, until ${deadline} (clock_mono_ms()); 0: not at all, and the
 * error of the last question stands while the next one is asked. Returns 0, an error of getaddrinfo(3), or EAI_INPROGRESS: not
 * by then, but ask again.
 */
int resolve(const char *name, int64_t deadline, struct resolved *out);

/* Needs no resolver: an address of IPv4 or IPv6. */
bool resolve_is_address(const char *name);

/* Takes ${found} for what ${name} stands for, if it is anything. */
void resolve_learn(const char *name, const struct resolved *found);

/* What such an error is, as a sentence. */
const char *resolve_error(int error);

/* How many questions have been answered; and waits until that is not ${seen} any more. False: not by ${deadline}. */
unsigned resolve_answers(void);
bool resolve_wait(unsigned seen, int64_t deadline);

#endif
