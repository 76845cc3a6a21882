/* SPDX-License-Identifier: MIT
 *
 * Every value of enum dps_mqtt_error in words, and the rule behind it; the names of the
 * packets. A file of its own: what never prints never links it. */
#include "mqtt/packet.h"

static const struct text_row {
    uint8_t error;
    const char *rule;
    const char *text;
} text_rows[] = {
    { DPS_MQTT_OK, "", "no error" },

    { DPS_MQTT_ERR_STATE, "MQTT-3.1.0-1", "the session is not connected, or is already" },
    { DPS_MQTT_ERR_BUSY, "", "another packet is still on its way out" },
    { DPS_MQTT_ERR_IN_FLIGHT_FULL, "",
      "as many messages wait for their acknowledgement as there are slots" },
    { DPS_MQTT_ERR_STRING_LENGTH, "MQTT 1.5.3", "a field is longer than 65,535 bytes" },
    { DPS_MQTT_ERR_PACKET_LENGTH, "MQTT 2.2.3",
      "the packet is longer than 268,435,455 bytes" },
    { DPS_MQTT_ERR_STRING_UTF8, "MQTT-1.5.3-1", "a string is not UTF-8" },
    { DPS_MQTT_ERR_STRING_NUL, "MQTT-1.5.3-2", "a string holds the character U+0000" },
    { DPS_MQTT_ERR_TOPIC_EMPTY, "MQTT-4.7.3-1", "a topic name or topic filter is empty" },
    { DPS_MQTT_ERR_TOPIC_WILDCARD, "MQTT-3.3.2-2", "a topic name holds '+' or '#'" },
    { DPS_MQTT_ERR_FILTER_WILDCARD, "MQTT-4.7.1-2",
      "a wildcard in a topic filter does not fill its level, or '#' is not the last" },
    { DPS_MQTT_ERR_FILTERS_NONE, "MQTT-3.8.3-3",
      "a SUBSCRIBE or UNSUBSCRIBE needs a topic filter" },
    { DPS_MQTT_ERR_QOS_VALUE, "MQTT-3.3.1-4",
      "a QoS is not 0, 1 or, of a session with a store, 2" },
    { DPS_MQTT_ERR_CLIENT_ID, "MQTT-3.1.3-7",
      "an empty client identifier needs CleanSession 1" },
    { DPS_MQTT_ERR_PASSWORD_ALONE, "MQTT-3.1.2-22", "a password needs a user name" },
    { DPS_MQTT_ERR_STORE_FULL, "", "the store has no room for the message" },

    { DPS_MQTT_ERR_PACKET_TYPE, "MQTT 2.2.1", "the packet type is 0 or 15" },
    { DPS_MQTT_ERR_DIRECTION, "MQTT 2.2.1", "this packet is not sent in this direction" },
    { DPS_MQTT_ERR_UNSUPPORTED, "MQTT-3.8.4-6",
      "a message of QoS 2 came, and none was subscribed to" },
    { DPS_MQTT_ERR_FLAGS, "MQTT-2.2.2-2", "a reserved flag bit of the fixed header" },
    { DPS_MQTT_ERR_QOS_RESERVED, "MQTT-3.3.1-4", "both QoS bits of a PUBLISH are set" },
    { DPS_MQTT_ERR_DUP_QOS_0, "MQTT-3.3.1-2", "DUP is set on a PUBLISH of QoS 0" },
    { DPS_MQTT_ERR_REMAINING_LENGTH, "MQTT 2.2.3",
      "the remaining length has more than four bytes" },
    { DPS_MQTT_ERR_BODY_LENGTH, "MQTT 2.2.3",
      "the remaining length is not one that this packet type can have" },
    { DPS_MQTT_ERR_BODY_TOO_LONG, "",
      "the packet is longer than the head buffer of this side" },
    { DPS_MQTT_ERR_TOPIC_TOO_LONG, "",
      "the topic name is longer than the head buffer of this side" },
    { DPS_MQTT_ERR_PAYLOAD_TOO_LONG, "",
      "the payload is longer than the limit of this side" },
    { DPS_MQTT_ERR_FIELD_LENGTH, "MQTT 1.5.3",
      "a field reaches past the end of its packet" },
    { DPS_MQTT_ERR_FIELD_LEFT_OVER, "MQTT 3.1.3",
      "bytes are left behind the last field" },
    { DPS_MQTT_ERR_UTF8, "MQTT-1.5.3-1", "a string is not UTF-8" },
    { DPS_MQTT_ERR_NUL, "MQTT-1.5.3-2", "a string holds the character U+0000" },
    { DPS_MQTT_ERR_TOPIC_NAME_EMPTY, "MQTT-4.7.3-1",
      "a topic name or topic filter is empty" },
    { DPS_MQTT_ERR_TOPIC_NAME_WILDCARD, "MQTT-3.3.2-2", "a topic name holds '+' or '#'" },
    { DPS_MQTT_ERR_TOPIC_FILTER_WILDCARD, "MQTT-4.7.1-2",
      "a wildcard in a topic filter does not fill its level, or '#' is not the last" },
    { DPS_MQTT_ERR_PACKET_IDENTIFIER, "MQTT-2.3.1-1", "the packet identifier is 0" },
    { DPS_MQTT_ERR_CONNACK_FLAGS, "MQTT 3.2.2.1",
      "a reserved bit of the Connect Acknowledge Flags" },
    { DPS_MQTT_ERR_SESSION_PRESENT_REFUSED, "MQTT-3.2.2-4",
      "Session Present is set in a CONNACK that refuses" },
    { DPS_MQTT_ERR_SESSION_PRESENT_CLEAN, "MQTT-3.2.2-1",
      "Session Present is set although CleanSession was 1" },
    { DPS_MQTT_ERR_CONNACK_FIRST, "MQTT-3.2.0-1", "the first packet was not CONNACK" },
    { DPS_MQTT_ERR_CONNACK_AGAIN, "MQTT 3.2", "a CONNACK that no CONNECT asked for" },
    { DPS_MQTT_ERR_SUBACK_CODE, "MQTT-3.9.3-2", "a SUBACK return code that is reserved" },
    { DPS_MQTT_ERR_SUBACK_COUNT, "MQTT-3.8.4-5",
      "a SUBACK without exactly one return code a topic filter" },
    { DPS_MQTT_ERR_PROTOCOL_NAME, "MQTT-3.1.2-1", "the protocol name is not MQTT" },
    { DPS_MQTT_ERR_PROTOCOL_LEVEL, "MQTT-3.1.2-2", "the protocol level is not 4" },
    { DPS_MQTT_ERR_CONNECT_FLAGS, "MQTT-3.1.2-3",
      "the reserved bit of the Connect Flags" },
    { DPS_MQTT_ERR_WILL_FLAGS, "MQTT-3.1.2-11",
      "will QoS or will retain without the will flag" },
    { DPS_MQTT_ERR_WILL_QOS, "MQTT-3.1.2-14", "the will QoS is 3" },
    { DPS_MQTT_ERR_PASSWORD_FLAG, "MQTT-3.1.2-22", "a password without a user name" },
    { DPS_MQTT_ERR_SUBSCRIBE_EMPTY, "MQTT-3.8.3-3",
      "a SUBSCRIBE without a topic filter" },
    { DPS_MQTT_ERR_SUBSCRIBE_QOS, "MQTT-3.8.3-4",
      "a requested QoS is not 0, 1 or 2, or has a reserved bit" },
    { DPS_MQTT_ERR_UNSUBSCRIBE_EMPTY, "MQTT-3.10.3-2",
      "an UNSUBSCRIBE without a topic filter" },
    { DPS_MQTT_ERR_ACKS_FULL, "",
      "more messages to acknowledge came in one TLS record than there are slots, and one "
      "buffer serves both directions: raise DPS_MQTT_ACKS or give TLS a second buffer" },
    { DPS_MQTT_ERR_STORE_FAILED, "MQTT-4.8.0-2",
      "the store of unacknowledged messages cannot keep what this connection needs" },

    { DPS_MQTT_ERR_REFUSED_LEVEL, "MQTT 3.2.2.3",
      "CONNACK 1: unacceptable protocol level" },
    { DPS_MQTT_ERR_REFUSED_CLIENT_ID, "MQTT 3.2.2.3",
      "CONNACK 2: client identifier rejected" },
    { DPS_MQTT_ERR_REFUSED_UNAVAILABLE, "MQTT 3.2.2.3", "CONNACK 3: server unavailable" },
    { DPS_MQTT_ERR_REFUSED_CREDENTIALS, "MQTT 3.2.2.3",
      "CONNACK 4: bad user name or password" },
    { DPS_MQTT_ERR_REFUSED_UNAUTHORIZED, "MQTT 3.2.2.3", "CONNACK 5: not authorized" },
    { DPS_MQTT_ERR_REFUSED_RESERVED, "MQTT 3.2.2.3",
      "CONNACK refuses with a reserved return code" },
    { DPS_MQTT_ERR_SUBSCRIPTION_REFUSED, "MQTT 3.9.3",
      "SUBACK refuses the topic filter" },

    { DPS_MQTT_ERR_NO_CONNACK, "MQTT 3.2", "CONNECT was not answered in time" },
    { DPS_MQTT_ERR_NO_ANSWER, "MQTT-3.8.4-1",
      "SUBSCRIBE, UNSUBSCRIBE or PUBLISH was not acknowledged in time" },
    { DPS_MQTT_ERR_NO_PINGRESP, "MQTT-3.12.4-1", "PINGREQ was not answered in time" },
    { DPS_MQTT_ERR_CLOSED, "", "the peer closed the connection" },
};

enum { TEXT_ROWS = sizeof text_rows / sizeof text_rows[0] };

static const struct text_row *text_find(enum dps_mqtt_error error)
{
    static const struct text_row unknown = { 0, "", "unknown error" };
    unsigned i;

    for (i = 0; i < TEXT_ROWS; i++) {
        if (text_rows[i].error == (unsigned)error) {
            return &text_rows[i];
        }
    }
    return &unknown;
}

const char *dps_mqtt_error_text(enum dps_mqtt_error error)
{
    return text_find(error)->text;
}

const char *dps_mqtt_error_rule(enum dps_mqtt_error error)
{
    return text_find(error)->rule;
}

const char *dps_mqtt_packet_name(unsigned type)
{
    static const char *const name[] = {
        "",        "CONNECT",   "CONNACK", "PUBLISH",     "PUBACK",
        "PUBREC",  "PUBREL",    "PUBCOMP", "SUBSCRIBE",   "SUBACK",
        "UNSUBSCRIBE", "UNSUBACK", "PINGREQ", "PINGRESP", "DISCONNECT",
    };

    return type < sizeof name / sizeof name[0] ? name[type] : "";
}
