/* SPDX-License-Identifier: MIT
 *
 * What MQTT 3.1.1 packets are made of: their types, their fields, and the one
 * enum of everything that can be wrong with them. Included by every other
 * header of this room; it declares no machine.
 *
 * Text and binary fields are `struct dps_bytes`: a pointer and a length, because
 * the wire has lengths and no terminators (1.5.3). Whether the bytes are copied,
 * borrowed or lent is said by the function that takes or gives them. */
#ifndef DPS_MQTT_PACKET_H
#define DPS_MQTT_PACKET_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Bytes that belong to somebody else; never NUL-terminated. */
struct dps_bytes {
    const uint8_t *at;
    size_t len;
};

/** Which end reads: decides which packets may arrive (Table 2.1). A set of bits. */
enum dps_mqtt_role {
    DPS_MQTT_CLIENT = 1,
    DPS_MQTT_SERVER = 2,
    DPS_MQTT_EITHER = 3 /* a tool that reads both directions */
};

/** Control packet types (Table 2.1). */
enum dps_mqtt_packet_type {
    DPS_MQTT_NONE = 0,
    DPS_MQTT_CONNECT = 1,
    DPS_MQTT_CONNACK = 2,
    DPS_MQTT_PUBLISH = 3,
    DPS_MQTT_PUBACK = 4,
    DPS_MQTT_PUBREC = 5,
    DPS_MQTT_PUBREL = 6,
    DPS_MQTT_PUBCOMP = 7,
    DPS_MQTT_SUBSCRIBE = 8,
    DPS_MQTT_SUBACK = 9,
    DPS_MQTT_UNSUBSCRIBE = 10,
    DPS_MQTT_UNSUBACK = 11,
    DPS_MQTT_PINGREQ = 12,
    DPS_MQTT_PINGRESP = 13,
    DPS_MQTT_DISCONNECT = 14
};

/** The fixed header's flag bits of a PUBLISH (Figure 3.10). */
enum {
    DPS_MQTT_FLAG_RETAIN = 0x01,
    DPS_MQTT_FLAG_QOS = 0x06,
    DPS_MQTT_FLAG_QOS_SHIFT = 1,
    DPS_MQTT_FLAG_DUP = 0x08
};

/** SUBACK's return code for a refused topic filter (3.9.3). */
enum { DPS_MQTT_SUBACK_FAILURE = 0x80 };

/** Pieces of a PUBLISH payload. */
enum { DPS_MQTT_PAYLOAD_PIECES = 3 };

/** CONNECT (3.1) but for its will. A field whose `.at` is null is absent, and its `.len`
 * is 0. */
struct dps_mqtt_connect {
    struct dps_bytes client_id, user_name, password;
    uint16_t keep_alive_s;
    uint8_t clean_session;
};

/** The will of a CONNECT (3.1.2.5): the server publishes it when the connection ends
 * without a DISCONNECT. The message may be empty. */
struct dps_mqtt_will {
    struct dps_bytes topic, message;
    uint8_t qos, retain;
};

/** PUBLISH (3.3), as the sender gives it. The payload is the pieces one after the
 * other, so that a large one need not be copied to get a prefix; unused pieces
 * are zero. */
struct dps_mqtt_publish {
    struct dps_bytes topic;
    struct dps_bytes payload[DPS_MQTT_PAYLOAD_PIECES];
    uint8_t qos, retain;
};

/** One topic filter of a SUBSCRIBE (3.8.3), and what SUBACK said of it. */
struct dps_mqtt_filter {
    struct dps_bytes topic_filter;
    uint8_t qos;     /* asked for: 0, 1 or 2 */
    uint8_t granted; /* 0, 1, 2 or DPS_MQTT_SUBACK_FAILURE; set by SUBACK */
};

/** One packet, or one piece of a PUBLISH, as a reader tells it. */
struct dps_mqtt_packet {
    uint8_t type;               /* enum dps_mqtt_packet_type; DPS_MQTT_NONE: none yet */
    uint8_t flags;              /* bits 3 to 0 of the fixed header (2.2.2) */
    uint8_t last;               /* the packet ends with this piece */
    uint16_t packet_identifier; /* 0: this packet has none */
    struct dps_bytes topic;     /* PUBLISH only; lent from the head buffer */
    struct dps_bytes body;      /* PUBLISH: a payload piece, lent from the caller's bytes.
                                 * Others: what follows the packet identifier, lent from
                                 * the head buffer */
    uint32_t offset, total;     /* of the payload, bytes; total is known from the start */
};

