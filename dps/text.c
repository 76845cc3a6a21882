/* SPDX-License-Identifier: MIT
 *
 * Text in a bounded buffer. The comparison is against what is left, which cannot wrap:
 * `len <= cap` holds from the start and after each call. */
#include <string.h>

#include "dps/inner.h"

void dps_text_string(struct dps_text *text, const char *from)
{
    size_t len = strlen(from);

    if (len > text->cap - text->len) {
        text->too_long = 1;
        return;
    }
    memcpy(text->at + text->len, from, len);
    text->len += len;
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

size_t dps_text_span(const char *text, const char *more)
{
    size_t n = 0;

    for (;;) {
        unsigned byte = (unsigned char)text[n];

        if (byte == '\0'
            || ((byte | 0x20) - 'a' >= 26u && byte - '0' >= 10u
                && strchr(more, (int)byte) == NULL)) {
            return n;
        }
        n++;
    }
}

size_t dps_text_begins(const uint8_t *text, size_t len, const char *word)
{
    size_t n;

    for (n = 0; word[n] != '\0'; n++) {
        unsigned byte = n < len ? text[n] : '\0';

        if (byte - 'A' < 26u) {
            byte += 'a' - 'A';
        }
        if (byte != (unsigned char)word[n]) {
            return 0;
        }
    }
    return n;
}
