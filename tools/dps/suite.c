/* SPDX-License-Identifier: MIT
 *
 * IANA's "TLS Cipher Suites", the rows that the profile has. */
#include "tools/dps/suite.h"

#include <bearssl.h>
#include <stddef.h>

static const struct suite_row {
    uint16_t number;
    const char *name;
} suite_rows[] = {
    { BR_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256" },
    { BR_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384" },
    { BR_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
      "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256" },
    { BR_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
      "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384" },
    { BR_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
      "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256" },
    { BR_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
      "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256" },
};

const char *suite_name(uint16_t number)
{
    size_t i;

    for (i = 0; i < sizeof suite_rows / sizeof suite_rows[0]; i++) {
        if (suite_rows[i].number == number) {
            return suite_rows[i].name;
        }
    }
    return "an unknown suite";
}
