/* SPDX-License-Identifier: ISC */
/* Events that come with no change of a record. They are written here but for id and time: the script fills these in. */
#include "crypto/sid.h"
#include "store/mutation.h"

#include "store/writing.h"

static void
member(struct buf *b, const char *name, const char *value)
{

	buf_printf(b, ",\"%s\":", name);
	buf_json(b, value == NULL || value[0] == '\0' || !str_is_utf8(str_of(value)) ? STR_NONE : str_of(value));
}

void
writing_notice(const struct redis_store *s, const struct notice *n, struct buf *h, struct buf *t)
{
	char sid[PUBLIC_SID_LEN + 1] = "";

	buf_puts(h, "\"type\":");
	buf_json(h, str_of(n->type));
	buf_puts(h, ",\"at\":\"");
	buf_putc(t, '"');
	member(t, "user_id", n->user_id);
	member(t, "username", n->username);
	if (n->session_key != NULL)
		sid_public(s->keys, n->user_key, n->session_key, sid);
	member(t, "session_id", sid);
	member(t, "device_id", n->device_id);
	member(t, "client_id", n->actor.client_id);
	member(t, "ip", n->actor.ip);
	member(t, "reason", n->reason);
	buf_puts(t, ",\"ended\":false,\"access_exp\":null");
	member(t, "trace_id", n->actor.trace_id);
	buf_putc(t, '}');
}

enum dw_result
writing_notify(void *store, const struct notice *n)
{
	char head[NOTICE_HEAD_MAX], tail[NOTICE_TAIL_MAX];
	struct buf h, t;
	struct args a;

	buf_init(&h, head, sizeof(head));
	buf_init(&t, tail, sizeof(tail));
	writing_notice(store, n, &h, &t);
	if (h.overflow || t.overflow)
		return (DW_FAULT);
	mutation_begin(store, &a, SCRIPT_NOTIFY, n->user_key, NULL, &n->actor, &n->act);
	args_put(&a, h.p, h.len);
	args_put(&a, t.p, t.len);
	args_int(&a, n->act.at);
	return (mutation_plain(store, SCRIPT_NOTIFY, &a, 0));
}
