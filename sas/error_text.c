/* SPDX-License-Identifier: MIT
 *
 * The errors of sas/ in words: what was wrong and what to do. Nothing of the key or of
 * the token is quoted. */
#include "sas/sas.h"

static const char *const error_texts[] = {
    [DPS_SAS_OK] = "no error",
    [DPS_SAS_ERR_BASE64] =
        "the key is not base64 (RFC 4648 section 4): copy it whole, '=' "
        "at the end included, without blanks or line ends",
    [DPS_SAS_ERR_KEY_LENGTH] = "the key is not 1 to 128 bytes long (once decoded, where "
                               "it is base64): a key of the service has 16 to 64",
    [DPS_SAS_ERR_CLOCK] =
        "the time of day is 0 (not known), or the token would end after "
        "2106-02-07: set the clock, or shorten the token's life",
    [DPS_SAS_ERR_SIGNER] = "the signer made no signature: see whether the key is loaded "
                           "and the secure element answers",
    [DPS_SAS_ERR_TOO_LONG] =
        "the token does not fit in the buffer given for it: make the "
        "buffer larger, or the IDs shorter",
};

const char *dps_sas_error_text(enum dps_sas_error error)
{
    if ((unsigned)error >= sizeof error_texts / sizeof error_texts[0]) {
        return "not an error of sas/";
    }
    return error_texts[error];
}
