/* SPDX-License-Identifier: ISC */
/* The sink "amqp": events to an exchange of RabbitMQ, or of another broker of AMQP 0-9-1 that confirms what it was given. */
#ifndef RELAY_AMQP_AMQP_H
#define RELAY_AMQP_AMQP_H

#include "doorward/sink.h"

extern const struct sink_driver amqp_driver;

#endif
