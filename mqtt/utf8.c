/* SPDX-License-Identifier: MIT
 *
 * Well-formed UTF-8 after Unicode Table 3-7: the lead byte says how many bytes
 * follow and between which bounds the first of them lies; all others lie in
 * 80..BF. Four leads have bounds of their own, and these are what keeps overlong
 * forms (E0, F0), surrogates (ED) and what is above U+10FFFF (F4) out. */
#include "mqtt/utf8.h"

int dps_utf8_byte(struct dps_utf8 *utf8, uint8_t byte)
{
    unsigned lead = utf8->lead, min = 0x80, max = 0xbf;

    if (utf8->missing == 0) {
        if (byte < 0x80) {
            return 1;
        }
        utf8->missing = (uint8_t)(1 + (byte >= 0xe0) + (byte >= 0xf0));
        utf8->lead = byte;
        return byte >= 0xc2 && byte <= 0xf4;
    }
    if (lead == 0xe0) {
        min = 0xa0;
    }
    if (lead == 0xed) {
        max = 0x9f;
    }
    if (lead == 0xf0) {
        min = 0x90;
    }
    if (lead == 0xf4) {
        max = 0x8f;
    }
    utf8->missing--;
    utf8->lead = 0;
    return byte >= min && byte <= max;
}

int dps_utf8_is_well_formed(const uint8_t *text, size_t len)
{
    struct dps_utf8 utf8 = { 0, 0 };
    size_t i;

    for (i = 0; i < len; i++) {
        if (!dps_utf8_byte(&utf8, text[i])) {
            return 0;
        }
    }
    return utf8.missing == 0;
}
