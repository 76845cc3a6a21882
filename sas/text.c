/* SPDX-License-Identifier: MIT
 *
 * Text in a bounded buffer, a byte at a time: each finds its room, or there is none left
 * for what follows either. */
#include "sas/text.h"

#include <string.h>

/* Setting bit 5 folds the upper-case letters onto the lower-case ones and nothing else
 * onto them. */
static int text_is_among(unsigned char byte, const char *more)
{
    return (byte | 0x20u) - 'a' < 26u || (unsigned)byte - '0' < 10u
           || (byte != '\0' && strchr(more, byte) != NULL);
}

size_t dps_text_span(const char *from, const char *more)
{
    size_t n = 0;

    while (text_is_among((unsigned char)from[n], more)) {
        n++;
    }
    return n;
}

static void text_byte(struct dps_text *text, unsigned byte)
{
    if (text->at != text->end) {
        *text->at++ = (char)byte;
    }
}

void dps_text_string(struct dps_text *text, const char *from)
{
    while (*from != '\0') {
        text_byte(text, (unsigned char)*from++);
    }
}

static void text_hex(struct dps_text *text, unsigned value)
{
    text_byte(text, value < 10 ? '0' + value : 'A' - 10 + value);
}

void dps_text_percent(struct dps_text *text, const char *from)
{
    while (*from != '\0') {
        unsigned char byte = (unsigned char)*from++;

        if (text_is_among(byte, "-._~")) { /* unreserved (RFC 3986 2.3) */
            text_byte(text, byte);
        } else {
            text_byte(text, '%');
            text_hex(text, byte >> 4);
            text_hex(text, byte & 15u);
        }
    }
}

void dps_text_decimal(struct dps_text *text, uint32_t number)
{
    char digits[11]; /* 4294967295 */
    char *first = digits + sizeof digits - 1;

    *first = '\0';
    do {
        *--first = (char)('0' + number % 10);
        number /= 10;
    } while (number != 0);
    dps_text_string(text, first);
}
