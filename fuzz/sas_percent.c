/* SPDX-License-Identifier: MIT
 *
 * Percent-encoding: the result holds unreserved characters and upper-case triplets only,
 * says the same bytes, encodes none of the unreserved, and is cut in a byte less. The
 * input ends before its first NUL, if any. */
#include "sas/text.h"

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

/* Encodes into exactly `cap` bytes, which are the caller's to free; how many of them it
 * took. */
static size_t encode(char **out, size_t cap, const char *from)
{
    struct dps_text text;

    *out = malloc(cap + 1);
    if (*out == NULL) {
        abort();
    }
    (*out)[cap] = '#';
    text.at = *out;
    text.end = *out + cap;
    dps_text_percent(&text, from);
    if ((*out)[cap] != '#') {
        abort();
    }
    return (size_t)(text.at - *out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *from = calloc(size + 1, 1);
    char *whole, *cut;
    size_t at = 0, len;

    if (from == NULL) {
        abort();
    }
    if (size != 0) {
        memcpy(from, data, size);
    }
    len = encode(&whole, 3 * size, from);
    for (size_t i = 0; from[i] != '\0'; i++) {
        uint8_t byte = (uint8_t)whole[at];

        if (byte == '%') {
            byte = (uint8_t)(place(hex, 16, whole[at + 1]) << 4
                             | place(hex, 16, whole[at + 2]));
            at += 3;
            if (memchr(unreserved, byte, sizeof unreserved - 1) != NULL) {
                abort();
            }
        } else {
            (void)place(unreserved, sizeof unreserved - 1, (char)byte);
            at++;
        }
        if (byte != (uint8_t)from[i]) {
            abort();
        }
    }
    if (len != at) {
        abort();
    }
    if (at != 0) {
        if (encode(&cut, at - 1, from) != at - 1 || memcmp(cut, whole, at - 1) != 0) {
            abort();
        }
        free(cut);
    }
    free(whole);
    free(from);
    return 0;
}
