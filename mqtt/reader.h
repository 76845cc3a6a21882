/* SPDX-License-Identifier: MIT
 *
 * Bytes to packets. A machine: give it bytes as they come, in any split, and it
 * tells one packet at a time, or one piece of a PUBLISH, whose payload is never
 * gathered and may be of any size.
 *
 *     dps_mqtt_reader_init(&reader, DPS_MQTT_CLIENT, head, sizeof head, 0);
 *     while (len != 0) {
 *         size_t taken = dps_mqtt_reader_input(&reader, data, len, &packet);
 *         if (packet.type != DPS_MQTT_NONE) { ... }
 *         if (dps_mqtt_reader_error(&reader) != DPS_MQTT_OK) { close; }
 *         data += taken, len -= taken;
 *     }
 *
 * The fields inside CONNECT and SUBSCRIBE are a server's business: mqtt/server.h. */
#ifndef DPS_MQTT_READER_H
#define DPS_MQTT_READER_H

#include "mqtt/packet.h"

#ifdef __cplusplus
extern "C" {
#endif

struct dps_mqtt_reader {
    /* Private: the fields are here so that you can place one; use the functions. */
    uint8_t state;              /* where it stands: enum of inner.h */
    uint8_t error;              /* enum dps_mqtt_error; once set it stays */
    uint8_t first;              /* the packet's first byte: type and flags */
    uint8_t role;               /* enum dps_mqtt_role */
    uint16_t topic_len;         /* 0: not a PUBLISH, or not yet known */
    uint16_t packet_identifier; /* 0: the packet has none */
    uint32_t left;              /* of the remaining length, bytes not yet seen: < 2^28 */
    uint32_t payload_total;     /* bytes; the head is complete when only these are left */
    uint32_t payload_max;       /* bytes: < 2^28 */
    uint32_t head_left;         /* what `left` was when the head buffer was empty */
    size_t head_cap;            /* bytes */
    uint8_t *head;              /* borrowed */
};

/** Makes a reader for one connection.
 *
 * `role` is this end's. `head` is `head_cap` bytes, 8 at least (not checked); its size is
 * the limit of a topic with its packet identifier, and of any packet but PUBLISH.
 * `payload_max` is the most bytes a PUBLISH payload may have, 0 for no limit.
 *
 * Borrows `head` as long as the reader is used. */
void dps_mqtt_reader_init(struct dps_mqtt_reader *reader, enum dps_mqtt_role role,
                          uint8_t *head, size_t head_cap, uint32_t payload_max);

/** Takes bytes that came from the peer, until there is one packet, or one piece
 * of a PUBLISH, to tell.
 *
 * `len` bytes at `data`, any split, 0 allowed. Returns how many were taken: fewer
 * only when `packet` tells something or the reader has failed; offer the rest
 * again. `packet->type` is DPS_MQTT_NONE when there is nothing to tell.
 *
 * Copies topics and bodies into the head buffer and lends them from there; lends a
 * payload piece out of `data`; both until the next call. A payload of no bytes is
 * one piece of no bytes, with `last`.
 *
 * Fails for good, see dps_mqtt_reader_error(), with the value in 32..95 whose rule
 * is broken. A bad byte is taken, nothing after it.
 *
 * MQTT 3.1.1 chapters 2 and 3. */
size_t dps_mqtt_reader_input(struct dps_mqtt_reader *reader, const uint8_t *data,
                             size_t len, struct dps_mqtt_packet *packet);

/** Why it failed; DPS_MQTT_OK while it has not. */
enum dps_mqtt_error dps_mqtt_reader_error(const struct dps_mqtt_reader *reader);

/** Whether all bytes taken so far were whole packets: a stream may end here. */
int dps_mqtt_reader_is_between_packets(const struct dps_mqtt_reader *reader);

#ifdef __cplusplus
}
#endif

#endif
