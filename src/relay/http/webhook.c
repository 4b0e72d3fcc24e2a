/* SPDX-License-Identifier: ISC */
/*
 * Webhooks by the Standard Webhooks convention: the event's JSON as it was published, with its id, the time of this attempt,
 * and an HMAC over id, time and body. Whoever knows the secret can tell ours from a stranger's, and an old one from a new one.
 */
#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "crypto/mac.h"
#include "relay/http/secret.h"

#include "relay/http/push.h"

static bool
check(const struct sink_conf *c, char *why, size_t len)
{
	struct mac_key *k;

	if (!push_check(c, why, len) || (k = secret_read(c->secret_file, why, len)) == NULL)
		return (false);
	mac_key_free(k);
	return (true);
}

static bool
read_secret(struct push *p, char *why, size_t len)
{

	return ((p->secret = secret_read(p->conf->secret_file, why, len)) != NULL);
}

static const char *
write_request(const struct push *p, const struct sink_event *e, struct push_message *m)
{
	char time[24], signature[SECRET_SIGNATURE_LEN + 1];
	int64_t now = clock_wall();

	snprintf(time, sizeof(time), "%" PRId64, now);
	secret_sign(p->secret, e->id, now, (struct str){ e->json, e->json_len }, signature);
	push_header(m, "Content-Type", "application/json");
	push_header(m, "webhook-id", e->id);
	push_header(m, "webhook-timestamp", time);
	push_header(m, "webhook-signature", signature);
	m->body = e->json;
	m->len = e->json_len;
	return (NULL);
}

static const struct push_kind webhook = { .open = read_secret, .write = write_request };

static void *
open_webhook(const struct sink_conf *c, const struct sink_env *env, char *why, size_t len)
{

	return (push_open(&webhook, c, env, why, len));
}

const struct sink_driver webhook_driver = {
	.type = "webhook",
	.module = "sink_http",
	.check = check,
	.open = open_webhook,
	PUSH_OPERATIONS,
};
