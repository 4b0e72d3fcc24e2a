/* SPDX-License-Identifier: ISC */
/*
 * librabbitmq, called so that nothing of it lasts for ever. The address is judged twice: before anything is connected to, so
 * that nobody inside is knocked at, and once more at the socket's other end, before the password is sent, since the name may
 * have another address by then.
 *
 * The exchange is asked for first (passive declare), so that one that is there stays as its owner made it; only where it is
 * missing it is made. A refusal closes the channel, which is opened again for that.
 */
#include <sys/time.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <amqp_ssl_socket.h>
#include <amqp_tcp_socket.h>
#include <openssl/ssl.h>

#include "base/clock.h"
#include "base/resolve.h"
#include "base/str.h"

#include "relay/amqp/broker.h"

#define CHANNEL 1
#define FRAME_MAX 131072
#define PERSISTENT 2
#define NOT_FOUND 404
#define WORDS_MAX 120 /* of the broker's own that are shown */

struct broker {
	amqp_connection_state_t conn;
	const struct broker_conf *conf;
	broker_socket *socket;
	void *arg;
	char *error;
};

static struct timeval
of_ms(int ms)
{

	return ((struct timeval){ .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 });
}

static bool
fail(struct broker *b, const char *what, int status)
{

	snprintf(b->error, BROKER_ERROR_MAX, "%s: %s", what, amqp_error_string2(status));
	return (false);
}

/* The broker's own words go into a log: printable ASCII of them. */
static bool
fail_words(struct broker *b, const char *what, unsigned code, amqp_bytes_t words)
{
	char text[WORDS_MAX + 1];
	size_t n = 0;

	for (const char *p = words.bytes; n < words.len && n < WORDS_MAX; n++)
		text[n] = p[n] >= 0x20 && p[n] < 0x7f ? p[n] : '?';
	text[n] = '\0';
	snprintf(b->error, BROKER_ERROR_MAX, "%s: %u %s", what, code, text);
	return (false);
}

/* Says what a method that closes channel or connection says. Returns its code; 0: it is another method. */
static unsigned
closed(struct broker *b, const char *what, amqp_method_number_t id, void *decoded)
{

	if (id == AMQP_CHANNEL_CLOSE_METHOD) {
		amqp_channel_close_t *m = decoded;

		fail_words(b, what, m->reply_code, m->reply_text);
		return (m->reply_code);
	}
	if (id == AMQP_CONNECTION_CLOSE_METHOD) {
		amqp_connection_close_t *m = decoded;

		fail_words(b, what, m->reply_code, m->reply_text);
		return (m->reply_code);
	}
	return (0);
}

/* Judges the answer to a question. ${code}, if not NULL, becomes what the broker refused with. */
static bool
answered(struct broker *b, const char *what, amqp_rpc_reply_t r, unsigned *code)
{
	unsigned refused = 0;

	if (r.reply_type == AMQP_RESPONSE_NORMAL)
		return (true);
	if (r.reply_type == AMQP_RESPONSE_SERVER_EXCEPTION)
		refused = closed(b, what, r.reply.id, r.reply.decoded);
	else
		fail(b, what, r.library_error);
	if (r.reply_type == AMQP_RESPONSE_SERVER_EXCEPTION && refused == 0)
		snprintf(b->error, BROKER_ERROR_MAX, "%s: refused", what);
	if (code != NULL)
		*code = refused;
	return (false);
}

/* Its own comparison finds no address in a certificate: OpenSSL compares, while it verifies. */
static bool
expect_peer(SSL_CTX *ctx, const char *host)
{
	X509_VERIFY_PARAM *p = SSL_CTX_get0_param(ctx);

	return (X509_VERIFY_PARAM_set1_ip_asc(p, host) == 1 || X509_VERIFY_PARAM_set1_host(p, host, 0) == 1);
}

