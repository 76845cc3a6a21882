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
#include "sas/text.h"
#include "sas/wipe.h"

#define SAS_START "SharedAccessSignature sr="

/* A token is nothing but pairs: a piece of grammar as it is, then a value, encoded. */
static void sas_append(struct dps_text *text, const char *grammar, const char *value)
{
    dps_text_string(text, grammar);
    dps_text_percent(text, value);
}

/* Signs all that stands behind "sr=", then takes the text back to `sr_end` and goes on
 * with the signature. */
static enum dps_sas_error sas_sign(struct dps_text *text, const char *sr, char *sr_end,
                                   const struct dps_sas_signer *signer)
{
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

/* All that follows the resource, of the token that begins at `out`. */
static enum dps_sas_error sas_complete(struct dps_text *text, const char *out,
                                       const char *key_name,
                                       const struct dps_sas_signer *signer,
                                       uint32_t utc_s)
{
    uint32_t expiry_s = utc_s + signer->lifetime_s;
    char *sr_end = text->at;
    enum dps_sas_error error;

    if (utc_s == 0 || expiry_s < utc_s) {
        return DPS_SAS_ERR_CLOCK;
    }
    dps_text_string(text, "\n");
    dps_text_decimal(text, expiry_s);
    if (text->at == text->end) {
        return DPS_SAS_ERR_TOO_LONG;
    }
    error = sas_sign(text, out + sizeof SAS_START - 1, sr_end, signer);
    if (error != DPS_SAS_OK) {
        return error;
    }
    dps_text_string(text, "&se=");
    dps_text_decimal(text, expiry_s);
    if (key_name[0] != '\0') {
        sas_append(text, "&skn=", key_name);
    }
    if (text->at == text->end) {
        return DPS_SAS_ERR_TOO_LONG;
    }
    *text->at = '\0';
    return DPS_SAS_OK;
}

/* The same; and of a token that did not come about, nothing stays. Its length, or minus
 * the error. */
static int sas_finish(struct dps_text *text, char *out, const char *key_name,
                      const struct dps_sas_signer *signer, uint32_t utc_s)
{
    enum dps_sas_error error = sas_complete(text, out, key_name, signer, utc_s);

    if (error != DPS_SAS_OK) {
        dps_wipe(out, (size_t)(text->end - out));
        return -(int)error;
    }
    return (int)(text->at - out);
}

enum dps_sas_error dps_sas_token(char *out, size_t cap, const char *resource,
                                 const char *key_name,
                                 const struct dps_sas_signer *signer, uint32_t utc_s)
{
    struct dps_text text = { out, out + cap };
    int n;

    sas_append(&text, SAS_START, resource);
    n = sas_finish(&text, out, key_name == NULL ? "" : key_name, signer, utc_s);
    return n > 0 ? DPS_SAS_OK : (enum dps_sas_error)-n;
}

int dps_sas_password(void *signer, const char *id_scope, const char *registration_id,
                     uint32_t utc_s, char *out, size_t cap)
{
    struct dps_text text = { out, out + cap };

    sas_append(&text, SAS_START, id_scope);
    sas_append(&text, "%2Fregistrations%2F", registration_id);
    return sas_finish(&text, out, "registration", (const struct dps_sas_signer *)signer,
                      utc_s);
}
