/* SPDX-License-Identifier: MIT
 *
 * Packets to bytes. A writer holds one packet on its way out as a short list of
 * borrowed pieces and, in 15 bytes of its own, what it makes itself: no packet needs a
 * buffer of its own size, and nothing is copied.
 *
 *     dps_mqtt_write_publish(&writer, &publish, 0, 7);
 *     while ((at = dps_mqtt_writer_output(&writer, &len)) != NULL) {
 *         dps_mqtt_writer_sent(&writer, send(at, len));
 *     }
 *
 * Each write function begins a packet; the one before it must be all out
 * (dps_mqtt_writer_output() says null), or its rest is lost. What a function
 * is given it borrows until the packet is out. Those that check return DPS_MQTT_OK or a
 * value in 1..31, and then the writer holds nothing; packet identifiers are the caller's
 * to choose, and not 0 [MQTT-2.3.1-1]. A writer that holds a packet must not be moved.
 *
 * A CONNECT with a will: mqtt/will.h. */
#ifndef DPS_MQTT_WRITER_H
#define DPS_MQTT_WRITER_H

#include "mqtt/packet.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Pieces of one packet: PUBLISH and a CONNECT with a will have most. Bytes that the
 * writer makes: up to 5 of a fixed header, 10 of CONNECT's variable header. */
enum { DPS_MQTT_PIECES = 5, DPS_MQTT_FIXED_HEADER = 5, DPS_MQTT_VARIABLE_HEADER = 10 };

struct dps_mqtt_writer {
    /* Private. To go out: `now`, then the pieces from `piece` on, then the filters. */
    struct dps_bytes now; /* while a packet is put, .len is its remaining length */
    const struct dps_mqtt_filter *filters; /* not yet loaded */
    uint16_t filters_left;
    uint8_t qos_len; /* bytes behind each topic filter */
    uint8_t piece;   /* while a packet is put, where the next one goes */
    uint8_t error;   /* enum dps_mqtt_error: why the packet that is put cannot be */
    uint8_t made[DPS_MQTT_FIXED_HEADER + DPS_MQTT_VARIABLE_HEADER];
    struct dps_bytes list[DPS_MQTT_PIECES]; /* unused ones are of no bytes */
};

/** Makes a writer that holds nothing; one whose bytes are all 0 is such a writer. */
void dps_mqtt_writer_init(struct dps_mqtt_writer *writer);

/** Begins a CONNECT (3.1) without a will.
 *
 * Errors: DPS_MQTT_ERR_STRING_UTF8 and _NUL (client_id, user_name),
 * DPS_MQTT_ERR_STRING_LENGTH, DPS_MQTT_ERR_CLIENT_ID, DPS_MQTT_ERR_PASSWORD_ALONE. */
enum dps_mqtt_error dps_mqtt_write_connect(struct dps_mqtt_writer *writer,
                                           const struct dps_mqtt_connect *connect);

/** Begins a CONNACK (3.2). `code` other than 0 goes with session_present 0
 * [MQTT-3.2.2-4]: it is sent as 0 whatever was given. */
void dps_mqtt_write_connack(struct dps_mqtt_writer *writer, int session_present,
                            uint8_t code);

/** Begins a PUBLISH (3.3). With QoS 0 `dup` and `packet_identifier` are not sent.
 *
 * Errors: DPS_MQTT_ERR_QOS_VALUE, DPS_MQTT_ERR_TOPIC_EMPTY,
 * DPS_MQTT_ERR_TOPIC_WILDCARD, DPS_MQTT_ERR_STRING_UTF8, DPS_MQTT_ERR_STRING_NUL,
 * DPS_MQTT_ERR_STRING_LENGTH (topic), DPS_MQTT_ERR_PACKET_LENGTH. */
enum dps_mqtt_error dps_mqtt_write_publish(struct dps_mqtt_writer *writer,
                                           const struct dps_mqtt_publish *publish,
                                           int dup, uint16_t packet_identifier);

/** Begins a SUBSCRIBE or an UNSUBSCRIBE, `type`, of `count` topic filters; the functions
 * below name them.
 *
 * Errors: DPS_MQTT_ERR_FILTERS_NONE, DPS_MQTT_ERR_TOPIC_EMPTY,
 * DPS_MQTT_ERR_FILTER_WILDCARD, DPS_MQTT_ERR_STRING_UTF8, DPS_MQTT_ERR_STRING_NUL,
 * DPS_MQTT_ERR_STRING_LENGTH, DPS_MQTT_ERR_QOS_VALUE, DPS_MQTT_ERR_PACKET_LENGTH (also
 * for more than 65,535 filters). */
