/* SPDX-License-Identifier: MIT
 *
 * Percent-encoding: the result holds unreserved characters and upper-case triplets only,
 * says the same bytes, encodes none of the unreserved, and fits in no byte less. */
#include "sas/percent.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char unreserved[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                 "0123456789-._~";
static const char hex[] = "0123456789ABCDEF";

/* The place of `c` among the first `len` of `set`; not there: abort. */
static size_t place(const char *set, size_t len, char c)
{
    const char *at = memchr(set, c, len);

    if (at == NULL) {
        abort();
    }
    return (size_t)(at - set);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *room = malloc(3 * size + 1);
    const char *text = size == 0 ? "" : (const char *)data; /* it may be null then */
    char *exact;
    size_t at = 0;
    int n;

    if (room == NULL) {
        abort();
    }
    n = dps_percent_encode(room, 3 * size, text, size);
    for (size_t i = 0; i < size; i++) {
        uint8_t byte = (uint8_t)room[at];

        if (byte == '%') {
            byte = (uint8_t)(place(hex, 16, room[at + 1]) << 4
                             | place(hex, 16, room[at + 2]));
            at += 3;
            if (memchr(unreserved, byte, sizeof unreserved - 1) != NULL) {
                abort();
            }
        } else {
            (void)place(unreserved, sizeof unreserved - 1, (char)byte);
            at++;
        }
        if (byte != data[i]) {
            abort();
        }
    }
    if (n < 0 || (size_t)n != at) {
        abort();
    }
    if (at != 0) {
        exact = malloc(at);
        if (exact == NULL || dps_percent_encode(exact, at, text, size) != n
            || memcmp(exact, room, at) != 0
            || dps_percent_encode(exact, at - 1, text, size) != DPS_PERCENT_TOO_LONG) {
            abort();
        }
        free(exact);
    }
    free(room);
    return 0;
}