/** Why an MQTT call or connection failed; the ranges say what to do next. */
enum dps_mqtt_error {
    DPS_MQTT_OK = 0,

    /* 1..31, the caller's: nothing was sent and nothing changed; fix the call. */
    DPS_MQTT_ERR_STATE = 1,      /* [MQTT-3.1.0-1] [MQTT-3.1.0-2] not the time for it */
    DPS_MQTT_ERR_BUSY,           /* a packet is still on its way out */
    DPS_MQTT_ERR_IN_FLIGHT_FULL, /* all DPS_MQTT_IN_FLIGHT slots are taken */
    DPS_MQTT_ERR_STRING_LENGTH,  /* 1.5.3: a string or binary field over 65,535 bytes */
    DPS_MQTT_ERR_PACKET_LENGTH,  /* 2.2.3: a packet over 268,435,455 bytes */
    DPS_MQTT_ERR_STRING_UTF8,    /* [MQTT-1.5.3-1]; five values as below, from UTF8 on */
    DPS_MQTT_ERR_STRING_NUL,     /* [MQTT-1.5.3-2] U+0000 */
    DPS_MQTT_ERR_TOPIC_EMPTY,    /* [MQTT-4.7.3-1] of a topic name or filter */
    DPS_MQTT_ERR_TOPIC_WILDCARD, /* [MQTT-3.3.2-2] '+' or '#' in a topic name */
    DPS_MQTT_ERR_FILTER_WILDCARD, /* [MQTT-4.7.1-2] [MQTT-4.7.1-3] */
    DPS_MQTT_ERR_FILTERS_NONE,   /* [MQTT-3.8.3-3] [MQTT-3.10.3-2] */
    DPS_MQTT_ERR_QOS_VALUE,      /* [MQTT-3.3.1-4] [MQTT-3.1.2-14]; or 2, and no store */
    DPS_MQTT_ERR_CLIENT_ID,      /* [MQTT-3.1.3-7] empty, and CleanSession 0 */
    DPS_MQTT_ERR_PASSWORD_ALONE, /* [MQTT-3.1.2-22] */
    DPS_MQTT_ERR_STORE_FULL,     /* the store has no room for the message (4.1) */

