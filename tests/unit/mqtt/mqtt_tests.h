/* SPDX-License-Identifier: MIT
 *
 * What the files of this suite share: the golden packets and a way to write bytes. */
#ifndef TESTS_UNIT_MQTT_TESTS_H
#define TESTS_UNIT_MQTT_TESTS_H

#include <check.h>
#include <stdint.h>

#include "mqtt/packet.h"

/* A string literal as bytes and their number. */
#define BYTES(literal) (const uint8_t *)(literal), sizeof(literal) - 1
#define TEXT(literal)                                                                    \
    {                                                                                    \
        (const uint8_t *)(literal), sizeof(literal) - 1                                  \
    }

/* A packet as the standard prints it, in hex, and who reads it. */
struct golden {
    const char *name;
    enum dps_mqtt_role reader;
    const uint8_t *wire;
    size_t len;
};
extern const struct golden golden[];
extern const size_t golden_count;

TCase *mqtt_text_cases(void);
TCase *mqtt_reader_cases(void);
TCase *mqtt_server_cases(void);
TCase *mqtt_writer_cases(void);
TCase *mqtt_vector_cases(void);
TCase *mqtt_filter_cases(void);
TCase *mqtt_session_cases(void);
TCase *mqtt_unsubscribe_cases(void);
TCase *mqtt_delivery_cases(void);
TCase *mqtt_client_cases(void);
TCase *mqtt_half_duplex_cases(void);

#endif
