/* SPDX-License-Identifier: MIT
 *
 * Well-formed UTF-8 after Unicode Table 3-7: the lead byte says how many bytes
 * follow and between which bounds the first of them lies; all others lie in
 * 80..BF. Four leads have bounds of their own, and these are what keeps overlong
 * forms (E0, F0), surrogates (ED) and what is above U+10FFFF (F4) out. */
#include "mqtt/utf8.h"

static const struct utf8_lead {
    uint8_t first, last; /* lead bytes of this row */
    uint8_t missing, min, max;
} utf8_lead[] = {
    { 0x00, 0x7f, 0, 0x00, 0x00 },
    { 0xc2, 0xdf, 1, 0x80, 0xbf },
    { 0xe0, 0xe0, 2, 0xa0, 0xbf },
    { 0xe1, 0xec, 2, 0x80, 0xbf },
    { 0xed, 0xed, 2, 0x80, 0x9f },
    { 0xee, 0xef, 2, 0x80, 0xbf },
    { 0xf0, 0xf0, 3, 0x90, 0xbf },
    { 0xf1, 0xf3, 3, 0x80, 0xbf },
    { 0xf4, 0xf4, 3, 0x80, 0x8f },
};

enum { UTF8_LEADS = sizeof utf8_lead / sizeof utf8_lead[0] };

int dps_utf8_byte(struct dps_utf8 *utf8, uint8_t byte)
{
    size_t i;

    if (utf8->missing != 0) {
        if (byte < utf8->min || byte > utf8->max) {
            return 0;
        }
        utf8->missing--;
        utf8->min = 0x80;
        utf8->max = 0xbf;
        return 1;
    }
    for (i = 0; i < UTF8_LEADS && byte > utf8_lead[i].last; i++) {
    }
    if (i == UTF8_LEADS || byte < utf8_lead[i].first) {
        return 0;
    }
    utf8->missing = utf8_lead[i].missing;
    utf8->min = utf8_lead[i].min;
    utf8->max = utf8_lead[i].max;
    return 1;
}

int dps_utf8_is_well_formed(const uint8_t *text, size_t len)
{
    struct dps_utf8 utf8 = { 0, 0, 0 };
    size_t i;

    for (i = 0; i < len; i++) {
        if (!dps_utf8_byte(&utf8, text[i])) {
            return 0;
        }
    }
    return utf8.missing == 0;
}
