/* SPDX-License-Identifier: MIT
 *
 * A list of packets, each with its own copies of short texts behind it. Nothing is
 * encoded before the packet is the first one. */
#include "tools/emulator/outbox.h"

#include <stdlib.h>
#include <string.h>

#include "mqtt/writer.h"

struct outbox_packet {
    struct outbox_packet *next;
    uint64_t not_before_ms;
    struct dps_mqtt_writer writer;
    struct dps_mqtt_publish publish; /* of type DPS_MQTT_PUBLISH */
    struct dps_bytes codes;          /* of type DPS_MQTT_SUBACK */
    uint16_t packet_identifier;
    uint8_t type;                    /* enum dps_mqtt_packet_type */
    uint8_t code;                    /* CONNACK return code */
    uint8_t begun;                   /* the writer holds it */
    uint8_t text[];                  /* copies that the fields above point to */
};

void outbox_init(struct outbox *outbox)
{
    memset(outbox, 0, sizeof *outbox);
    outbox->end = &outbox->first;
}

static void outbox_drop_first(struct outbox *outbox)
{
    struct outbox_packet *packet = outbox->first;

    outbox->first = packet->next;
    if (outbox->first == NULL) {
        outbox->end = &outbox->first;
    }
    outbox->count--;
    free(packet);
}

void outbox_free(struct outbox *outbox)
{
    while (outbox->first != NULL) {
        outbox_drop_first(outbox);
    }
}

/* ---- adding ------------------------------------------------------------------------ */

/* Null when silent, or without memory. */
static struct outbox_packet *outbox_add(struct outbox *outbox, uint8_t type,
                                        size_t text_len)
{
    struct outbox_packet *packet;

    if (outbox->silent) {
        return NULL;
    }
    packet = calloc(1, sizeof *packet + text_len);
    if (packet == NULL) {
        outbox->failed = true;
        return NULL;
    }
    packet->type = type;
    packet->not_before_ms = outbox->not_before_ms;
    *outbox->end = packet;
    outbox->end = &packet->next;
    outbox->count++;
    return packet;
}

void outbox_connack(struct outbox *outbox, uint8_t code)
{
    struct outbox_packet *packet = outbox_add(outbox, DPS_MQTT_CONNACK, 0);

    if (packet != NULL) {
        packet->code = code;
    }
}

void outbox_suback(struct outbox *outbox, struct dps_bytes codes,
                   uint16_t packet_identifier)
{
    struct outbox_packet *packet = outbox_add(outbox, DPS_MQTT_SUBACK, codes.len);

    if (packet != NULL) {
        memcpy(packet->text, codes.at, codes.len);
        packet->codes.at = packet->text;
        packet->codes.len = codes.len;
        packet->packet_identifier = packet_identifier;
    }
}

/* A packet that is its identifier and nothing else. */
static void outbox_acknowledge(struct outbox *outbox, uint8_t type,
                               uint16_t packet_identifier)
{
    struct outbox_packet *packet = outbox_add(outbox, type, 0);

    if (packet != NULL) {
        packet->packet_identifier = packet_identifier;
    }
}

void outbox_puback(struct outbox *outbox, uint16_t packet_identifier)
{
    outbox_acknowledge(outbox, DPS_MQTT_PUBACK, packet_identifier);
}

void outbox_pubcomp(struct outbox *outbox, uint16_t packet_identifier)
{
    outbox_acknowledge(outbox, DPS_MQTT_PUBCOMP, packet_identifier);
}

void outbox_unsuback(struct outbox *outbox, uint16_t packet_identifier)
{
    outbox_acknowledge(outbox, DPS_MQTT_UNSUBACK, packet_identifier);
}

void outbox_pingresp(struct outbox *outbox)
{
    outbox_add(outbox, DPS_MQTT_PINGRESP, 0);
}

/* Copies `text` to `*to`, and moves that on. */
static struct dps_bytes outbox_copy(uint8_t **to, const char *text)
{
    struct dps_bytes bytes = { *to, strlen(text) };

    memcpy(*to, text, bytes.len);
    *to += bytes.len;
    return bytes;
}

void outbox_publish(struct outbox *outbox, const char *topic, const char *start,
                    struct dps_bytes middle, const char *end, uint8_t qos)
{
    struct outbox_packet *packet = outbox_add(
        outbox, DPS_MQTT_PUBLISH, strlen(topic) + strlen(start) + strlen(end));
    uint8_t *text;

