/* SPDX-License-Identifier: MIT
 *
 * Packets written down byte by byte from the standard's figures; neither our reader nor
 * our writer had a hand in them. */
#include "tests/unit/mqtt/mqtt_tests.h"

const struct golden golden[] = {
    { "3.1 CONNECT, the least", DPS_MQTT_SERVER,
      BYTES("\x10\x0e\x00\x04MQTT\x04\x02\x00\x3c\x00\x02"
            "c1") },
    { "3.1 CONNECT, every field", DPS_MQTT_SERVER,
      BYTES("\x10\x22\x00\x04MQTT\x04\xee\x00\x3c\x00\x02"
            "c1\x00\x03w/t\x00\x03"
            "bye\x00\x04user\x00\x02\x00\xff") },
    { "3.1 CONNECT, empty client identifier", DPS_MQTT_SERVER,
      BYTES("\x10\x0c\x00\x04MQTT\x04\x02\x00\x3c\x00\x00") },
    { "3.2 CONNACK", DPS_MQTT_CLIENT, BYTES("\x20\x02\x00\x00") },
    { "3.2 CONNACK, Session Present", DPS_MQTT_CLIENT, BYTES("\x20\x02\x01\x00") },
    { "3.2 CONNACK, not authorized", DPS_MQTT_CLIENT, BYTES("\x20\x02\x00\x05") },
    { "3.3 PUBLISH, QoS 0", DPS_MQTT_EITHER,
      BYTES("\x30\x0a\x00\x03"
            "a/bhello") },
    { "3.3 PUBLISH, QoS 0, retain, no payload", DPS_MQTT_EITHER,
      BYTES("\x31\x05\x00\x03"
            "a/b") },
    { "3.3 PUBLISH, QoS 1", DPS_MQTT_EITHER,
      BYTES("\x32\x0c\x00\x03"
            "a/b\x12\x34hello") },
    { "3.3 PUBLISH, QoS 1, DUP", DPS_MQTT_EITHER,
      BYTES("\x3a\x08\x00\x03"
            "a/b\x00\x01x") },
    { "3.3 PUBLISH, QoS 2", DPS_MQTT_EITHER, BYTES("\x34\x06\x00\x01t\xff\xffx") },
    { "1.5.3.1 PUBLISH, a character of four bytes", DPS_MQTT_EITHER,
      BYTES("\x30\x08\x00\x05"
            "A\xf0\xaa\x9b\x94x") },
    { "MQTT-1.5.3-3 PUBLISH, topic begins with U+FEFF", DPS_MQTT_EITHER,
      BYTES("\x30\x07\x00\x04\xef\xbb\xbf"
            "ax") },
    { "3.4 PUBACK", DPS_MQTT_EITHER, BYTES("\x40\x02\x12\x34") },
    { "3.5 PUBREC", DPS_MQTT_EITHER, BYTES("\x50\x02\x12\x34") },
    { "3.6 PUBREL", DPS_MQTT_EITHER, BYTES("\x62\x02\x12\x34") },
    { "3.7 PUBCOMP", DPS_MQTT_EITHER, BYTES("\x70\x02\x12\x34") },
    { "3.8 SUBSCRIBE, one filter", DPS_MQTT_SERVER,
      BYTES("\x82\x08\x00\x01\x00\x03"
            "a/b\x01") },
    { "3.8 SUBSCRIBE, three filters", DPS_MQTT_SERVER,
      BYTES("\x82\x12\x00\x02\x00\x01"
            "a\x00\x00\x03"
            "b/#\x01\x00\x03+/c\x02") },
    { "3.9 SUBACK, one code", DPS_MQTT_CLIENT, BYTES("\x90\x03\x00\x01\x01") },
    { "3.9 SUBACK, all four codes", DPS_MQTT_CLIENT,
      BYTES("\x90\x06\x00\x02\x00\x01\x02\x80") },
    { "3.10 UNSUBSCRIBE, one filter", DPS_MQTT_SERVER,
      BYTES("\xa2\x06\x00\x03\x00\x02zz") },
    { "3.10 UNSUBSCRIBE, two filters", DPS_MQTT_SERVER,
      BYTES("\xa2\x0c\x00\x0a\x00\x03"
            "a/b\x00\x03"
            "c/d") },
    { "3.11 UNSUBACK", DPS_MQTT_CLIENT, BYTES("\xb0\x02\x12\x34") },
    { "3.12 PINGREQ", DPS_MQTT_SERVER, BYTES("\xc0\x00") },
    { "3.13 PINGRESP", DPS_MQTT_CLIENT, BYTES("\xd0\x00") },
    { "3.14 DISCONNECT", DPS_MQTT_SERVER, BYTES("\xe0\x00") },
    { "2.2.3 a remaining length in a longer form", DPS_MQTT_EITHER,
      BYTES("\x30\x84\x80\x80\x00\x00\x01tx") },
};
const size_t golden_count = sizeof golden / sizeof golden[0];
