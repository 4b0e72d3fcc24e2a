/* SPDX-License-Identifier: ISC */
/*
 * Between processes that ask about accounts, and those that ask a database in their stead because it wants rights or patience
 * that no worker has (src/pam). Both sides are of this program and of one master.
 *
 * The master makes a pair of sockets (SOCK_SEQPACKET) before it forks: one end is all askers', the other all helpers'. A
 * question is one record of a fixed size; with it goes a descriptor, on which one answer comes back, or the end of file: then
 * the helper was killed, or had nothing to say. So no answer can reach another asker, and nobody has to count. Records with
 * passwords are wiped by whoever held them.
 */
#ifndef DOORWARD_HELPER_H
#define DOORWARD_HELPER_H

#include <stddef.h>
#include <stdint.h>

#include "doorward/result.h"
#include "doorward/session.h"
#include "doorward/userdb.h"

#define HELPER_PASSWORD_MAX 1024 /* PASSWORD_MAX: all that is ever verified */

enum helper_kind {
	HELPER_PING,   /* is anybody there? */
	HELPER_VERIFY, /* as verify() of struct userdb_ops */
	HELPER_FIND    /* as find() */
};

struct helper_question {
	uint32_t kind;               /* enum helper_kind */
	uint32_t password_len;       /* HELPER_VERIFY */
	int64_t until;               /* mono, ms: nobody waits for an answer after that */
	char name[USERNAME_MAX + 1]; /* canonical */
	char ip[ADDRESS_MAX + 1];    /* who asks; "" = nobody known */
	char password[HELPER_PASSWORD_MAX];
};

struct helper_answer {
	int32_t result; /* enum dw_result */
	struct account account;
};

#endif
