/* SPDX-License-Identifier: MIT
 *
 * A device's SAS token, looked at as the service does: the signature counts over `sr`
 * exactly as it was received, the resource is compared after percent-decoding and without
 * case, and the order of the fields is free. So the spellings of all SDKs pass.
 *
 *     result = token_parse(password, &token);
 *     if (result == TOKEN_GOOD)
 *         result = token_check(&token, id_scope, registration_id, utc_s);
 *     if (result == TOKEN_GOOD && token_is_signed_by(&token, &key.signer)) ... */
#ifndef TOOLS_EMULATOR_TOKEN_H
#define TOOLS_EMULATOR_TOKEN_H

#include <stdbool.h>
#include <stdint.h>

#include "mqtt/packet.h"
#include "sas/sas.h"

struct token {
    struct dps_bytes sr, se, skn; /* as received */
    uint64_t expiry_s;            /* since 1970 */
    uint8_t signature[DPS_SAS_MAC_LEN];
};

enum token_result {
    TOKEN_GOOD,
    TOKEN_MALFORMED, /* not "SharedAccessSignature " and fields; one missing or twice */
    TOKEN_RESOURCE,  /* sr is not {idScope}/registrations/{registrationId} */
    TOKEN_KEY_NAME,  /* skn is not "registration" */
    TOKEN_EXPIRED
};

/** Cuts a token into its fields. Lends them out of `text`. Unknown fields are passed
 * over: the signature does not cover them. Returns TOKEN_GOOD or TOKEN_MALFORMED. */
enum token_result token_parse(struct dps_bytes text, struct token *token);

/** Checks all but the signature, against the user name's parts and the time of day. */
enum token_result token_check(const struct token *token, struct dps_bytes id_scope,
                              struct dps_bytes registration_id, uint64_t utc_s);

/** Whether this key made the signature; compares in constant time. */
bool token_is_signed_by(const struct token *token, const struct dps_sas_signer *signer);

/** In words, for the log. */
const char *token_result_text(enum token_result result);

#endif
