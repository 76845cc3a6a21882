/* SPDX-License-Identifier: MIT
 *
 * dps derive-key: the device key of an enrollment group's member on standard output. */
#include <stdio.h>
#include <string.h>

#include "sas/base64.h"
#include "sas/sas.h"
#include "sas/wipe.h"
#include "tools/common/options.h"
#include "tools/dps/command.h"
#include "tools/dps/identity.h"
#include "tools/dps/key.h"

enum { DERIVE_KEY, DERIVE_KEY_FILE, DERIVE_REGISTRATION_ID, DERIVE_OPTIONS };

static const struct option_spec derive_spec[DERIVE_OPTIONS] = {
    KEY_OPTION_ROWS("group-key", "the enrollment group's key"),
    { "registration-id", "R", "the device's, hashed as it is given" },
};

static int derive_print(const struct dps_sas_key *group, const char *registration_id)
{
    const struct dps_sas_signer *signer = &group->signer;
    uint8_t device[DPS_SAS_MAC_LEN]; /* what dps_sas_derive() makes a signer of */
    char text[DPS_BASE64_LEN(DPS_SAS_MAC_LEN)];
    int n;

    if (signer->hmac(signer->context, (const uint8_t *)registration_id,
                     strlen(registration_id), device)
        <= 0) {
        command_refuse(&command_derive_key, dps_sas_error_text(DPS_SAS_ERR_SIGNER));
        return COMMAND_INTERNAL;
    }
    n = dps_base64_encode(text, sizeof text, device, sizeof device);
    printf("%.*s\n", n, text);
    dps_wipe(text, sizeof text);
    dps_wipe(device, sizeof device);
    return COMMAND_DONE;
}

static int derive_run(const char *const value[])
{
    const struct key_source source = { KEY_GROUP, value[DERIVE_KEY],
                                       value[DERIVE_KEY_FILE] };
    const char *registration_id = value[DERIVE_REGISTRATION_ID];
    const char *mistake;
    struct dps_sas_key group;
    char error[300];
    int status;

    if (registration_id == NULL) {
        return command_refuse(&command_derive_key, "--registration-id is missing");
    }
    mistake = identity_registration_id_mistake(registration_id);
    if (mistake != NULL) {
        return command_refuse(&command_derive_key, mistake);
    }
    if (!key_is_option(&source) && !key_is_environment(&source)) {
        return command_refuse(&command_derive_key, key_missing(source.kind));
    }
    if (!key_read(&source, 0, &group, error, sizeof error)) {
        return command_refuse(&command_derive_key, error);
    }
    if (identity_has_upper_case(registration_id)) {
        fprintf(stderr, "dps derive-key: warning: %s\n", IDENTITY_UPPER_CASE);
    }
    status = derive_print(&group, registration_id);
    dps_sas_key_wipe(&group);
    return status;
}

const struct command command_derive_key = {
    "derive-key",
    "derives a device key from an enrollment group's key",
    "--registration-id R [OPTIONS]",
    "Derives a device's key from its enrollment group's key, which comes from one of\n"
    "the two options or from the environment's DPS_GROUP_KEY. No device should have the\n"
    "group's key.",
    derive_spec, DERIVE_OPTIONS, derive_run, NULL,
};
