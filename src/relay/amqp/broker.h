/* SPDX-License-Identifier: ISC */
/*
 * One connection to a broker, with a channel in confirm mode. These functions wait for the broker, each for a bounded time but
 * for broker_publish(), which whoever shuts the socket down ends: they are for a thread of their own (carrier.h).
 */
#ifndef RELAY_AMQP_BROKER_H
#define RELAY_AMQP_BROKER_H

#include <limits.h>
#include <stdint.h>

#include "relay/amqp/place.h"

#define BROKER_CONNECT_MS 2000 /* name and connection; as much again for login and TLS */
#define BROKER_CALL_MS 2000    /* of one question to the broker */
#define BROKER_HEARTBEAT 30    /* seconds: a peer that is silent for twice as long is gone */
#define BROKER_PASSWORD_MAX 1024
#define BROKER_EXCHANGE_MAX 255 /* bytes, by the protocol */
#define BROKER_ERROR_MAX 256

struct broker;

/* Everything is in it: it may outlive the configuration. It is not to be copied, since ${place} points into itself. */
struct broker_conf {
	struct place place;
	char password[BROKER_PASSWORD_MAX];
	char ca_file[PATH_MAX]; /* "" = those that the system trusts */
	char exchange[BROKER_EXCHANGE_MAX + 1];
	bool declare; /* it, durable, if it is missing */
};

struct broker_message {
	const char *id, *type; /* of the event */
	const char *body;
	size_t len;
};

/*
 * Connects, logs in, sees that the exchange is there. NULL with a sentence in ${error} of BROKER_ERROR_MAX bytes. ${socket} is
 * called with the descriptor as soon as there is one, and with -1 before it is closed.
 */
typedef void broker_socket(void *arg, int fd);
struct broker *broker_connect(const struct broker_conf *c, broker_socket *socket, void *arg, char *error);
void broker_close(struct broker *b);
int broker_fd(const struct broker *b);

/* Sends ${m}, whose confirm will have the next number, 1 being the first. False with a sentence in ${error}: close it. */
bool broker_publish(struct broker *b, const struct broker_message *m, char *error);

/*
 * Takes what the broker has sent, without waiting, and tells of every confirm: of message ${tag} and, if ${multiple}, of all
 * before. ${taken} is false if the broker could not keep it. False with a sentence in ${error}: close it.
 */
typedef void broker_confirmed(void *arg, uint64_t tag, bool multiple, bool taken);
bool broker_turn(struct broker *b, broker_confirmed *confirmed, void *arg, char *error);

#endif
