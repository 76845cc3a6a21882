/* SPDX-License-Identifier: MIT
 *
 * Packets to bytes. A writer holds one packet on its way out as a short list of
 * borrowed strings and, in 25 bytes of its own, what stands between them: no
 * packet needs a buffer of its own size, and nothing is copied.
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
 * to choose, and not 0 [MQTT-2.3.1-1]. */
#ifndef DPS_MQTT_WRITER_H
#define DPS_MQTT_WRITER_H

#include "mqtt/packet.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Bytes between a CONNECT's strings: 5 kept for the fixed header, the variable header's
 * 10, and five lengths of 2. */
enum { DPS_MQTT_BETWEEN = 25 };

struct dps_mqtt_writer {
    /* Private. Piece i is between[at .. cut[i]) and then string[i], both as far as they
     * are not yet sent. */
    uint8_t piece;   /* being sent; above `strings`: none */
    uint8_t strings; /* in use */
    uint8_t at;      /* in between: sent up to here */
    uint8_t end;     /* in between: put up to here */
    uint8_t error;   /* enum dps_mqtt_error: why the packet that is put cannot be */
    uint8_t cut[DPS_MQTT_STRINGS + 1];
    uint8_t between[DPS_MQTT_BETWEEN];
    uint32_t length; /* the remaining length so far: ours is added last */
    size_t filters_left;
    const struct dps_mqtt_filter *filters; /* of a SUBSCRIBE, not yet loaded */
    struct dps_bytes string[DPS_MQTT_STRINGS];
};

/** Makes a writer that holds nothing; one whose bytes are all 0 is such a writer. */
void dps_mqtt_writer_init(struct dps_mqtt_writer *writer);

/** Begins a CONNECT (3.1).
 *
 * Errors: DPS_MQTT_ERR_STRING_UTF8 and _NUL (client_id, will_topic, user_name),
 * DPS_MQTT_ERR_STRING_LENGTH, DPS_MQTT_ERR_CLIENT_ID, DPS_MQTT_ERR_PASSWORD_ALONE,
 * DPS_MQTT_ERR_WILL_INCOMPLETE, DPS_MQTT_ERR_QOS_VALUE, DPS_MQTT_ERR_TOPIC_EMPTY,
 * DPS_MQTT_ERR_TOPIC_WILDCARD (the last two of will_topic). */
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

/** Begins a SUBSCRIBE of `count` filters (3.8).
 *
 * Errors: DPS_MQTT_ERR_FILTERS_NONE, DPS_MQTT_ERR_TOPIC_EMPTY,
 * DPS_MQTT_ERR_FILTER_WILDCARD, DPS_MQTT_ERR_STRING_UTF8, DPS_MQTT_ERR_STRING_NUL,
 * DPS_MQTT_ERR_STRING_LENGTH, DPS_MQTT_ERR_QOS_VALUE, DPS_MQTT_ERR_PACKET_LENGTH. */
enum dps_mqtt_error dps_mqtt_write_subscribe(struct dps_mqtt_writer *writer,
                                             const struct dps_mqtt_filter *filters,
                                             size_t count, uint16_t packet_identifier);

/** Begins a SUBACK (3.9) with one byte of `codes` for each filter: 0, 1, 2 or
 * DPS_MQTT_SUBACK_FAILURE; one at least. Borrows them until they are out. */
void dps_mqtt_write_suback(struct dps_mqtt_writer *writer, struct dps_bytes codes,
                           uint16_t packet_identifier);

/** Begins a packet that is its first byte (2.2) and, unless it is 0, this packet
 * identifier. The functions below name such packets. */
void dps_mqtt_write_short(struct dps_mqtt_writer *writer, uint8_t first,
                          uint16_t packet_identifier);

/** Begins a PUBACK (3.4) of this packet identifier, not 0. */
static inline void dps_mqtt_write_puback(struct dps_mqtt_writer *writer,
                                         uint16_t packet_identifier)
{
    dps_mqtt_write_short(writer, DPS_MQTT_PUBACK << 4, packet_identifier);
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
