/* SPDX-License-Identifier: MIT
 *
 * The suite's two parts, and bytes as they are written in both. */
#ifndef TESTS_UNIT_MQTT_EXHAUSTIVE_TESTS_H
#define TESTS_UNIT_MQTT_EXHAUSTIVE_TESTS_H

#include <check.h>
#include <stdint.h>

/* A string literal as a struct dps_bytes. */
#define BYTES(literal)                                                                   \
    {                                                                                    \
        (const uint8_t *)(literal), sizeof(literal) - 1                                  \
    }

TCase *mqtt_exhaustive_cases(void);
TCase *mqtt_split_cases(void);

#endif
