/* SPDX-License-Identifier: MIT
 *
 * Text in a bounded buffer. The comparison is against what is left, which cannot wrap:
 * `len <= cap` holds from the start and after each call. */
#include <string.h>

#include "dps/inner.h"

void dps_text_append(struct dps_text *text, const char *from, size_t len)
{
    if (len > text->cap - text->len) {
        text->too_long = 1;
        return;
    }
    memcpy(text->at + text->len, from, len);
    text->len += len;
}

void dps_text_string(struct dps_text *text, const char *from)
{
    dps_text_append(text, from, strlen(from));
}

void dps_text_decimal(struct dps_text *text, uint32_t number)
{
    char digits[10]; /* 4294967295 */
    size_t first = sizeof digits;

    do {
        digits[--first] = (char)('0' + number % 10);
        number /= 10;
    } while (number != 0);
    dps_text_append(text, digits + first, sizeof digits - first);
}

int dps_text_is(const char *text, size_t len, const char *word)
{
    size_t i;

    for (i = 0; i < len; i++) {
        unsigned byte = (unsigned char)text[i];

        if (byte - 'A' < 26u) {
            byte += 'a' - 'A';
        }
        if (byte == 0 || byte != (unsigned char)word[i]) { /* 0: word ends at its own */
            return 0;
        }
    }
    return word[len] == '\0';
}
