/* SPDX-License-Identifier: MIT
 *
 * An assert for loops: Check's own write a line each time, which no sweep can afford. */
#ifndef TESTS_UNIT_MQTT_MUST_H
#define TESTS_UNIT_MQTT_MUST_H

#include <check.h>

#define MUST(condition)                                                                  \
    do {                                                                                 \
        if (!(condition)) {                                                              \
            ck_abort_msg("%s", #condition);                                              \
        }                                                                                \
    } while (0)

#endif
