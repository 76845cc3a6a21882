/* SPDX-License-Identifier: MIT
 *
 * Percent-encoding, a byte at a time: it stands for itself, or becomes three. */
#include "sas/percent.h"

/* unreserved = ALPHA / DIGIT / "-" / "." / "_" / "~" (RFC 3986 2.3). Setting bit 5 folds
 * the upper-case letters onto the lower-case ones and nothing else onto them. */
static int percent_is_unreserved(unsigned char byte)
{
    return (byte | 0x20u) - 'a' < 26u || (unsigned)byte - '0' < 10u || byte == '-'
           || byte == '.' || byte == '_' || byte == '~';
}

static char percent_digit(unsigned value)
{
    return (char)(value < 10 ? '0' + value : 'A' - 10 + value); /* RFC 3986 2.1 */
}

int dps_percent_encode(char *out, size_t cap, const char *text, size_t len)
{
    char *at = out;

    for (; len != 0; len--) {
        unsigned char byte = (unsigned char)*text++;
        size_t need = percent_is_unreserved(byte) ? 1 : 3;

        if (need > cap) {
            return DPS_PERCENT_TOO_LONG;
        }
        cap -= need;
        at[0] = (char)byte;
        if (need == 3) {
            at[0] = '%';
            at[1] = percent_digit(byte >> 4);
            at[2] = percent_digit(byte & 15u);
        }
        at += need;
    }
    return (int)(at - out);
}
