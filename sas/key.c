/* SPDX-License-Identifier: MIT
 *
 * The signer whose key is in RAM: base64 text to key, key to HMAC-SHA256 (RFC 2104, by
 * BearSSL), and an enrollment group's key to a device's. A product whose key lives in a
 * secure element links none of this. */
#include "sas/sas.h"

#include <string.h>

#include <bearssl_hash.h>
#include <bearssl_hmac.h>

#include "sas/base64.h"
#include "sas/wipe.h"

/* Both contexts are as good as the key to who finds them, so both are wiped. */
static int key_hmac(void *context, const uint8_t *data, size_t len, uint8_t mac[32])
{
    const struct dps_sas_key *key = (const struct dps_sas_key *)context;
    struct {
        br_hmac_key_context key;
        br_hmac_context hmac;
    } work;

    if (key->len == 0) { /* wiped, or never read: no signature rather than a wrong one */
        return 0;
    }
    br_hmac_key_init(&work.key, &br_sha256_vtable, key->key, key->len);
    br_hmac_init(&work.hmac, &work.key, 0);
    br_hmac_update(&work.hmac, data, len);
    br_hmac_out(&work.hmac, mac);
    dps_wipe(&work, sizeof work);
    return 1;
}

void dps_sas_key_wipe(struct dps_sas_key *key)
{
    dps_wipe(key->key, sizeof key->key);
    key->len = 0;
}

/* A signer that says no until `len` is set; nothing of a former key stays. */
static void key_begin(struct dps_sas_key *key, uint32_t lifetime_s)
{
    dps_sas_key_wipe(key);
    key->signer.hmac = key_hmac;
    key->signer.context = key;
    key->signer.lifetime_s = lifetime_s;
}

enum dps_sas_error dps_sas_key_from_base64(struct dps_sas_key *key, const char *base64,
                                           size_t len, uint32_t lifetime_s)
{
    int n;

    key_begin(key, lifetime_s);
    n = dps_base64_decode(key->key, sizeof key->key, base64, len);
    if (n <= 0) {
        return n == DPS_BASE64_BAD ? DPS_SAS_ERR_BASE64 : DPS_SAS_ERR_KEY_LENGTH;
    }
    key->len = (uint8_t)n; /* at most DPS_SAS_KEY_MAX */
    return DPS_SAS_OK;
}

enum dps_sas_error dps_sas_derive(struct dps_sas_key *device,
                                  const struct dps_sas_signer *group,
                                  const char *registration_id)
{
    key_begin(device, group->lifetime_s);
    if (group->hmac(group->context, (const uint8_t *)registration_id,
                    strlen(registration_id), device->key)
        <= 0) {
        dps_sas_key_wipe(device);
        return DPS_SAS_ERR_SIGNER;
    }
    device->len = DPS_SAS_MAC_LEN;
    return DPS_SAS_OK;
}
