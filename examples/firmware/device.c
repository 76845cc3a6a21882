/* SPDX-License-Identifier: MIT
 *
 * The identity: the emulator's demo device, whose key is public.
 *
 * Your board: each device has its own registration ID and its own key, written when it is
 * made into flash that a debugger cannot read, or into a secure element; see
 * docs/porting.md. The host is "global.azure-devices-provisioning.net". The anchors come
 * from anchors.c, which the Makefile makes from a PEM file. */
#include "device.h"

const char device_host[] = "localhost";
const char device_id_scope[] = "0ne00000000";
const char device_registration_id[] = "demo-device";
const uint8_t device_key[32] = "tinydps demo key, not a secret!!"; /* without its NUL */
