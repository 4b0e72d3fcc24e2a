/* SPDX-License-Identifier: ISC */
/* Refresh: a one-time token becomes its successor and a new access token. */
#ifndef AUTH_REFRESH_H
#define AUTH_REFRESH_H

#include "auth/login.h"
#include "doorward/store.h"

struct app;

struct refresh_input {
	const struct credential *presented; /* CREDENTIAL_REFRESH */
	struct str device_id;               /* p NULL = none was sent */
	struct str client_id;               /* p NULL = none was sent */
	const char *ip;
	const char *trace_id;
};

/*
 * DW_OK: ${out} is filled; wipe it. DW_REFUSED: not usable, ${*reason} is the contract's word (RFC 6749 invalid_grant).
 * DW_UNAVAILABLE, DW_FAULT: whether it was used up is unknown; the same token within the grace window will tell.
 */
enum dw_result refresh(struct app *app, const struct refresh_input *in, struct tokens *out, const char **reason);

#endif
