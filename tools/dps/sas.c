/* SPDX-License-Identifier: MIT
 *
 * dps sas: a shared access token on standard output, for any resource. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sas/sas.h"
#include "sas/wipe.h"
#include "tools/common/options.h"
#include "tools/dps/clock.h"
#include "tools/dps/command.h"
#include "tools/dps/key.h"

enum {
    SAS_KEY, SAS_KEY_FILE, SAS_RESOURCE, SAS_LIFETIME, SAS_NOW, SAS_KEY_NAME, SAS_OPTIONS
};

static const struct option_spec sas_spec[SAS_OPTIONS] = {
    KEY_OPTION_ROWS("symmetric-key", "device key"),
    { "resource", "TEXT", "what the token is for, not encoded;\n"
                          "DPS: ID_SCOPE/registrations/REGISTRATION_ID" },
    { "lifetime", "SECONDS", "default 3600" },
    { "now", "UNIXTIME", "the time to count from, in place of the clock" },
    { "key-name", "NAME", "default registration; empty: no skn" },
};

/* The token's parts besides resource and key name, see sas/sas.h. */
enum { SAS_FIXED = 256 };

/* Prints the token; returns the exit status. */
static int sas_print(const struct dps_sas_key *key, const char *resource,
                     const char *key_name, uint32_t now_s)
{
    size_t cap = SAS_FIXED + 3 * (strlen(resource) + strlen(key_name));
    char *token = malloc(cap);
    enum dps_sas_error error;

    if (token == NULL) {
        command_refuse(&command_sas, "no memory");
        return COMMAND_INTERNAL;
    }
    error = dps_sas_token(token, cap, resource, key_name, &key->signer, now_s);
    if (error == DPS_SAS_OK) {
        puts(token);
    }
    dps_wipe(token, cap);
    free(token);
    if (error == DPS_SAS_ERR_CLOCK) {
        return command_refuse(&command_sas,
                              "the token would expire after 4294967295, the "
                              "last second of 32 bits: a shorter --lifetime");
    }
    if (error != DPS_SAS_OK) {
        command_refuse(&command_sas, dps_sas_error_text(error));
        return COMMAND_INTERNAL;
    }
    return COMMAND_DONE;
}

static int sas_run(const char *const value[])
{
    const struct key_source source = { KEY_SYMMETRIC, value[SAS_KEY],
                                       value[SAS_KEY_FILE] };
    const char *key_name =
        value[SAS_KEY_NAME] != NULL ? value[SAS_KEY_NAME] : "registration";
    struct dps_sas_key key;
    char error[300];
    unsigned long lifetime_s = 3600, now_s = 0;
    int status;

    if (value[SAS_RESOURCE] == NULL || value[SAS_RESOURCE][0] == '\0') {
        return command_refuse(&command_sas, "--resource is missing");
    }
    if (!key_is_option(&source) && !key_is_environment(&source)) {
        return command_refuse(&command_sas, key_missing(source.kind));
    }
    if (value[SAS_LIFETIME] != NULL
        && !number_parse(value[SAS_LIFETIME], 1, UINT32_MAX, &lifetime_s)) {
        return command_refuse(&command_sas,
                              "--lifetime: a whole number, 1 to 4294967295");
    }
    if (value[SAS_NOW] != NULL && !number_parse(value[SAS_NOW], 1, UINT32_MAX, &now_s)) {
        return command_refuse(&command_sas, "--now: a whole number, 1 to 4294967295");
    }
    if (now_s == 0) {
        now_s = clock_utc_s();
        if (now_s == 0) {
            return command_refuse(&command_sas, CLOCK_MISTAKE);
        }
    }
    if (!key_read(&source, (uint32_t)lifetime_s, &key, error, sizeof error)) {
        return command_refuse(&command_sas, error);
    }
    status = sas_print(&key, value[SAS_RESOURCE], key_name, (uint32_t)now_s);
    dps_sas_key_wipe(&key);
    return status;
}

const struct command command_sas = {
    "sas",
    "makes a shared access token",
    "--resource TEXT [OPTIONS]",
    "Makes a shared access token, which is a device's MQTT password. The key comes from\n"
    "one of the two options or from the environment's DPS_SYMMETRIC_KEY.",
    sas_spec, SAS_OPTIONS, sas_run, NULL,
};
