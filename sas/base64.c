/* SPDX-License-Identifier: MIT
 *
 * base64, RFC 4648 section 4. Three bytes are 24 bits, and these are four characters, six
 * bits each from the high end. A last group of one or two bytes is two or three
 * characters and '='. Decoding gathers six bits a character and lets a byte go as soon as
 * it is full.
 *
 * Keys pass through here, so a character is translated by comparing it with all five
 * ranges of the alphabet, without a branch or an index that depends on it. */
#include "sas/base64.h"

#include "sas/wipe.h"

/* Table 1 of the RFC as five ranges, each a run of characters and a run of values. */
enum { BASE64_CHARACTER, BASE64_VALUE, BASE64_COUNT };

static const uint8_t base64_ranges[5][3] = {
    { 'A', 0, 26 }, { 'a', 26, 26 }, { '0', 52, 10 }, { '+', 62, 1 }, { '/', 63, 1 },
};

/* Translates `x` from one column to the other; UINT_MAX when it is in no range. `n` less
 * the count is below 0, and wraps into the bits above the low eight, just when n is in
 * the range; so the shift makes a mask of it. `found` is the result plus 1, 0 is none. */
static unsigned base64_translate(unsigned x, unsigned from, unsigned to)
{
    unsigned found = 0;

    for (size_t i = 0; i < sizeof base64_ranges / sizeof base64_ranges[0]; i++) {
        const uint8_t *range = base64_ranges[i];
        unsigned n = (x - range[from]) & 0xffu;

        found |= ((n - range[BASE64_COUNT]) >> 8) & (n + range[to] + 1);
    }
    return found - 1;
}

int dps_base64_encode(char *out, size_t cap, const uint8_t *data, size_t len)
{
    size_t done = 0;
    uint32_t bits = 0; /* the low `count` of them are not written yet */
    unsigned count = 0;

    if (len > cap / 4 * 3) {
        return DPS_BASE64_TOO_LONG;
    }
    for (; len != 0; len--) {
        bits = bits << 8 | *data++;
        for (count += 8; count >= 6;) {
            count -= 6;
            out[done++] = (char)base64_translate(bits >> count & 63u, BASE64_VALUE,
                                                 BASE64_CHARACTER);
        }
    }
    if (count != 0) { /* the two or four bits left over, and zeros */
        out[done++] = (char)base64_translate(bits << (6 - count) & 63u, BASE64_VALUE,
                                             BASE64_CHARACTER);
    }
    while (done % 4 != 0) {
        out[done++] = '=';
    }
    return (int)done;
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
        unsigned value =
            base64_translate((unsigned char)text[i], BASE64_CHARACTER, BASE64_VALUE);

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
