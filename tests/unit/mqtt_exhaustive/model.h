/* SPDX-License-Identifier: MIT
 *
 * A second reading of MQTT 3.1.1, slow and obvious: what a receiver must make of some
 * bytes. It shares nothing with mqtt/, no header, no name and no table, so that the two
 * agree only where both have read the same standard. */
#ifndef TESTS_UNIT_MQTT_EXHAUSTIVE_MODEL_H
#define TESTS_UNIT_MQTT_EXHAUSTIVE_MODEL_H

#include <stddef.h>
#include <stdint.h>

/* Who receives, and what it has room for. */
struct model_receiver {
    int is_server;
    uint32_t head_size; /* bytes: a topic with its identifier, or another packet's body */
    uint32_t payload_max; /* bytes of a PUBLISH */
};

/* What can be wrong with a packet; see model.c for the order. */
enum model_rule {
    MODEL_NOTHING_WRONG,
    MODEL_PACKET_TYPE,       /* 2.2.1 */
    MODEL_DIRECTION,         /* 2.2.1 */
    MODEL_RESERVED_FLAGS,    /* 2.2.2 */
    MODEL_REMAINING_LENGTH,  /* 2.2.3 */
    MODEL_LENGTH_OF_TYPE,    /* 3.x.1 */
    MODEL_TOPIC_EMPTY,       /* 4.7.3 */
    MODEL_FIELD_PAST_PACKET, /* 1.5.3 */
    MODEL_SUBACK_CODE,       /* 3.9.3 */
    MODEL_IDENTIFIER_0,      /* 2.3.1 */
    MODEL_CONNACK_FLAGS,     /* 3.2.2.1 */
    MODEL_SESSION_PRESENT,   /* 3.2.2.2 */
    MODEL_DUP_QOS_0,         /* 3.3.1.1 */
    MODEL_QOS_3,             /* 3.3.1.2 */
    MODEL_TOPIC_UTF8,        /* 1.5.3 */
    MODEL_TOPIC_NUL,         /* 1.5.3 */
    MODEL_TOPIC_WILDCARD,    /* 3.3.2.1 */
    MODEL_BODY_TOO_LONG,     /* for head_size */
    MODEL_TOPIC_TOO_LONG,    /* for head_size */
    MODEL_PAYLOAD_TOO_LONG,  /* for payload_max */
    MODEL_RULES
};

struct model_verdict {
    enum { MODEL_NEEDS_MORE, MODEL_TELLS, MODEL_REFUSES } what;
    size_t taken;         /* bytes of those that were there */
    enum model_rule rule; /* MODEL_REFUSES */

    /* MODEL_TELLS: a packet, or the beginning of a PUBLISH. Fields are counted from the
     * packet's first byte. */
    unsigned type, flags, identifier; /* 0: no identifier */
    size_t topic_at, topic_len, body_at, body_len;
    uint32_t total; /* of the payload, bytes */
    int is_last;    /* the packet ends here */
};

/* What the receiver makes of the packet that begins with these bytes. */
struct model_verdict model_read(const struct model_receiver *receiver,
                                const uint8_t *bytes, size_t len);

#endif
