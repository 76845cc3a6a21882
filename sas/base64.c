/* SPDX-License-Identifier: MIT
 *
 * base64, RFC 4648 section 4. Three bytes are 24 bits, and these are four characters, six
 * bits each from the high end. A last group of one or two bytes is two or three
 * characters and '='. Decoding gathers six bits a character and lets a byte go as soon as
 * it is full.
 *
 * Keys pass through here, so a value becomes its character by arithmetic, and a character
 * is looked for among all 64, without a branch or an index that depends on it. */
#include "sas/base64.h"

#include "sas/wipe.h"

/* Table 1 of the RFC, a value to its character: 'A' and on, and past each `last` there is
 * a step (modulo 256) to 'a', '0', '+' and '/'. `last` less a greater value is below 0
 * and wraps into the bits above the low eight, so the shift makes a mask of it. */
static char base64_character(unsigned value)
{
    static const struct {
        uint8_t last, step;
    } range[] = { { 25, 6 }, { 51, 256 - 75 }, { 61, 256 - 15 }, { 62, 3 } };
    unsigned character = 'A' + value;

    for (size_t i = 0; i < sizeof range / sizeof range[0]; i++) {
        character += (range[i].last - value) >> 8 & range[i].step;
    }
    return (char)character;
}

int dps_base64_encode(char *out, size_t cap, const uint8_t *data, size_t len)
{
    size_t i, k;

    if (len > cap / 4 * 3) {
        return DPS_BASE64_TOO_LONG;
    }
    /* Character i is six bits from bit 6 i on, which are in byte k = 6 i / 8 and the
     * next. */
    for (i = 0; (k = i - (i + 3) / 4) < len || i % 4 != 0; i++) {
        if (k < len) {
            unsigned pair = (unsigned)data[k] << 8 | (k + 1 < len ? data[k + 1] : 0u);

            out[i] = base64_character(pair >> (10 - i * 6 % 8) & 63u);
        } else {
            out[i] = '=';
        }
    }
    return (int)i;
}

/* The value whose character it is; above 63: none, a foreign one. No difference, less 1,
 * wraps: a mask again. */
static unsigned base64_value(unsigned character)
{
    unsigned found = 0; /* the value plus 1 */

    for (unsigned value = 0; value < 64; value++) {
        unsigned difference = (unsigned char)base64_character(value) ^ character;

        found |= (difference - 1) >> 8 & (value + 1);
    }
    return found - 1;
}

int dps_base64_decode(uint8_t *out, size_t cap, const char *text, size_t len)
{
    size_t padding = 0;
    size_t done = 0;
    uint32_t bits = 0;    /* of this group */
    unsigned foreign = 0; /* above 63 once a character was */

    if (len % 4 != 0) {
        return DPS_BASE64_BAD;
    }
    /* One or two at the end of the text; any other '=' is a foreign character (3.3). */
    if (len != 0 && text[len - 1] == '=') {
        padding = text[len - 2] == '=' ? 2 : 1;
    }
    if (len / 4 * 3 - padding > cap) {
        return DPS_BASE64_TOO_LONG;
    }
    for (size_t i = 0; i < len - padding; i++) {
        unsigned value = base64_value((unsigned char)text[i]);

        foreign |= value;
        bits = bits << 6 | value;
        if (i % 4 != 0) { /* 12, 18, 24 bits: all but 4, 2, 0 are whole bytes */
            out[done++] = (uint8_t)(bits >> (6 - i % 4 * 2));
        }
    }
    /* 3.5: the two or four bits that padding leaves over must be zero, else many texts
     * would stand for the same bytes. */
    if (foreign > 63 || (bits & ((1u << padding * 2) - 1)) != 0) {
        dps_wipe(out, done);
        return DPS_BASE64_BAD;
    }
    return (int)done;
}
