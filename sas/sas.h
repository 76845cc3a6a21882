/* SPDX-License-Identifier: MIT
 *
 * Shared access signatures: the token that a device with a symmetric key sends as its
 * MQTT password, and the device key of an enrollment group. HMAC-SHA256 is BearSSL's.
 *
 *     struct dps_sas_key key;
 *     char out[256];
 *
 *     error = dps_sas_key_from_bytes(&key, bytes, sizeof bytes, 3600);
 *     error = dps_sas_token(out, sizeof out, "0ne00ABCDEF/registrations/device-001",
 *                           "registration", &key.signer, utc_s);
 *     dps_sas_key_wipe(&key);
 *     dps_wipe(out, sizeof out);             once it is sent: sas/wipe.h
 *
 * A signer is a callback, so a key may live in a secure element; `struct dps_sas_key` is
 * the signer whose key is in RAM. Texts end with a NUL where no length goes with them.
 * dps_sas_key_from_base64() is for keys as the service shows them, and links the decoder;
 * a firmware has its key's bytes in flash. */
#ifndef DPS_SAS_SAS_H
#define DPS_SAS_SAS_H

#include <stddef.h>
#include <stdint.h>

#include <bearssl_hmac.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Most bytes of a key (the service makes 64, and takes 16 to 64), and bytes of a MAC. */
enum { DPS_SAS_KEY_MAX = 128, DPS_SAS_MAC_LEN = 32 };

/** Why a SAS call failed; every one is the caller's to mend, nothing was sent. */
enum dps_sas_error {
    DPS_SAS_OK = 0,
    DPS_SAS_ERR_BASE64 = 1, /* not strict base64, padding included (RFC 4648 section 4) */
    DPS_SAS_ERR_KEY_LENGTH, /* the key is not 1 to DPS_SAS_KEY_MAX bytes */
    DPS_SAS_ERR_CLOCK,      /* the time of day is 0, not known; or now + lifetime wraps */
    DPS_SAS_ERR_SIGNER,     /* the signer's hmac said no */
    DPS_SAS_ERR_TOO_LONG    /* the token and its NUL need more than `cap` bytes */
};

/** Signs with HMAC-SHA256 (RFC 2104): what a secure element has to offer.
 *
 * `hmac` gets the whole message, `len` bytes at `data`, borrowed until it returns, and
 * `context` as it stands here. It returns 1 when it has filled `mac`; 0 or less when it
 * could not, and `mac` is then not looked at. It may take its time: nothing else runs.
 * `lifetime_s` is the life of the tokens in seconds; of 0 they are born expired. */
struct dps_sas_signer {
    int (*hmac)(void *context, const uint8_t *data, size_t len, uint8_t mac[32]);
    void *context;
    uint32_t lifetime_s;
};

/** A signer whose key is in RAM. Its own context points at it: do not copy or move it.
 * The key is kept in the form that it signs in, which is as secret as its bytes. */
struct dps_sas_key {
    struct dps_sas_signer signer;

    /* Private: the field is here so that you can place one; use the functions. */
    br_hmac_key_context hmac_key; /* all zeros: no key, and the signer says no */
};

/** Makes a signer of a device's or a group's key.
 *
 * `len` bytes at `bytes`: the key itself, not its base64 text. `lifetime_s`: of the
 * tokens, in seconds. Copies the key into `key`, which the caller wipes in the end with
 * dps_sas_key_wipe().
 *
 * Fails, and `key` then holds no key and its signer says no, with
 *   DPS_SAS_ERR_KEY_LENGTH  no bytes, or more than DPS_SAS_KEY_MAX of them
 *
 * RFC 2104 section 3. */
enum dps_sas_error dps_sas_key_from_bytes(struct dps_sas_key *key, const uint8_t *bytes,
                                          size_t len, uint32_t lifetime_s);

/** The same, of `len` characters at `base64`, as the service shows a key; a NUL is not
 * needed. The text is the caller's to wipe.
 *
 * Fails, and `key` then holds no key and its signer says no, with
 *   DPS_SAS_ERR_BASE64      see sas/base64.h for what is strict
 *   DPS_SAS_ERR_KEY_LENGTH  no bytes, or more than DPS_SAS_KEY_MAX of them
 *
 * DPS symmetric key attestation article. */
enum dps_sas_error dps_sas_key_from_base64(struct dps_sas_key *key, const char *base64,
                                           size_t len, uint32_t lifetime_s);

/** Derives a device's key from its enrollment group's: HMAC-SHA256 of the registration
 * ID, the very bytes given (for a group, lower case is the safe spelling).
 *
 * `device` becomes a signer of its own, with the group's lifetime. The group's key may be
 * wiped afterwards. The caller wipes `device` in the end. Who has to store or print the
 * derived key asks the group's signer itself: the MAC is the key.
 *
 * Fails, and `device` then holds no key and its signer says no, with
 *   DPS_SAS_ERR_SIGNER  `group` made no signature; also where `device` is the very struct
 *                       that holds the group's key
 *
 * DPS symmetric key attestation article, "group enrollments". */
enum dps_sas_error dps_sas_derive(struct dps_sas_key *device,
                                  const struct dps_sas_signer *group,
                                  const char *registration_id);

/** Forgets the key. Its signer says no from now on. */
void dps_sas_key_wipe(struct dps_sas_key *key);

/** Makes a token: "SharedAccessSignature sr=…&sig=…&se=…[&skn=…]", and a NUL.
 *
 * `resource` and `key_name` as they are, not yet encoded; `key_name` may be null or "":
 * no skn. `utc_s`: seconds since 1970-01-01T00:00Z, now. `out`, of `cap` bytes, overlaps
 * none of them and is all the memory used: a part of it is lent to the signer.
 * Beside the encoded resource a token of "registration" takes 108 to 192 bytes, its NUL
 * included; the spread is the signature's, whose '+' and '/' become three characters.
 *
 * Fails, and all `cap` bytes of `out` are then zeros, with
 *   DPS_SAS_ERR_CLOCK     utc_s is 0, or utc_s + lifetime_s exceeds 32 bits
 *   DPS_SAS_ERR_SIGNER    the signer said no
 *   DPS_SAS_ERR_TOO_LONG  the token and its NUL need more than `cap` bytes
 *
 * DPS access control article, "security token structure". */
enum dps_sas_error dps_sas_token(char *out, size_t cap, const char *resource,
                                 const char *key_name,
                                 const struct dps_sas_signer *signer, uint32_t utc_s);

/** Makes the token of {id_scope}/registrations/{registration_id} with the key name
 * "registration". It fits `password` of struct dps_config.
 *
 * `signer` is a struct dps_sas_signer. Returns the token's length without its NUL, or
 * minus an enum dps_sas_error; else as dps_sas_token().
 *
 * DPS MQTT article, "connecting". */
int dps_sas_password(void *signer, const char *id_scope, const char *registration_id,
                     uint32_t utc_s, char *out, size_t cap);

/** A failure in words; never null. In a file of its own: linked only when called. */
const char *dps_sas_error_text(enum dps_sas_error error);

#ifdef __cplusplus
}
#endif

#endif