static int
restrict_tls(struct broker *b, amqp_socket_t *s)
{
	SSL_CTX *ctx = amqp_ssl_socket_get_context(s);
	int rc = amqp_ssl_socket_set_ssl_versions(s, AMQP_TLSv1_2, AMQP_TLSvLATEST);

	amqp_ssl_socket_set_verify_peer(s, 1);
	amqp_ssl_socket_set_verify_hostname(s, 0);
	if (!expect_peer(ctx, b->conf->place.to.host))
		return (AMQP_STATUS_NO_MEMORY);
	if (rc == AMQP_STATUS_OK && b->conf->ca_file[0] != '\0')
		return (amqp_ssl_socket_set_cacert(s, b->conf->ca_file));
	if (rc == AMQP_STATUS_OK && SSL_CTX_set_default_verify_paths(ctx) != 1)
		return (AMQP_STATUS_SSL_ERROR);
	return (rc);
}

static amqp_socket_t *
tls_socket(struct broker *b)
{
	amqp_socket_t *s = amqp_ssl_socket_new(b->conn);
	int rc = s == NULL ? AMQP_STATUS_NO_MEMORY : restrict_tls(b, s);

	if (rc == AMQP_STATUS_OK)
		return (s);
	fail(b, "TLS", rc);
	return (NULL);
}

static bool
peer_is_admitted(struct broker *b)
{
	struct sockaddr_storage peer;
	socklen_t len = sizeof(peer);

	if (getpeername(amqp_get_sockfd(b->conn), (struct sockaddr *)&peer, &len) != 0)
		return (fail(b, "connect", AMQP_STATUS_SOCKET_ERROR));
	return (place_admits(&b->conf->place, (struct sockaddr *)&peer, b->error, BROKER_ERROR_MAX));
}

/* librabbitmq asks for the name once more, and waits for as long as the resolver is silent: not for one that nobody knows yet.
 */
static bool
host_is_admitted(struct broker *b)
{
	const struct place *p = &b->conf->place;
	int64_t deadline = clock_mono_ms() + BROKER_CONNECT_MS;
	struct resolved found;
	int error = resolve(p->to.host, deadline, &found);

	if (error == 0)
		return (place_admits_host(p, deadline, b->error, BROKER_ERROR_MAX));
	snprintf(b->error, BROKER_ERROR_MAX, "connect: %s", resolve_error(error));
	return (false);
}

static bool
open_socket(struct broker *b)
{
	const struct amqp_connection_info *to = &b->conf->place.to;
	struct timeval connect = of_ms(BROKER_CONNECT_MS);
	amqp_socket_t *s;
	int rc;

	if (!host_is_admitted(b))
		return (false);
	s = to->ssl ? tls_socket(b) : amqp_tcp_socket_new(b->conn);
	if (s == NULL)
		return (false);
	if ((rc = amqp_socket_open_noblock(s, to->host, to->port, &connect)) != AMQP_STATUS_OK)
		return (fail(b, "connect", rc));
	b->socket(b->arg, amqp_get_sockfd(b->conn));
	return (peer_is_admitted(b));
}

static bool
login(struct broker *b)
{
	const struct amqp_connection_info *to = &b->conf->place.to;

	return (answered(b, "login",
	    amqp_login(b->conn, to->vhost, 0, FRAME_MAX, BROKER_HEARTBEAT, AMQP_SASL_METHOD_PLAIN, to->user, b->conf->password),
	    NULL));
}

static bool
open_channel(struct broker *b)
{

	(void)amqp_channel_open(b->conn, CHANNEL);
	return (answered(b, "channel", amqp_get_rpc_reply(b->conn), NULL));
}

static bool
declare(struct broker *b, bool passive, unsigned *code)
{

	(void)amqp_exchange_declare(b->conn, CHANNEL, amqp_cstring_bytes(b->conf->exchange), amqp_cstring_bytes("topic"),
	    passive, 1, 0, 0, amqp_empty_table);
	return (answered(b, "exchange", amqp_get_rpc_reply(b->conn), code));
}

/* The broker closed the channel with its refusal, and waits for our word on that. */
static bool
reopen_channel(struct broker *b)
{
	amqp_channel_close_ok_t ok = { 0 };
	int rc = amqp_send_method(b->conn, CHANNEL, AMQP_CHANNEL_CLOSE_OK_METHOD, &ok);

	return (rc == AMQP_STATUS_OK ? open_channel(b) : fail(b, "channel", rc));
}

static bool
find_exchange(struct broker *b)
{
	unsigned code = 0;

	if (!b->conf->declare || declare(b, true, &code))
		return (true);
	return (code == NOT_FOUND && reopen_channel(b) && declare(b, false, NULL));
}

