/* SPDX-License-Identifier: MIT
 *
 * base64, both ways. The input is a text: the library and a model that is slow and
 * obvious must agree whether it is base64 and what it says, and what is accepted must
 * encode to the very same text. The input is also bytes: encoded, they must be a text
 * that the model reads back. Every buffer is a heap block of just the size needed. */
#include "sas/base64.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void *block(size_t size)
{
    void *at = malloc(size + (size == 0));

    if (at == NULL) {
        abort();
    }
    return at;
}

/* The bit at `position` of the text's bits, six a character; -1: not a character. */
static int model_bit(const uint8_t *text, size_t position)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                   "abcdefghijklmnopqrstuvwxyz0123456789+/";
    const void *at = memchr(alphabet, text[position / 6], 64);

    if (at == NULL) {
        return -1;
    }
    return (int)((const char *)at - alphabet) >> (5 - position % 6) & 1;
}

/* RFC 4648 section 4, bit by bit. Returns the bytes written to `out`, or -1. */
static int model_decode(uint8_t *out, const uint8_t *text, size_t len)
{
    size_t characters = len;
    size_t bytes;

    while (characters != 0 && text[characters - 1] == '=') {
        characters--;
    }
    bytes = characters * 6 / 8;
    if (len % 4 != 0 || len - characters > 2 || (bytes + 2) / 3 * 4 != len) {
        return -1;
    }
    memset(out, 0, bytes);
    for (size_t i = 0; i < characters * 6; i++) {
        int bit = model_bit(text, i);

        if (bit < 0 || (i >= bytes * 8 && bit != 0)) {
            return -1;
        }
        if (i < bytes * 8) {
            out[i / 8] |= (uint8_t)(bit << (7 - i % 8));
        }
    }
    return (int)bytes;
}

static void as_text(const uint8_t *data, size_t size)
{
    uint8_t *wanted = block(size);
    int n = model_decode(wanted, data, size);
    size_t cap = n < 0 ? size : (size_t)n;
    uint8_t *decoded = block(cap);
    char *text = block(size);

    if (dps_base64_decode(decoded, cap, (const char *)data, size)
        != (n < 0 ? DPS_BASE64_BAD : n)) {
        abort();
    }
    if (n >= 0) {
        if (memcmp(decoded, wanted, cap) != 0
            || dps_base64_encode(text, size, decoded, cap) != (int)size
            || memcmp(text, data, size) != 0) {
            abort();
        }
    }
    if (n > 0
        && dps_base64_decode(decoded, cap - 1, (const char *)data, size)
               != DPS_BASE64_TOO_LONG) {
        abort();
    }
    free(text);
    free(decoded);
    free(wanted);
}

static void as_bytes(const uint8_t *data, size_t size)
{
    size_t len = DPS_BASE64_LEN(size);
    char *text = block(len);
    uint8_t *back = block(len);

    if (dps_base64_encode(text, len, data, size) != (int)len
        || model_decode(back, (const uint8_t *)text, len) != (int)size
        || memcmp(back, data, size) != 0) {
        abort();
    }
    if (len != 0 && dps_base64_encode(text, len - 1, data, size) != DPS_BASE64_TOO_LONG) {
        abort();
    }
    free(back);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* libFuzzer may give a null pointer with no bytes; the calls want a real one. */
    uint8_t *copy = block(size);

    if (size != 0) {
        memcpy(copy, data, size);
    }
    as_text(copy, size);
    as_bytes(copy, size);
    free(copy);
    return 0;
}
