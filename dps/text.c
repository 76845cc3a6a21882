/* SPDX-License-Identifier: MIT
 *
 * What a text of the service's begins with. */
#include "dps/inner.h"

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
