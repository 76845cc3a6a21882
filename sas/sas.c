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
 * A piece that does not fit leaves the text full, and that is asked for before the signer
 * is called and at the end. */
#include "sas/sas.h"

#include <string.h>

#include "sas/base64.h"
#include "sas/percent.h"
#include "sas/wipe.h"

#define SAS_START "SharedAccessSignature sr="

/* The token as it grows. What does not fit any more makes it full, and a full one is of
 * no use, for there is no room for its NUL. */
struct sas_text {
    char *out; /* the caller's, all of it: up to `end` */
    char *at;  /* where the next byte goes */
    char *end;
};

static int sas_is_full(const struct sas_text *text)
{
    return text->at == text->end;
}

/* A token is nothing but pairs: a piece of grammar as it is, then a value, encoded. */
static void sas_append(struct sas_text *text, const char *grammar, const char *value)
{
    char *at = text->at;
    int n;

    while (*grammar != '\0' && at != text->end) {
        *at++ = *grammar++;
    }
    n = dps_percent_encode(at, (size_t)(text->end - at), value, strlen(value));
    text->at = n < 0 ? text->end : at + n;
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
 * with the signature. */
static enum dps_sas_error sas_sign(struct sas_text *text, char *sr_end,
                                   const struct dps_sas_signer *signer)
{
    const char *sr = text->out + sizeof SAS_START - 1;
    enum dps_sas_error error = DPS_SAS_ERR_SIGNER;
    struct {
        uint8_t mac[DPS_SAS_MAC_LEN];
        char base64[DPS_BASE64_LEN(DPS_SAS_MAC_LEN) + 1];
    } secret;

    if (signer->hmac(signer->context, (const uint8_t *)sr, (size_t)(text->at - sr),
                     secret.mac)
        > 0) {
        dps_base64_encode(secret.base64, sizeof secret.base64, secret.mac,
                          sizeof secret.mac);
        secret.base64[sizeof secret.base64 - 1] = '\0';
        text->at = sr_end;
        sas_append(text, "&sig=", secret.base64);
        error = DPS_SAS_OK;
    }
    dps_wipe(&secret, sizeof secret);
    return error;
}

/* All that follows sr. */
static enum dps_sas_error sas_complete(struct sas_text *text, const char *key_name,
                                       const struct dps_sas_signer *signer,
                                       uint32_t utc_s)
{
    char *sr_end = text->at;
    char digits[11];
    const char *expiry;
    enum dps_sas_error error;

    if (utc_s == 0 || signer->lifetime_s > UINT32_MAX - utc_s) {
        return DPS_SAS_ERR_CLOCK;
    }
    expiry = sas_decimal(digits, utc_s + signer->lifetime_s);
    sas_append(text, "\n", expiry);
    if (sas_is_full(text)) {
        return DPS_SAS_ERR_TOO_LONG;
    }
    error = sas_sign(text, sr_end, signer);
    if (error != DPS_SAS_OK) {
        return error;
    }
    sas_append(text, "&se=", expiry);
    if (key_name[0] != '\0') {
        sas_append(text, "&skn=", key_name);
    }
    if (sas_is_full(text)) {
        return DPS_SAS_ERR_TOO_LONG;
    }
    *text->at = '\0';
    return DPS_SAS_OK;
}

/* The same; and of a token that did not come about, nothing stays. Its length, or minus
 * the error. */
static int sas_finish(struct sas_text *text, const char *key_name,
                      const struct dps_sas_signer *signer, uint32_t utc_s)
{
    enum dps_sas_error error = sas_complete(text, key_name, signer, utc_s);

    if (error != DPS_SAS_OK) {
        dps_wipe(text->out, (size_t)(text->end - text->out));
        return -(int)error;
    }
    return (int)(text->at - text->out);
}

enum dps_sas_error dps_sas_token(char *out, size_t cap, const char *resource,
                                 const char *key_name,
                                 const struct dps_sas_signer *signer, uint32_t utc_s)
{
    struct sas_text text = { out, out, out + cap };
    int n;

    sas_append(&text, SAS_START, resource);
    n = sas_finish(&text, key_name == NULL ? "" : key_name, signer, utc_s);
    return n > 0 ? DPS_SAS_OK : (enum dps_sas_error)-n;
}

int dps_sas_password(void *signer, const char *id_scope, const char *registration_id,
                     uint32_t utc_s, char *out, size_t cap)
{
    struct sas_text text = { out, out, out + cap };

    sas_append(&text, SAS_START, id_scope);
    sas_append(&text, "%2Fregistrations%2F", registration_id);
    return sas_finish(&text, "registration", (const struct dps_sas_signer *)signer,
                      utc_s);
}
