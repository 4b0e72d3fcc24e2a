/* SPDX-License-Identifier: ISC */
/* The half of the store that changes things: one script each. */
#ifndef STORE_WRITING_H
#define STORE_WRITING_H

#include "base/buf.h"
#include "doorward/store.h"

#define NOTICE_HEAD_MAX 1024 /* six strings, escaped */
#define NOTICE_TAIL_MAX 2048

enum dw_result writing_login(void *store, const struct login_write *w, struct login_reply *out);
enum dw_result writing_end(void *store, const struct end_write *w, struct arena *arena, struct end_reply *out);
enum dw_result writing_rotate(void *store, const struct rotate_write *w, struct rotate_reply *out);
enum dw_result writing_touch(void *store, const uint8_t user_key[USER_KEY_LEN], const uint8_t session_key[SESSION_KEY_LEN]);
enum dw_result writing_revoke(void *store, const struct revoke_write *w, struct revoke_reply *out);
enum dw_result writing_notify(void *store, const struct notice *n);
struct redis_store;

/* Writes the event of ${n} as JSON, without its id and its time, which the script fills in between: ${h}, and behind them ${t}.
 */
void writing_notice(const struct redis_store *s, const struct notice *n, struct buf *h, struct buf *t);
enum dw_result writing_set_groups(void *store, const uint8_t user_key[USER_KEY_LEN], const char *user_id, const char *username,
    char *instead, const char *groups);
enum dw_result writing_remember(void *store, const uint8_t user_key[USER_KEY_LEN], const struct history *h);
enum dw_result writing_prune(void *store, const uint8_t user_key[USER_KEY_LEN]);

#endif
