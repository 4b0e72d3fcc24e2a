/* SPDX-License-Identifier: ISC */
/*
 * The ids of events. Besides being unique, each says where its event is to be looked for: which outbox, and from about when
 * on. So who was away and names the last id he saw can go on from there (store/tail.h), with no index beside the outboxes.
 */
#ifndef STORE_EVENT_ID_H
#define STORE_EVENT_ID_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "doorward/event.h"
#include "doorward/store.h"

/* A script that reports several events at once adds "." and the handle of a session to one of them. */
_Static_assert(EVENT_ID_MAX == EVENT_ID_LEN + 1 + 11, "with that");

/* Makes a new id for events in the outbox of ${bucket}, at ${now} seconds. False: there is no randomness. */
bool event_id_make(unsigned bucket, int64_t now, char out[EVENT_ID_LEN + 1]);

/* Reads one back: false if ${id} does not look like one of ours. Of older versions both values are accidental. */
bool event_id_parse(struct str id, unsigned *bucket, int64_t *at);

#endif
