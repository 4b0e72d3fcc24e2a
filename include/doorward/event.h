/* SPDX-License-Identifier: ISC */
/* What all events have in common, whoever writes or reads them. */
#ifndef DOORWARD_EVENT_H
#define DOORWARD_EVENT_H

#define EVENT_ID_MAX 34   /* characters of an id */
#define EVENT_TYPE_MAX 16 /* of a type */

/* The words that a type may be. Scripts in src/store/lua and the rules write them; nothing else is published. */
#define EVENT_TYPES                                                                                                            \
	"login", "login_failed", "logout", "kick", "replaced", "expired", "refresh", "refresh_reuse", "anomaly", "alert",      \
	    "password_changed", "token_revoked"

#endif