static bool
confirm_mode(struct broker *b)
{

	(void)amqp_confirm_select(b->conn, CHANNEL);
	return (answered(b, "confirms", amqp_get_rpc_reply(b->conn), NULL));
}

static bool
bound(struct broker *b)
{
	struct timeval handshake = of_ms(BROKER_CONNECT_MS), call = of_ms(BROKER_CALL_MS);

	return (amqp_set_handshake_timeout(b->conn, &handshake) == AMQP_STATUS_OK &&
		amqp_set_rpc_timeout(b->conn, &call) == AMQP_STATUS_OK);
}

struct broker *
broker_connect(const struct broker_conf *c, broker_socket *socket, void *arg, char *error)
{
	struct broker *b = calloc(1, sizeof(*b));

	snprintf(error, BROKER_ERROR_MAX, "out of memory");
	if (b == NULL)
		return (NULL);
	*b = (struct broker){ .conn = amqp_new_connection(), .conf = c, .socket = socket, .arg = arg, .error = error };
	if (b->conn != NULL && bound(b) && open_socket(b) && login(b) && open_channel(b) && find_exchange(b) && confirm_mode(b))
		return (b);
	broker_close(b);
	return (NULL);
}

/* No farewell: it would wait for an answer, and the broker needs none. */
void
broker_close(struct broker *b)
{

	if (b->conn != NULL) {
		b->socket(b->arg, -1);
		amqp_destroy_connection(b->conn);
	}
	free(b);
}

int
broker_fd(const struct broker *b)
{

	return (amqp_get_sockfd(b->conn));
}

bool
broker_publish(struct broker *b, const struct broker_message *m, char *error)
{
	char key[BROKER_ERROR_MAX];
	amqp_basic_properties_t p = {
		._flags = AMQP_BASIC_CONTENT_TYPE_FLAG | AMQP_BASIC_DELIVERY_MODE_FLAG | AMQP_BASIC_MESSAGE_ID_FLAG |
			  AMQP_BASIC_TYPE_FLAG | AMQP_BASIC_APP_ID_FLAG,
		.content_type = amqp_cstring_bytes("application/json"),
		.delivery_mode = PERSISTENT,
		.message_id = amqp_cstring_bytes(m->id),
		.type = amqp_cstring_bytes(m->type),
		.app_id = amqp_cstring_bytes("doorward"),
	};
	amqp_bytes_t body = { .len = m->len, .bytes = (void *)(uintptr_t)m->body };
	int rc;

	b->error = error;
	snprintf(key, sizeof(key), "doorward.%s", m->type);
	rc = amqp_basic_publish(
	    b->conn, CHANNEL, amqp_cstring_bytes(b->conf->exchange), amqp_cstring_bytes(key), 0, 0, &p, body);
	return (rc == AMQP_STATUS_OK || fail(b, "publish", rc));
}

static bool
take_frame(struct broker *b, const amqp_frame_t *f, broker_confirmed *confirmed, void *arg)
{

	if (f->frame_type != AMQP_FRAME_METHOD)
		return (true);
	if (f->payload.method.id == AMQP_BASIC_ACK_METHOD) {
		const amqp_basic_ack_t *m = f->payload.method.decoded;

		confirmed(arg, m->delivery_tag, m->multiple, true);
	} else if (f->payload.method.id == AMQP_BASIC_NACK_METHOD) {
		const amqp_basic_nack_t *m = f->payload.method.decoded;

		confirmed(arg, m->delivery_tag, m->multiple, false);
	}
	return (closed(b, "closed by the broker", f->payload.method.id, f->payload.method.decoded) == 0);
}

bool
broker_turn(struct broker *b, broker_confirmed *confirmed, void *arg, char *error)
{
	struct timeval now = { .tv_sec = 0 };
	amqp_frame_t f;
	int rc;

	b->error = error;
	while ((rc = amqp_simple_wait_frame_noblock(b->conn, &f, &now)) == AMQP_STATUS_OK) {
		bool fine = take_frame(b, &f, confirmed, arg);

		amqp_maybe_release_buffers(b->conn);
		if (!fine)
			return (false);
	}
	return (rc == AMQP_STATUS_TIMEOUT || fail(b, "connection", rc));
}
