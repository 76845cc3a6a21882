/* SPDX-License-Identifier: MIT
 *
 * The names of the cipher suites that tls/profile.c offers. */
#ifndef TOOLS_DPS_SUITE_H
#define TOOLS_DPS_SUITE_H

#include <stdint.h>

/** The name of a suite's IANA number, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"; of another
 * one "an unknown suite". */
const char *suite_name(uint16_t number);

#endif