enum dps_mqtt_error dps_mqtt_write_filters(struct dps_mqtt_writer *writer,
                                           enum dps_mqtt_packet_type type,
                                           const struct dps_mqtt_filter *filters,
                                           size_t count, uint16_t packet_identifier);

/** Begins a SUBSCRIBE (3.8). */
static inline enum dps_mqtt_error
dps_mqtt_write_subscribe(struct dps_mqtt_writer *writer,
                         const struct dps_mqtt_filter *filters, size_t count,
                         uint16_t packet_identifier)
{
    return dps_mqtt_write_filters(writer, DPS_MQTT_SUBSCRIBE, filters, count,
                                  packet_identifier);
}

/** Begins an UNSUBSCRIBE (3.10). The filters' QoS is not sent, but must be one. */
static inline enum dps_mqtt_error
dps_mqtt_write_unsubscribe(struct dps_mqtt_writer *writer,
                           const struct dps_mqtt_filter *filters, size_t count,
                           uint16_t packet_identifier)
{
    return dps_mqtt_write_filters(writer, DPS_MQTT_UNSUBSCRIBE, filters, count,
                                  packet_identifier);
}

/** Begins a SUBACK (3.9) with one byte of `codes` for each filter: 0, 1, 2 or
 * DPS_MQTT_SUBACK_FAILURE; one at least. Borrows them until they are out. */
void dps_mqtt_write_suback(struct dps_mqtt_writer *writer, struct dps_bytes codes,
                           uint16_t packet_identifier);

/** Begins a packet that is its first byte (2.2) and, unless it is 0, this packet
 * identifier. The functions below name such packets. */
void dps_mqtt_write_short(struct dps_mqtt_writer *writer, uint8_t first,
                          uint16_t packet_identifier);

/** Begin a PUBACK (3.4), PUBREC (3.5), PUBREL (3.6), PUBCOMP (3.7) or UNSUBACK (3.11) of
 * this packet identifier, not 0. */
static inline void dps_mqtt_write_puback(struct dps_mqtt_writer *writer,
                                         uint16_t packet_identifier)
{
    dps_mqtt_write_short(writer, DPS_MQTT_PUBACK << 4, packet_identifier);
}
static inline void dps_mqtt_write_pubrec(struct dps_mqtt_writer *writer,
                                         uint16_t packet_identifier)
{
    dps_mqtt_write_short(writer, DPS_MQTT_PUBREC << 4, packet_identifier);
}
static inline void dps_mqtt_write_pubrel(struct dps_mqtt_writer *writer,
                                         uint16_t packet_identifier)
{
    dps_mqtt_write_short(writer, DPS_MQTT_PUBREL << 4 | 2, packet_identifier);
}
static inline void dps_mqtt_write_pubcomp(struct dps_mqtt_writer *writer,
                                          uint16_t packet_identifier)
{
    dps_mqtt_write_short(writer, DPS_MQTT_PUBCOMP << 4, packet_identifier);
}
static inline void dps_mqtt_write_unsuback(struct dps_mqtt_writer *writer,
                                           uint16_t packet_identifier)
{
    dps_mqtt_write_short(writer, DPS_MQTT_UNSUBACK << 4, packet_identifier);
}

/** Begin a PINGREQ (3.12), a PINGRESP (3.13), a DISCONNECT (3.14). */
static inline void dps_mqtt_write_pingreq(struct dps_mqtt_writer *writer)
{
    dps_mqtt_write_short(writer, DPS_MQTT_PINGREQ << 4, 0);
}
static inline void dps_mqtt_write_pingresp(struct dps_mqtt_writer *writer)
{
    dps_mqtt_write_short(writer, DPS_MQTT_PINGRESP << 4, 0);
}
static inline void dps_mqtt_write_disconnect(struct dps_mqtt_writer *writer)
{
    dps_mqtt_write_short(writer, DPS_MQTT_DISCONNECT << 4, 0);
}

/** Lends the next bytes to send, until dps_mqtt_writer_sent(); null, and 0: all out. */
const uint8_t *dps_mqtt_writer_output(struct dps_mqtt_writer *writer, size_t *len);

/** Moves on by the `len` bytes that were taken, at most what output lent. */
void dps_mqtt_writer_sent(struct dps_mqtt_writer *writer, size_t len);

#ifdef __cplusplus
}
#endif

#endif
