/* SPDX-License-Identifier: MIT
 *
 * The token, built in place. `out` first holds all that goes before the signature, and
 * for a moment the rest of the string to sign:
 *
 *     SharedAccessSignature sr=0ne00ABCDEF%2Fregistrations%2Fdevice-001 LF 1893456000
 *                              |<------------- the signer's one buffer ------------->|
 *
 * That is a second buffer saved: LF and the expiry are then overwritten by "&sig=" and
 * what follows, which is always longer, so a token that fits has never lacked the room.
 * A piece that does not fit is remembered, and asked for before the signer is called and
 * at the end. */
#include "sas/sas.h"

#include <string.h>

#include "sas/base64.h"
#include "sas/percent.h"
#include "sas/wipe.h"

#define SAS_START "SharedAccessSignature sr="

/* The token as it grows. `len <= cap`. */
struct sas_text {
    char *at;
    size_t cap;
    size_t len;
    int too_long; /* once set it stays */
};

/* A token is nothing but pairs: a piece of grammar as it is, then a value, encoded. */
static void sas_append(struct sas_text *text, const char *grammar, const char *value)
{
    size_t len = strlen(grammar);
    int n;

    if (len > text->cap - text->len) {
        text->too_long = 1;
        return;
    }
    memcpy(text->at + text->len, grammar, len);
    text->len += len;
    n = dps_percent_encode(text->at + text->len, text->cap - text->len, value,
                           strlen(value));
    if (n < 0) {
        text->too_long = 1;
        return;
    }
    text->len += (size_t)n;
}

/* Writes `number` at the end of `text`; returns where it begins. */
static char *sas_decimal(char text[11], uint32_t number)
{
    char *first = text + 10; /* 4294967295 has ten digits */

    *first = '\0';
    do {
        *--first = (char)('0' + number % 10);
        number /= 10;
    } while (number != 0);
    return first;
}

/* Signs all that stands behind "sr=", then takes the text back to `sr_end` and goes on
 * with the signature: base64 in groups of three bytes, each encoded on its own, which
 * saves 44 bytes of stack. Returns 1, or 0 when the signer said no. */
static int sas_sign(struct sas_text *text, size_t sr_end,
                    const struct dps_sas_signer *signer)
{
    const size_t sr = sizeof SAS_START - 1;
    struct {
        uint8_t mac[DPS_SAS_MAC_LEN];
        char group[5];
    } secret;
    int is_signed = signer->hmac(signer->context, (const uint8_t *)text->at + sr,
                                 text->len - sr, secret.mac)
                    > 0;

    text->len = sr_end;
    sas_append(text, "&sig=", "");
    secret.group[4] = '\0';
    for (size_t i = 0; is_signed && i < DPS_SAS_MAC_LEN; i += 3) {
        size_t left = DPS_SAS_MAC_LEN - i;

        dps_base64_encode(secret.group, 4, secret.mac + i, left < 3 ? left : 3);
        sas_append(text, "", secret.group);
    }
    dps_wipe(&secret, sizeof secret);
    return is_signed;
}

/* All that follows sr. */
static enum dps_sas_error sas_complete(struct sas_text *text, const char *key_name,
                                       const struct dps_sas_signer *signer,
                                       uint32_t utc_s)
{
    const size_t sr_end = text->len;
    char digits[11];
    const char *expiry;

    if (utc_s == 0 || signer->lifetime_s > UINT32_MAX - utc_s) {
        return DPS_SAS_ERR_CLOCK;
    }
    expiry = sas_decimal(digits, utc_s + signer->lifetime_s);
    sas_append(text, "\n", expiry);
    if (text->too_long) {
        return DPS_SAS_ERR_TOO_LONG;
    }
    if (!sas_sign(text, sr_end, signer)) {
        return DPS_SAS_ERR_SIGNER;
    }
    sas_append(text, "&se=", expiry);
    if (key_name != NULL && key_name[0] != '\0') {
        sas_append(text, "&skn=", key_name);
    }
    if (text->too_long || text->len == text->cap) {
        return DPS_SAS_ERR_TOO_LONG;
    }
    text->at[text->len] = '\0';
    return DPS_SAS_OK;
}

/* The same; and of a token that did not come about, nothing stays. */
static enum dps_sas_error sas_finish(struct sas_text *text, const char *key_name,
                                     const struct dps_sas_signer *signer, uint32_t utc_s)
{
    enum dps_sas_error error = sas_complete(text, key_name, signer, utc_s);

    if (error != DPS_SAS_OK) {
        dps_wipe(text->at, text->cap);
    }
    return error;
}

enum dps_sas_error dps_sas_token(char *out, size_t cap, const char *resource,
                                 const char *key_name,
                                 const struct dps_sas_signer *signer, uint32_t utc_s)
{
    struct sas_text text = { out, cap, 0, 0 };

    sas_append(&text, SAS_START, resource);
    return sas_finish(&text, key_name, signer, utc_s);
}

int dps_sas_password(void *signer, const char *id_scope, const char *registration_id,
                     uint32_t utc_s, char *out, size_t cap)
{
    struct sas_text text = { out, cap, 0, 0 };
    enum dps_sas_error error;

    sas_append(&text, SAS_START, id_scope);
    sas_append(&text, "%2Fregistrations%2F", registration_id);
    error =
        sas_finish(&text, "registration", (const struct dps_sas_signer *)signer, utc_s);
    return error == DPS_SAS_OK ? (int)text.len : -(int)error;
}
