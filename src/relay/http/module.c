/* SPDX-License-Identifier: ISC */
/* The module sink_http: sinks that POST, by libcurl. */
#include "config.h"

#include "base/module.h"
#include "relay/http/push.h"

static const struct sink_driver *const sinks[] = { &webhook_driver, &set_driver, &backchannel_driver, &otlp_driver, NULL };

const struct module doorward_module = { .version = MODULE_VERSION, .sinks = sinks };
