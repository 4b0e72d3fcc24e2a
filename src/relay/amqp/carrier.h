/* SPDX-License-Identifier: ISC */
/*
 * A thread that carries messages to a broker, so that a broker that hangs keeps nobody else waiting: librabbitmq's connect and
 * login block, and so does sending when the broker does not read. Its owner hands it messages and takes back what became of
 * them; neither ever waits for the other.
 */
#ifndef RELAY_AMQP_CARRIER_H
#define RELAY_AMQP_CARRIER_H

#include "doorward/sink.h"
#include "relay/amqp/broker.h"

/* Messages under way: sent and not yet confirmed, or waiting for it. RabbitMQ may gather confirms for 200 ms. */
#define CARRIER_AT_ONCE 2048
#define CARRIER_CONFIRM_MS 10000 /* a broker that confirms nothing for so long hangs */
#define CARRIER_RETRY_MS 1000    /* between two attempts to connect */

struct carrier;

/* Starts the thread. ${c}, of malloc(), is its own from now on and is wiped at the end. NULL with a sentence in ${why}. */
struct carrier *carrier_open(struct broker_conf *c, char *why, size_t len);

/* Takes a copy of ${m} for ${of}. False: CARRIER_AT_ONCE are under way, or there is no memory. */
bool carrier_take(struct carrier *c, const struct broker_message *m, void *of);

/* Readable when carrier_run() has something to tell; ms until it must be called anyway, -1 never. */
int carrier_fd(const struct carrier *c);
int64_t carrier_due(const struct carrier *c);

/* Tells what became of messages, and cuts the connection to a broker that hangs. */
typedef void carrier_done(void *arg, void *of, enum sink_outcome outcome, const char *error);
void carrier_run(struct carrier *c, carrier_done *done, void *arg);

/* Ends the thread, and tells nobody of what was under way. */
void carrier_close(struct carrier *c);

#endif
