/* SPDX-License-Identifier: MIT
 *
 * What only this room's files share. No public header includes it. */
#ifndef DPS_MQTT_INNER_H
#define DPS_MQTT_INNER_H

#include "mqtt/reader.h"

/** What a field is, and with it which rules it must keep. */
enum dps_mqtt_text_kind {
    DPS_MQTT_TEXT_BINARY,      /* none */
    DPS_MQTT_TEXT_STRING,      /* 1.5.3 */
    DPS_MQTT_TEXT_TOPIC_NAME,  /* 4.7: not empty, no wildcard */
    DPS_MQTT_TEXT_TOPIC_FILTER /* 4.7.1: not empty, wildcards where they may stand */
};

/** The first rule that the text breaks: DPS_MQTT_OK, or the value in 32..95 for what a
 * peer sent, DPS_MQTT_ERR_FIELD_LENGTH where two bytes cannot hold the length (of any
 * kind of field). That of our own text lies DPS_MQTT_TEXT_OWN below it. */
enum dps_mqtt_error dps_mqtt_text_check(const uint8_t *text, size_t len,
                                        enum dps_mqtt_text_kind kind);

/* These values stand in both ranges in the same order. */
enum { DPS_MQTT_TEXT_OWN = DPS_MQTT_ERR_UTF8 - DPS_MQTT_ERR_STRING_UTF8 };

/** Where a reader stands, in wire order. */
enum dps_mqtt_reader_state {
    DPS_MQTT_READER_FIRST,  /* between packets */
    DPS_MQTT_READER_LENGTH, /* the remaining length */
    DPS_MQTT_READER_HEAD,   /* gathering, until `payload_total` bytes are left */
    DPS_MQTT_READER_TELLING /* the head is complete */
};

/** Takes a byte in any state but DPS_MQTT_READER_TELLING. Returns DPS_MQTT_OK, or the
 * value in 32..95 of the rule that it breaks: then the reader has failed. */
enum dps_mqtt_error dps_mqtt_head_byte(struct dps_mqtt_reader *reader, uint8_t byte);

#endif
