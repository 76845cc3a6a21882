/* SPDX-License-Identifier: MIT
 *
 * Well-formed UTF-8, a byte at a time: no surrogates, no overlong forms, nothing
 * above U+10FFFF (RFC 3629 section 4, Unicode Table 3-7). The state is one byte, so
 * text may be checked as it streams.
 *
 *     struct dps_utf8 utf8 = { 0 };
 *     for (i = 0; i < len && dps_utf8_byte(&utf8, text[i]); i++) { }
 *     well_formed = i == len && utf8.before < DPS_UTF8_LEAD;
 */
#ifndef DPS_MQTT_UTF8_H
#define DPS_MQTT_UTF8_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Zero, or any ASCII character: between two characters. */
struct dps_utf8 {
    uint8_t before; /* the byte before, when it was ASCII; from DPS_UTF8_LEAD on inside a
                     * character, whose rest is as long as that of one with this lead */
};

enum { DPS_UTF8_LEAD = 0xc0 };

/** Takes one byte; returns 1, or 0 when no character can go on so. */
int dps_utf8_byte(struct dps_utf8 *utf8, uint8_t byte);

/** Whether `len` bytes are whole, well-formed characters; none are. */
int dps_utf8_is_well_formed(const uint8_t *text, size_t len);

#ifdef __cplusplus
}
#endif

#endif
