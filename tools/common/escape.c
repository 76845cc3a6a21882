/* SPDX-License-Identifier: MIT
 *
 * Bytes to harmless text: one character is looked at, it passes or each of its bytes is
 * written as \xNN; then the next one. */
#include "tools/common/escape.h"

#include <string.h>

#include "mqtt/utf8.h"

/* One byte as \xNN. */
enum { ESCAPE_LEN = 4, ESCAPE_CHARACTER_MAX = 4 };

/* Code points that move the cursor, end the line or turn the writing round. */
static const struct escape_range {
    uint32_t first, last;
} escape_ranges[] = {
    { 0x00, 0x1f },     /* C0 */
    { 0x7f, 0x9f },     /* DEL, C1 */
    { 0x061c, 0x061c }, /* Arabic letter mark */
    { 0x200e, 0x200f }, /* left-to-right and right-to-left mark */
    { 0x2028, 0x202e }, /* line and paragraph separator, bidirectional embedding */
    { 0x2066, 0x2069 }, /* bidirectional isolates (Unicode Annex 9) */
};

size_t escape_character(const uint8_t *at, size_t len, uint32_t *code_point)
{
    struct dps_utf8 utf8 = { 0 };
    size_t n = 0;
    uint32_t value = 0;

    do {
        if (n == len || !dps_utf8_byte(&utf8, at[n])) {
            return 0;
        }
        value = value << 6 | (at[n] & (n != 0 ? 0x3fu : 0x7fu));
        n++;
    } while (utf8.before >= DPS_UTF8_LEAD);
    /* Without the marks of the lead byte a character of n bytes has 5 n + 1 bits, but 7
     * when it stands alone (RFC 3629 3). */
    *code_point = n == 1 ? value : value & (((uint32_t)1 << (5 * n + 1)) - 1);
    return n;
}

int escape_is_harmless(uint32_t code_point)
{
    size_t i;

    for (i = 0; i < sizeof escape_ranges / sizeof escape_ranges[0]; i++) {
        if (code_point >= escape_ranges[i].first && code_point <= escape_ranges[i].last) {
            return 0;
        }
    }
    return 1;
}

/* Writes the first character of `data` into `out`, escaped where it must be, and says in
 * `taken` how many bytes it had. A byte that begins no character stands alone. */
static size_t escape_one(char out[ESCAPE_LEN * ESCAPE_CHARACTER_MAX], const uint8_t *data,
                         size_t len, size_t *taken)
{
    static const char digits[] = "0123456789abcdef";
    uint32_t code_point = 0;
    size_t n = escape_character(data, len, &code_point);
    size_t i;

    if (n != 0 && escape_is_harmless(code_point)) {
        memcpy(out, data, n);
        *taken = n;
        return n;
    }
    *taken = n == 0 ? 1 : n;
    for (i = 0; i < *taken; i++) {
        out[ESCAPE_LEN * i] = '\\';
        out[ESCAPE_LEN * i + 1] = 'x';
        out[ESCAPE_LEN * i + 2] = digits[data[i] >> 4];
        out[ESCAPE_LEN * i + 3] = digits[data[i] & 15];
    }
    return ESCAPE_LEN * *taken;
}

void escape_print(FILE *out, const void *data, size_t len)
{
    const uint8_t *at = data;
    char piece[ESCAPE_LEN * ESCAPE_CHARACTER_MAX];
    size_t taken;

    while (len != 0) {
        size_t n = escape_one(piece, at, len, &taken);

        fwrite(piece, 1, n, out);
        at += taken;
        len -= taken;
    }
}

char *escape_text(char *text, size_t cap, const void *data, size_t len)
{
    static const char cut[] = "...";
    const uint8_t *at = data;
    char piece[ESCAPE_LEN * ESCAPE_CHARACTER_MAX];
    size_t used = 0, safe = 0, taken;

    while (len != 0) {
        size_t n = escape_one(piece, at, len, &taken);

        if (n >= cap - used) { /* used < cap; the NUL needs a byte too */
            memcpy(text + safe, cut, sizeof cut);
            return text;
        }
        memcpy(text + used, piece, n);
        used += n;
        at += taken;
        len -= taken;
        if (cap - used >= sizeof cut) {
            safe = used; /* up to here, "..." would still fit */
        }
    }
    text[used] = '\0';
    return text;
}
