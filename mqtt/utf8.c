/* SPDX-License-Identifier: MIT
 *
 * Well-formed UTF-8 after Unicode Table 3-7: the lead byte says how many bytes
 * follow and between which bounds the first of them lies; all others lie in
 * 80..BF. Four leads have bounds of their own, and these are what keeps overlong
 * forms (E0, F0), surrogates (ED) and what is above U+10FFFF (F4) out.
 *
 * The lead of n bytes begins with n ones. Shifted left it stands for the n - 1 bytes that
 * remain, and with a one moved in it is none of those four. */
#include "mqtt/utf8.h"

int dps_utf8_byte(struct dps_utf8 *utf8, uint8_t byte)
{
    unsigned lead = utf8->before, first = 0x80, last = 0xbf;

    utf8->before = (uint8_t)(2 * lead + 1);
    if (lead < DPS_UTF8_LEAD) {
        utf8->before = byte;
        if (byte < 0x80) {
            return 1;
        }
        first = 0xc2;
        last = 0xf4;
    }
    if (lead == 0xe0) {
        first = 0xa0;
    }
    if (lead == 0xed) {
        last = 0x9f;
    }
    if (lead == 0xf0) {
        first = 0x90;
    }
    if (lead == 0xf4) {
        last = 0x8f;
    }
    return byte - first <= last - first;
}

int dps_utf8_is_well_formed(const uint8_t *text, size_t len)
{
    struct dps_utf8 utf8 = { 0 };
    size_t i;

    for (i = 0; i < len; i++) {
        if (!dps_utf8_byte(&utf8, text[i])) {
            return 0;
        }
    }
    return utf8.before < DPS_UTF8_LEAD;
}
