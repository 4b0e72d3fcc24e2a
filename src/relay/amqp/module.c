/* SPDX-License-Identifier: ISC */
/* The module sink_amqp: events to a broker, by librabbitmq. */
#include "config.h"

#include "base/module.h"
#include "relay/amqp/amqp.h"

static const struct sink_driver *const sinks[] = { &amqp_driver, NULL };

const struct module doorward_module = { .version = MODULE_VERSION, .sinks = sinks };
