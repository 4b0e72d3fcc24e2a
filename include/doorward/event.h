/* SPDX-License-Identifier: ISC */
/* The words that an event's type may be. Scripts in src/store/lua and the rules write them; nothing else is published. */
#ifndef DOORWARD_EVENT_H
#define DOORWARD_EVENT_H

#define EVENT_TYPES                                                                                                            \
	"login", "login_failed", "logout", "kick", "replaced", "expired", "refresh", "refresh_reuse", "anomaly", "alert",      \
	    "password_changed", "token_revoked"

#endif
