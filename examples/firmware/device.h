/* SPDX-License-Identifier: MIT
 *
 * Who the device is, and whom it trusts. */
#ifndef DEVICE_H
#define DEVICE_H

#include <bearssl.h>

extern const char device_host[], device_id_scope[], device_registration_id[];
extern const uint8_t device_key[32];

/** The emulator's one root. */
enum { DEVICE_ANCHORS = 1 };
extern const br_x509_trust_anchor device_anchors[DEVICE_ANCHORS];

#endif
