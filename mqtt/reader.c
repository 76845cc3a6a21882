/* SPDX-License-Identifier: MIT
 *
 * Bytes to packets. The path of a byte:
 *
 *   fixed header (2.2)   first byte, then the remaining length, a byte at a time;
 *   PUBLISH (3.3)        topic length, then topic and packet identifier are gathered in
 *                        the head buffer; the payload is lent in pieces, where it lies;
 *   all others (3.x)     the body is gathered whole in the head buffer.
 *
 * All that is read bytewise, and every rule, is in head.c; here it is told. */
#include "mqtt/reader.h"

#include <string.h>

#include "mqtt/inner.h"

enum { READER_LENGTH_MAX = 268435455 }; /* 2.2.3 */

void dps_mqtt_reader_init(struct dps_mqtt_reader *r, enum dps_mqtt_role role,
                          uint8_t *head, size_t head_cap, uint32_t payload_max)
{
    r->state = DPS_MQTT_READER_FIRST;
    r->error = DPS_MQTT_OK;
    r->role = (uint8_t)role;
    r->left = 0;
    if (payload_max - 1 >= READER_LENGTH_MAX) { /* 0, no limit, wraps to the top */
        payload_max = READER_LENGTH_MAX;
    }
    r->payload_max = payload_max;
    r->head_cap = head_cap;
    r->head = head;
}

/* Tells a packet, or of a PUBLISH the piece that `len` bytes at `data` hold. */
static size_t reader_tell(struct dps_mqtt_reader *r, const uint8_t *data, size_t len,
                          struct dps_mqtt_packet *packet)
{
    size_t n = len < r->left ? len : r->left;

    packet->body.at = data;
    packet->body.len = n;
    packet->total = r->payload_total;
    packet->offset = r->payload_total - r->left;
    packet->packet_identifier = r->packet_identifier;
    packet->type = r->first >> 4;
    packet->flags = r->first & 0x0fu;
    if (r->topic_len != 0) {
        packet->topic.at = r->head;
        packet->topic.len = r->topic_len;
    } else {
        data = r->head;
        len = r->head_left;
        if (r->packet_identifier != 0) {
            data += 2;
            len -= 2;
        }
        packet->body.at = data;
        packet->body.len = len;
    }
    r->left -= (uint32_t)n;
    if (r->left == 0) {
        packet->last = 1;
        r->state = DPS_MQTT_READER_FIRST;
    }
    return n;
}

size_t dps_mqtt_reader_input(struct dps_mqtt_reader *r, const uint8_t *data, size_t len,
                             struct dps_mqtt_packet *packet)
{
    size_t taken = 0;

    memset(packet, 0, sizeof *packet);
    while (r->error == DPS_MQTT_OK) {
        if (r->state == DPS_MQTT_READER_BODY && r->left <= r->payload_total
            && (taken < len || r->left == 0)) {
            return taken + reader_tell(r, data + taken, len - taken, packet);
        }
        if (taken == len) {
            break;
        }
        r->error = (uint8_t)dps_mqtt_head_byte(r, data[taken++]);
    }
    return taken;
}

enum dps_mqtt_error dps_mqtt_reader_error(const struct dps_mqtt_reader *r)
{
    return (enum dps_mqtt_error)r->error;
}

int dps_mqtt_reader_is_between_packets(const struct dps_mqtt_reader *r)
{
    return r->state == DPS_MQTT_READER_FIRST; /* no error leaves it there */
}
