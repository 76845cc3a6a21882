/* SPDX-License-Identifier: MIT
 *
 * The password -> fields at '&' and '=' -> sr decoded and compared, se as a number, sig
 * decoded twice (percent, base64) -> HMAC over "sr LF se" as they stood there. */
#include "tools/emulator/token.h"

#include <string.h>

#include "sas/base64.h"
#include "sas/wipe.h"
#include "tools/emulator/user_name.h"

enum {
    TOKEN_RESOURCE_MAX = USER_NAME_ID_SCOPE_MAX + 15 + USER_NAME_REGISTRATION_ID_MAX,
    TOKEN_SIGNATURE_TEXT = DPS_BASE64_LEN(DPS_SAS_MAC_LEN),
    TOKEN_SIGNED_MAX = 4096
};

/* ---- percent-encoding (RFC 3986 2.1), hex of either case --------------------------- */

static int token_hex(uint8_t c)
{
    if ((unsigned)c - '0' < 10u) {
        return c - '0';
    }
    c |= 0x20;
    return (unsigned)c - 'a' < 6u ? c - 'a' + 10 : -1;
}

/* Returns the number of decoded bytes; SIZE_MAX: bad encoding, or more than `cap`. */
static size_t token_percent_decode(uint8_t *out, size_t cap, struct dps_bytes text)
{
    size_t len = 0;

    for (size_t i = 0; i < text.len; i++) {
        uint8_t byte = text.at[i];

        if (len == cap) {
            return SIZE_MAX;
        }
        if (byte == '%') {
            int high = text.len - i < 3 ? -1 : token_hex(text.at[i + 1]);
            int low = text.len - i < 3 ? -1 : token_hex(text.at[i + 2]);

            if (high < 0 || low < 0) {
                return SIZE_MAX;
            }
            byte = (uint8_t)(high * 16 + low);
            i += 2;
        }
        out[len++] = byte;
    }
    return len;
}

/* ---- fields ------------------------------------------------------------------------ */

/* Cuts the next "name=value" off; false at the end, or where there is no '='. */
static bool token_field(struct dps_bytes *rest, struct dps_bytes *name,
                        struct dps_bytes *value)
{
    const uint8_t *equals, *end;

    if (rest->len == 0) {
        return false;
    }
    end = memchr(rest->at, '&', rest->len);
    name->at = rest->at;
    value->len = end == NULL ? rest->len : (size_t)(end - rest->at);
    equals = memchr(rest->at, '=', value->len);
    if (equals == NULL) {
        return false;
    }
    name->len = (size_t)(equals - rest->at);
    value->at = equals + 1;
    value->len -= name->len + 1;
    rest->at = end == NULL ? rest->at + rest->len : end + 1;
    rest->len = end == NULL ? 0 : rest->len - (name->len + value->len + 2);
    return true;
}

static bool token_read_expiry(struct token *token)
{
    uint64_t seconds = 0;

    for (size_t i = 0; i < token->se.len; i++) {
        unsigned digit = (unsigned)token->se.at[i] - '0';

        if (digit > 9 || seconds > UINT64_MAX / 10 - 1) {
            return false;
        }
        seconds = seconds * 10 + digit;
    }
    token->expiry_s = seconds;
    return token->se.len != 0;
}

static bool token_read_signature(struct token *token, struct dps_bytes sig)
{
    uint8_t text[TOKEN_SIGNATURE_TEXT];
    size_t len = token_percent_decode(text, sizeof text, sig);

    /* The service refuses a signature that is not percent-encoded, and its last '=' must
     * always be. */
    if (memchr(sig.at, '=', sig.len) != NULL || memchr(sig.at, '+', sig.len) != NULL
        || memchr(sig.at, '/', sig.len) != NULL) {
        return false;
    }
    return len == sizeof text
           && dps_base64_decode(token->signature, sizeof token->signature,
                                (const char *)text, len) == DPS_SAS_MAC_LEN;
}

