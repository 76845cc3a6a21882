/* SPDX-License-Identifier: MIT
 *
 * Where expected values come from: the openssl program, and models that are slow and
 * obvious. Nothing here calls the library. Also what the tests of this room share. */
#ifndef TESTS_UNIT_SAS_ORACLE_H
#define TESTS_UNIT_SAS_ORACLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The rows of a table, as Check counts its loops. */
#define COUNT(table) ((int)(sizeof(table) / sizeof(table)[0]))

/* Runs `command` in a shell; its standard output, NUL-terminated, in `out`. */
void oracle_run(const char *command, char *out, size_t cap);

/* base64 of HMAC-SHA256, by the openssl program. */
void oracle_hmac(const uint8_t *key, size_t key_len, const char *text, char out[64]);

/* `len` bytes as octal escapes that the shell's printf understands. */
void oracle_octal(const uint8_t *bytes, size_t len, char *out, size_t cap);

/* Percent-encodes `text` at the end of the string `out`. */
void oracle_percent(char *out, size_t cap, const char *text);

/* Whether all `len` bytes are `byte`. (An assertion a byte would take Check too long.) */
bool oracle_is_all(const void *bytes, size_t len, int byte);

/* A reproducible stream of numbers, xorshift32. `state` is not 0. */
uint32_t oracle_random(uint32_t *state);

#endif
