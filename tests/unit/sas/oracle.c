/* SPDX-License-Identifier: MIT
 *
 * The openssl program through a pipe, and the models. */
#define _POSIX_C_SOURCE 200809L

#include "tests/unit/sas/oracle.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

void oracle_run(const char *command, char *out, size_t cap)
{
    FILE *pipe = popen(command, "r");
    size_t len;

    ck_assert_ptr_nonnull(pipe);
    len = fread(out, 1, cap - 1, pipe);
    out[len] = '\0';
    ck_assert_msg(pclose(pipe) == 0, "failed: %s", command);
}

void oracle_octal(const uint8_t *bytes, size_t len, char *out, size_t cap)
{
    ck_assert_uint_lt(len * 4, cap);
    out[0] = '\0';
    for (size_t i = 0; i < len; i++) {
        snprintf(out + 4 * i, 5, "\\%03o", bytes[i]);
    }
}

void oracle_hmac(const uint8_t *key, size_t key_len, const char *text, char out[64])
{
    char hex[2 * 128 + 1] = "";
    char octal[4 * 600 + 1];
    char command[sizeof hex + sizeof octal + 200];

    ck_assert_uint_le(key_len, 128);
    for (size_t i = 0; i < key_len; i++) {
        snprintf(hex + 2 * i, 3, "%02x", key[i]);
    }
    oracle_octal((const uint8_t *)text, strlen(text), octal, sizeof octal);
    snprintf(command, sizeof command,
             "printf '%s' | openssl dgst -sha256 -mac HMAC -macopt hexkey:%s -binary"
             " | openssl base64 -A",
             octal, hex);
    oracle_run(command, out, 64);
    ck_assert_uint_eq(strlen(out), 44);
}

void oracle_percent(char *out, size_t cap, const char *text)
{
    static const char unreserved[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
        "0123456789-._~";

    for (; *text != '\0'; text++) {
        size_t len = strlen(out);

        ck_assert_uint_lt(len + 3, cap);
        snprintf(out + len, cap - len,
                 strchr(unreserved, *text) != NULL ? "%c" : "%%%02X",
                 (unsigned char)*text);
    }
}

bool oracle_is_all(const void *bytes, size_t len, int byte)
{
    const volatile unsigned char *p = bytes;

    while (len != 0 && p[len - 1] == byte) {
        len--;
    }
    return len == 0;
}

uint32_t oracle_random(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}