enum token_result token_parse(struct dps_bytes text, struct token *token)
{
    static const char start[] = "SharedAccessSignature ";
    struct dps_bytes sig = { NULL, 0 }, name, value, rest;
    struct {
        const char *name;
        struct dps_bytes *value;
    } fields[] = {
        { "sr", &token->sr },
        { "sig", &sig },
        { "se", &token->se },
        { "skn", &token->skn },
    };

    memset(token, 0, sizeof *token);
    if (text.len < sizeof start || memcmp(text.at, start, sizeof start - 1) != 0) {
        return TOKEN_MALFORMED;
    }
    rest.at = text.at + (sizeof start - 1);
    rest.len = text.len - (sizeof start - 1);
    while (token_field(&rest, &name, &value)) {
        for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
            if (name.len != strlen(fields[i].name)
                || memcmp(name.at, fields[i].name, name.len) != 0) {
                continue;
            }
            if (fields[i].value->at != NULL) {
                return TOKEN_MALFORMED; /* twice: which one is meant? */
            }
            *fields[i].value = value;
        }
    }
    if (rest.len != 0 || token->sr.at == NULL || sig.at == NULL || token->skn.at == NULL
        || !token_read_expiry(token) || !token_read_signature(token, sig)) {
        return TOKEN_MALFORMED;
    }
    return TOKEN_GOOD;
}

/* ---- checks ------------------------------------------------------------------------ */

static bool token_is_for(const struct token *token, struct dps_bytes id_scope,
                         struct dps_bytes registration_id)
{
    static const char between[] = "/registrations/";
    uint8_t want[TOKEN_RESOURCE_MAX], have[TOKEN_RESOURCE_MAX];
    size_t wanted_len = id_scope.len + sizeof between - 1 + registration_id.len;
    struct dps_bytes wanted = { want, wanted_len };
    struct dps_bytes had = { have, token_percent_decode(have, sizeof have, token->sr) };

    if (id_scope.len > USER_NAME_ID_SCOPE_MAX
        || registration_id.len > USER_NAME_REGISTRATION_ID_MAX || had.len > sizeof have) {
        return false;
    }
    memcpy(want, id_scope.at, id_scope.len);
    memcpy(want + id_scope.len, between, sizeof between - 1);
    memcpy(want + id_scope.len + sizeof between - 1, registration_id.at,
           registration_id.len);
    return user_name_same_id(wanted, had);
}

enum token_result token_check(const struct token *token, struct dps_bytes id_scope,
                              struct dps_bytes registration_id, uint64_t utc_s)
{
    static const char key_name[] = "registration";

    if (!token_is_for(token, id_scope, registration_id)) {
        return TOKEN_RESOURCE;
    }
    if (token->skn.len != sizeof key_name - 1
        || memcmp(token->skn.at, key_name, sizeof key_name - 1) != 0) {
        return TOKEN_KEY_NAME;
    }
    return token->expiry_s <= utc_s ? TOKEN_EXPIRED : TOKEN_GOOD;
}

bool token_is_signed_by(const struct token *token, const struct dps_sas_signer *signer)
{
    uint8_t text[TOKEN_SIGNED_MAX], mac[DPS_SAS_MAC_LEN];
    bool same;

    if (token->sr.len > sizeof text - 1
        || token->se.len > sizeof text - 1 - token->sr.len) {
        return false;
    }
    memcpy(text, token->sr.at, token->sr.len);
    text[token->sr.len] = '\n';
    memcpy(text + token->sr.len + 1, token->se.at, token->se.len);
    if (signer->hmac(signer->context, text, token->sr.len + 1 + token->se.len, mac)
        != 1) {
        return false;
    }
    same = dps_equal(mac, token->signature, sizeof mac) == 1;
    dps_wipe(mac, sizeof mac);
    return same;
}

const char *token_result_text(enum token_result result)
{
    static const char *const texts[] = {
        [TOKEN_GOOD] = "good",
        [TOKEN_MALFORMED] = "not a SAS token, or a field is missing, twice or unreadable",
        [TOKEN_RESOURCE] = "sr names another resource",
        [TOKEN_KEY_NAME] = "skn is not \"registration\"",
        [TOKEN_EXPIRED] = "expired, or this clock or the device's is wrong",
    };

    return texts[result];
}