    /* 32..95, the peer broke a rule, a value a rule: the connection ends. */
    DPS_MQTT_ERR_PACKET_TYPE = 32, /* Table 2.1: types 0 and 15 are forbidden */
    DPS_MQTT_ERR_DIRECTION,        /* Table 2.1: this end never sends that packet */
    DPS_MQTT_ERR_UNSUPPORTED,      /* a QoS 2 message or its PUBREL, and no store */
    DPS_MQTT_ERR_FLAGS,            /* [MQTT-2.2.2-2] a reserved flag bit */
    DPS_MQTT_ERR_QOS_RESERVED,     /* [MQTT-3.3.1-4] both QoS bits of a PUBLISH */
    DPS_MQTT_ERR_DUP_QOS_0,        /* [MQTT-3.3.1-2] */
    DPS_MQTT_ERR_REMAINING_LENGTH, /* 2.2.3: a fifth length byte */
    DPS_MQTT_ERR_BODY_LENGTH,      /* 3.x.1: not what this packet type has */
    DPS_MQTT_ERR_BODY_TOO_LONG,    /* over the head buffer's size, our limit */
    DPS_MQTT_ERR_TOPIC_TOO_LONG,   /* over the head buffer's size, our limit */
    DPS_MQTT_ERR_PAYLOAD_TOO_LONG, /* over payload_max, our limit */
    DPS_MQTT_ERR_FIELD_LENGTH,     /* 1.5.3: a field reaches past its packet */
    DPS_MQTT_ERR_FIELD_LEFT_OVER,  /* 3.1.3: bytes behind the last field */
    DPS_MQTT_ERR_UTF8,             /* [MQTT-1.5.3-1] */
    DPS_MQTT_ERR_NUL,              /* [MQTT-1.5.3-2] U+0000 */
    DPS_MQTT_ERR_TOPIC_NAME_EMPTY, /* [MQTT-4.7.3-1] */
    DPS_MQTT_ERR_TOPIC_NAME_WILDCARD,   /* [MQTT-3.3.2-2] */
    DPS_MQTT_ERR_TOPIC_FILTER_WILDCARD, /* [MQTT-4.7.1-2] [MQTT-4.7.1-3] */
    DPS_MQTT_ERR_PACKET_IDENTIFIER, /* [MQTT-2.3.1-1] it is 0 */
    DPS_MQTT_ERR_CONNACK_FLAGS,     /* 3.2.2.1: bits 7 to 1 are reserved */
    DPS_MQTT_ERR_SESSION_PRESENT_REFUSED, /* [MQTT-3.2.2-4] with a code other than 0 */
    DPS_MQTT_ERR_SESSION_PRESENT_CLEAN,   /* [MQTT-3.2.2-1] after CleanSession 1 */
    DPS_MQTT_ERR_CONNACK_FIRST,     /* [MQTT-3.2.0-1] another packet came first */
    DPS_MQTT_ERR_CONNACK_AGAIN,     /* 3.2: nobody asked for this CONNACK */
    DPS_MQTT_ERR_SUBACK_CODE,       /* [MQTT-3.9.3-2] */
    DPS_MQTT_ERR_SUBACK_COUNT,      /* [MQTT-3.8.4-5] not one code a filter */
    DPS_MQTT_ERR_PROTOCOL_NAME,     /* [MQTT-3.1.2-1] */
    DPS_MQTT_ERR_PROTOCOL_LEVEL,    /* [MQTT-3.1.2-2]: answer with CONNACK 1 */
    DPS_MQTT_ERR_CONNECT_FLAGS,     /* [MQTT-3.1.2-3] bit 0 */
    DPS_MQTT_ERR_WILL_FLAGS,        /* [MQTT-3.1.2-11] QoS or retain without a will */
    DPS_MQTT_ERR_WILL_QOS,          /* [MQTT-3.1.2-14] */
    DPS_MQTT_ERR_PASSWORD_FLAG,     /* [MQTT-3.1.2-22] */
    DPS_MQTT_ERR_SUBSCRIBE_EMPTY,   /* [MQTT-3.8.3-3] */
    DPS_MQTT_ERR_SUBSCRIBE_QOS,     /* [MQTT-3.8.3-4] */
    DPS_MQTT_ERR_UNSUBSCRIBE_EMPTY, /* [MQTT-3.10.3-2] */
    DPS_MQTT_ERR_ACKS_FULL,         /* more QoS 1 messages in one record than
                                     * DPS_MQTT_ACKS, and one buffer for both ways */
    DPS_MQTT_ERR_STORE_FAILED,      /* [MQTT-4.8.0-2] the store keeps no more */

    /* 96..111, the peer said no: fix the configuration; 98 may be tried again. */
    DPS_MQTT_ERR_REFUSED_LEVEL = 96,    /* CONNACK return code 1 (3.2.2.3) */
    DPS_MQTT_ERR_REFUSED_CLIENT_ID,     /* 2 */
    DPS_MQTT_ERR_REFUSED_UNAVAILABLE,   /* 3 */
    DPS_MQTT_ERR_REFUSED_CREDENTIALS,   /* 4 */
    DPS_MQTT_ERR_REFUSED_UNAUTHORIZED,  /* 5 */
    DPS_MQTT_ERR_REFUSED_RESERVED,      /* 6 to 255 */
    DPS_MQTT_ERR_SUBSCRIPTION_REFUSED,  /* SUBACK 0x80; told by who subscribed */

    /* 112..127, the peer went silent or away: a new connection may be tried. */
    DPS_MQTT_ERR_NO_CONNACK = 112, /* 3.2 */
    DPS_MQTT_ERR_NO_ANSWER,        /* to SUBSCRIBE, UNSUBSCRIBE, PUBLISH or PUBREL */
    DPS_MQTT_ERR_NO_PINGRESP,      /* 3.1.2.10 */
    DPS_MQTT_ERR_CLOSED,           /* the stream ended, nobody had said DISCONNECT */

    /* Where the ranges begin. */
    DPS_MQTT_ERR_PEER = 32,
    DPS_MQTT_ERR_REFUSED = 96,
    DPS_MQTT_ERR_LOST = 112
};

/** What went wrong, in words; never null. A file of its own: linked only when called. */
const char *dps_mqtt_error_text(enum dps_mqtt_error error);

/** The rule that was broken: "MQTT-3.3.1-4", or a section as "MQTT 2.2.3" where the rule
 * has no number; "" where no rule of the standard is concerned. Never null. */
const char *dps_mqtt_error_rule(enum dps_mqtt_error error);

/** The packet's name, "PUBLISH"; "" for 0, 15 and above. Never null. */
const char *dps_mqtt_packet_name(unsigned type);

#ifdef __cplusplus
}
#endif

#endif
