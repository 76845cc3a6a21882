/* SPDX-License-Identifier: MIT
 *
 * The signer whose key is in RAM: key to HMAC-SHA256 (RFC 2104, by BearSSL), base64 text
 * to key, and an enrollment group's key to a device's. The first step of HMAC, which
 * hashes the key into two states, is made when the key is given: so they stand in the
 * struct and not on the stack under a token. A product whose key lives in a secure
 * element links none of this. */
#include "sas/sas.h"

#include <string.h>

#include <bearssl_hash.h>
#include <bearssl_hmac.h>

#include "sas/base64.h"
#include "sas/wipe.h"

/* The context is as good as the key to who finds it, so it is wiped. */
static int key_hmac(void *context, const uint8_t *data, size_t len, uint8_t mac[32])
{
    const struct dps_sas_key *key = (const struct dps_sas_key *)context;
    int is_there = br_hmac_key_get_digest(&key->hmac_key) != NULL;
    br_hmac_context hmac;

    if (is_there) { /* else no signature rather than a wrong one */
        br_hmac_init(&hmac, &key->hmac_key, 0);
        br_hmac_update(&hmac, data, len);
        br_hmac_out(&hmac, mac);
    }
    dps_wipe(&hmac, sizeof hmac);
    return is_there;
}

void dps_sas_key_wipe(struct dps_sas_key *key)
{
    dps_wipe(&key->hmac_key, sizeof key->hmac_key);
}

enum dps_sas_error dps_sas_key_from_bytes(struct dps_sas_key *key, const uint8_t *bytes,
                                          size_t len, uint32_t lifetime_s)
{
    /* A signer that says no, so far; nothing of a former key stays. */
    dps_sas_key_wipe(key);
    key->signer.hmac = key_hmac;
    key->signer.context = key;
    key->signer.lifetime_s = lifetime_s;
    if (len == 0 || len > DPS_SAS_KEY_MAX) {
        return DPS_SAS_ERR_KEY_LENGTH;
    }
    br_hmac_key_init(&key->hmac_key, &br_sha256_vtable, bytes, len);
    return DPS_SAS_OK;
}

enum dps_sas_error dps_sas_key_from_base64(struct dps_sas_key *key, const char *base64,
                                           size_t len, uint32_t lifetime_s)
{
    uint8_t bytes[DPS_SAS_KEY_MAX];
    int n = dps_base64_decode(bytes, sizeof bytes, base64, len);
    enum dps_sas_error error =
        dps_sas_key_from_bytes(key, bytes, n < 0 ? 0 : (size_t)n, lifetime_s);

    dps_wipe(bytes, sizeof bytes);
    return n == DPS_BASE64_BAD ? DPS_SAS_ERR_BASE64 : error;
}

enum dps_sas_error dps_sas_derive(struct dps_sas_key *device,
                                  const struct dps_sas_signer *group,
                                  const char *registration_id)
{
    uint8_t mac[DPS_SAS_MAC_LEN];
    size_t len = 0;

    dps_sas_key_wipe(device); /* the group's own struct signs nothing from now on */
    if (group->hmac(group->context, (const uint8_t *)registration_id,
                    strlen(registration_id), mac)
        > 0) {
        len = sizeof mac;
    }
    dps_sas_key_from_bytes(device, mac, len, group->lifetime_s);
    dps_wipe(mac, sizeof mac);
    return len == 0 ? DPS_SAS_ERR_SIGNER : DPS_SAS_OK;
}