    if (packet == NULL) {
        return;
    }
    text = packet->text;
    packet->publish.topic = outbox_copy(&text, topic);
    packet->publish.payload[0] = outbox_copy(&text, start);
    packet->publish.payload[1] = middle;
    packet->publish.payload[2] = outbox_copy(&text, end);
    packet->publish.qos = qos;
}

void outbox_delay(struct outbox *outbox, uint64_t until_ms)
{
    outbox->not_before_ms = until_ms;
}

void outbox_silence(struct outbox *outbox)
{
    outbox->silent = true;
}

/* ---- packet identifiers [MQTT-2.3.1-4] --------------------------------------------- */

static uint16_t outbox_take_identifier(struct outbox *outbox)
{
    unsigned i = 0;

    while (((unsigned)outbox->in_flight >> i & 1u) != 0) {
        i++; /* < OUTBOX_IDENTIFIERS: outbox_waits_for_puback() was asked */
    }
    outbox->in_flight = (uint16_t)(outbox->in_flight | 1u << i);
    return (uint16_t)(OUTBOX_FIRST_IDENTIFIER + i);
}

void outbox_acknowledged(struct outbox *outbox, uint16_t packet_identifier)
{
    unsigned i = (unsigned)packet_identifier - OUTBOX_FIRST_IDENTIFIER;

    if (i < OUTBOX_IDENTIFIERS) {
        outbox->in_flight = (uint16_t)(outbox->in_flight & ~(1u << i));
    }
}

bool outbox_waits_for_puback(const struct outbox *outbox)
{
    const struct outbox_packet *packet = outbox->first;

    return packet != NULL && packet->type == DPS_MQTT_PUBLISH && packet->publish.qos != 0
           && !packet->begun && outbox->in_flight == UINT16_MAX;
}

/* ---- sending ----------------------------------------------------------------------- */

static void outbox_begin(struct outbox *outbox, struct outbox_packet *packet)
{
    dps_mqtt_writer_init(&packet->writer);
    packet->begun = 1;
    switch (packet->type) {
    case DPS_MQTT_CONNACK:
        dps_mqtt_write_connack(&packet->writer, 0, packet->code);
        break;
    case DPS_MQTT_SUBACK:
        dps_mqtt_write_suback(&packet->writer, packet->codes, packet->packet_identifier);
        break;
    case DPS_MQTT_PUBACK:
        dps_mqtt_write_puback(&packet->writer, packet->packet_identifier);
        break;
    case DPS_MQTT_PUBCOMP:
        dps_mqtt_write_pubcomp(&packet->writer, packet->packet_identifier);
        break;
    case DPS_MQTT_UNSUBACK:
        dps_mqtt_write_unsuback(&packet->writer, packet->packet_identifier);
        break;
    case DPS_MQTT_PUBLISH:
        if (packet->publish.qos != 0) {
            packet->packet_identifier = outbox_take_identifier(outbox);
        }
        if (dps_mqtt_write_publish(&packet->writer, &packet->publish, 0,
                                   packet->packet_identifier)
            != DPS_MQTT_OK) {
            outbox->failed = true; /* a payload over 256 MB */
        }
        break;
    case DPS_MQTT_PINGRESP:
    default:
        dps_mqtt_write_pingresp(&packet->writer);
        break;
    }
}

const uint8_t *outbox_output(struct outbox *outbox, uint64_t now_ms, size_t *len)
{
    while (outbox->first != NULL && outbox->first->not_before_ms <= now_ms
           && !outbox_waits_for_puback(outbox)) {
        struct outbox_packet *packet = outbox->first;
        const uint8_t *at;

        if (!packet->begun) {
            outbox_begin(outbox, packet);
        }
        at = dps_mqtt_writer_output(&packet->writer, len);
        if (at != NULL) {
            return at;
        }
        outbox_drop_first(outbox);
    }
    return NULL;
}

void outbox_sent(struct outbox *outbox, size_t len)
{
    dps_mqtt_writer_sent(&outbox->first->writer, len);
}

bool outbox_is_empty(const struct outbox *outbox)
{
    return outbox->first == NULL;
}

uint64_t outbox_due_ms(const struct outbox *outbox)
{
    return outbox->first == NULL || outbox_waits_for_puback(outbox)
               ? UINT64_MAX
               : outbox->first->not_before_ms;
}
