/* SPDX-License-Identifier: MIT
 *
 * The options of `dps register`, and what they mean once they have all been checked: no
 * socket is opened before.
 *
 *     kind = settings_read(&settings, value, error, sizeof error);
 *     if (kind == RESULT_ASSIGNED) { ... }
 *     settings_free(&settings);                       in both cases */
#ifndef TOOLS_DPS_SETTINGS_H
#define TOOLS_DPS_SETTINGS_H

#include <bearssl.h>
#include <stddef.h>
#include <stdint.h>

#include "sas/sas.h"
#include "tools/common/file.h"
#include "tools/common/options.h"
#include "tools/dps/resolve.h"
#include "tools/dps/result.h"

enum {
    SETTINGS_ID_SCOPE,
    SETTINGS_REGISTRATION_ID,
    SETTINGS_SYMMETRIC_KEY,
    SETTINGS_SYMMETRIC_KEY_FILE,
    SETTINGS_GROUP_KEY,
    SETTINGS_GROUP_KEY_FILE,
    SETTINGS_CERTIFICATE,
    SETTINGS_PRIVATE_KEY,
    SETTINGS_TPM,
    SETTINGS_HOST,
    SETTINGS_PORT,
    SETTINGS_CONNECT,
    SETTINGS_TRANSPORT,
    SETTINGS_WEBSOCKET_PATH,
    SETTINGS_PROXY,
    SETTINGS_CA,
    SETTINGS_PAYLOAD,
    SETTINGS_API_VERSION,
    SETTINGS_SAS_LIFETIME,
    SETTINGS_TIMEOUT,
    SETTINGS_QOS,
    SETTINGS_PIPELINE,
    SETTINGS_JSON,
    SETTINGS_TRACE,
    SETTINGS_QUIET,
    SETTINGS_OPTIONS
};

/** Their table. */
extern const struct option_spec settings_spec[SETTINGS_OPTIONS];

struct settings {
    const char *id_scope, *registration_id, *host;
    const char *api_version;      /* null: the library's default */
    unsigned long port, sas_lifetime_s, timeout_s, qos;
    int is_connect;               /* `address` stands for the host's addresses */
    struct resolved address;
    struct dps_sas_key key;       /* the device's, derived where a group's was given */
    struct file payload;          /* of no bytes: none */
    br_x509_trust_anchor *anchors; /* `anchor_count` of them, in `anchor_space` */
    size_t anchor_count;
    uint8_t *anchor_space;
};

/** Checks the options, reads the files, the environment and the clock; warns on standard
 * error of what is unusual.
 *
 * Borrows the texts of `value`; keys in argv and in the environment are wiped there.
 * Returns RESULT_ASSIGNED, or RESULT_USAGE, RESULT_INPUT, RESULT_CLOCK or
 * RESULT_INTERNAL, and `error`, `error_cap` bytes, says what is wrong. */
enum result_kind settings_read(struct settings *settings, const char *const value[],
                               char *error, size_t error_cap);

/** Wipes and frees what they hold. */
void settings_free(struct settings *settings);

#endif
