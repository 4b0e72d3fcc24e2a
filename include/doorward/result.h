/* SPDX-License-Identifier: ISC */
/* The one enum of outcomes. "Absent" and "could not ask" are different values, always. */
#ifndef DOORWARD_RESULT_H
#define DOORWARD_RESULT_H

enum dw_result {
	DW_OK = 0,      /* asked, and here is the answer */
	DW_PENDING,     /* an ending that could not be written now; it is promised, and this host honours it already */
	DW_ABSENT,      /* asked, and there is no such thing */
	DW_REFUSED,     /* asked, and a rule said no */
	DW_INVALID,     /* the input is malformed or forged; nothing was asked */
	DW_BUSY,        /* no place for this work just now; nothing was done */
	DW_UNAVAILABLE, /* could not ask: nothing is known. Callers fail closed */
	DW_FAULT        /* our own failure: memory, randomness, a broken invariant. Callers fail closed */
};

#endif
