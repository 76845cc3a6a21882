/* SPDX-License-Identifier: MIT
 *
 * Conversations as data: what the peer sends, what is to be heard of it and done about
 * it, and what is to be sent. */
#ifndef TESTS_UNIT_MQTT_EXHAUSTIVE_CONVERSATIONS_H
#define TESTS_UNIT_MQTT_EXHAUSTIVE_CONVERSATIONS_H

#include "mqtt/delivery.h"

/* What a client does when it has heard something; now_ms is its clock. */
typedef void act(struct dps_mqtt_session *session, uint32_t *now_ms);

/* What is heard, as one line:
 *
 *     connected P                       P: Session Present
 *     subscribed ID: GG GG              in hex, as granted
 *     unsubscribed ID
 *     published ID
 *     message FF ID TOPIC: PAYLOAD      a PUBLISH that began with the byte FF
 *     closed
 *     packet FF ID TOPIC: BODY          any packet, by a reader without a session
 *
 * where PAYLOAD and BODY have their bytes that are not printable as <XX>. */
struct step {
    const char *heard;
    act *then; /* null: nothing */
};

struct conversation {
    const char *name;
    enum dps_mqtt_role role; /* CLIENT: a session; SERVER: a reader alone */
    act *begin;              /* queues CONNECT */
    const struct dps_mqtt_kept *kept; /* null: no store; its entries, up to one of type 0 */
    int is_held;             /* sends only when it must, see DPS_MQTT_OUTPUT_FIRST, */
    unsigned output_first;   /* which is told so many times */
    struct dps_bytes in, out;
    size_t taken; /* bytes of `in`; 0: all */
    enum dps_mqtt_error error;
    struct step step[12]; /* unused ones are null */
};

/* What subscribe lends to the session, and SUBACK's codes are told in. */
extern struct dps_mqtt_filter conversation_filters[2];

extern const struct conversation conversations[];
extern const int conversation_count;

#endif
