/* SPDX-License-Identifier: MIT
 *
 * One check after the other, from what is cheap and certain to what needs files: options
 * that are refused, names, numbers, which key, the clock; then key, payload, anchors. */
#include "tools/dps/settings.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "tls/anchors.h"
#include "tools/common/escape.h"
#include "tools/dps/clock.h"
#include "tools/dps/identity.h"
#include "tools/dps/key.h"

const struct option_spec settings_spec[SETTINGS_OPTIONS] = {
    [SETTINGS_ID_SCOPE] = { "id-scope", "S", "the DPS instance, 0ne...; required" },
    [SETTINGS_REGISTRATION_ID] = { "registration-id", "R", "the device; required" },
    [SETTINGS_SYMMETRIC_KEY] = { "symmetric-key", "B64",
                                 "device key in base64; DPS_SYMMETRIC_KEY in the\n"
                                 "environment keeps it out of ps" },
    [SETTINGS_SYMMETRIC_KEY_FILE] = { "symmetric-key-file", "FILE",
                                      "the same from a file; - is standard input" },
    [SETTINGS_GROUP_KEY] = { "group-key", "B64",
                             "enrollment group key, the device key is derived;\n"
                             "or DPS_GROUP_KEY in the environment" },
    [SETTINGS_GROUP_KEY_FILE] = { "group-key-file", "FILE",
                                  "the same from a file; - is standard input" },
    [SETTINGS_CERTIFICATE] = { "certificate", "PEM",
                               "X.509 attestation: chain, leaf first (not yet)" },
    [SETTINGS_PRIVATE_KEY] = { "private-key", "PEM", "the certificate's key (not yet)" },
    [SETTINGS_TPM] = { "tpm", NULL,
                       "refused: DPS offers TPM attestation over AMQP and\n"
                       "HTTPS only" },
    [SETTINGS_HOST] = { "host", "H",
                        "default global.azure-devices-provisioning.net;\n"
                        "the name verified in the certificate" },
    [SETTINGS_PORT] = { "port", "P", "default 8883" },
    [SETTINGS_CONNECT] = { "connect", "ADDRESS",
                           "connect to this IPv4 or IPv6 address rather than\n"
                           "resolve the host" },
    [SETTINGS_TRANSPORT] = { "transport", "mqtt|websocket",
                             "default mqtt; websocket: not yet" },
    [SETTINGS_WEBSOCKET_PATH] = { "websocket-path", "P",
                                  "default /$iothub/websocket (not yet)" },
    [SETTINGS_PROXY] = { "proxy", "URL", "http://[user:password@]host:port (not yet)" },
    [SETTINGS_CA] = { "ca", "FILE",
                      "PEM trust anchors; required, the built-in Azure ones\n"
                      "are not yet there" },
    [SETTINGS_PAYLOAD] = { "payload", "FILE",
                           "JSON object sent along; - is standard input" },
    [SETTINGS_API_VERSION] = { "api-version", "V", "default 2019-03-31" },
    [SETTINGS_SAS_LIFETIME] = { "sas-lifetime", "SECONDS", "default 3600" },
    [SETTINGS_TIMEOUT] = { "timeout", "SECONDS",
                           "for the whole registration; default 120" },
    [SETTINGS_QOS] = { "qos", "0|1|2", "asked for when subscribing; default 1" },
    [SETTINGS_PIPELINE] = { "pipeline", NULL,
                            "send without waiting in between (not yet)" },
    [SETTINGS_JSON] = { "json", NULL, "print result or error as one JSON object" },
    [SETTINGS_TRACE] = { "trace", NULL, "print every packet on standard error" },
    [SETTINGS_QUIET] = { "quiet", NULL, "nothing on standard error" },
};

enum {
    SETTINGS_PORT_MQTT = 8883,
    SETTINGS_PORT_PLAIN = 1883,
    SETTINGS_TIMEOUT_MAX_S = 86400,      /* a day */
    SETTINGS_PAYLOAD_MAX = 96 * 1024,    /* of a message (DPS limits) */
    SETTINGS_CA_MAX = 4 * 1024 * 1024
};

/* Where the complaint goes. */
struct settings_error {
    char *text;
    size_t cap;
};

static enum result_kind settings_refuse(const struct settings_error *e,
                                        enum result_kind kind, const char *text)
{
    snprintf(e->text, e->cap, "%s", text);
    return kind;
}

/* ---- Options that are refused whatever they say ------------------------------------ */

static const struct settings_refusal {
    int option;
    const char *why;
} settings_refusals[] = {
    { SETTINGS_TPM,
      "--tpm: DPS offers TPM attestation over AMQP and HTTPS only, not over MQTT" },
    { SETTINGS_CERTIFICATE, "--certificate: X.509 attestation is not yet built in" },
    { SETTINGS_PRIVATE_KEY, "--private-key: X.509 attestation is not yet built in" },
    { SETTINGS_WEBSOCKET_PATH, "--websocket-path: WebSocket is not yet built in" },
    { SETTINGS_PROXY, "--proxy: proxies are not yet built in" },
    { SETTINGS_PIPELINE, "--pipeline: pipelining is not yet built in" },
};

static enum result_kind settings_check_refused(const char *const value[],
                                               const struct settings_error *e)
{
    const char *transport = value[SETTINGS_TRANSPORT];
    size_t i;

    for (i = 0; i < sizeof settings_refusals / sizeof settings_refusals[0]; i++) {
        if (value[settings_refusals[i].option] != NULL) {
            return settings_refuse(e, RESULT_USAGE, settings_refusals[i].why);
        }
    }
    if (transport == NULL || strcmp(transport, "mqtt") == 0) {
        return RESULT_ASSIGNED;
    }
    return settings_refuse(e, RESULT_USAGE,
                           strcmp(transport, "websocket") == 0
                               ? "--transport websocket: not yet built in"
                               : "--transport: mqtt or websocket");
}

/* ---- Names ------------------------------------------------------------------------- */

static const struct settings_name {
    int option;
    const char *name;
    const char *(*mistake)(const char *text);
    int is_required;
} settings_names[] = {
    { SETTINGS_ID_SCOPE, "--id-scope", identity_id_scope_mistake, 1 },
    { SETTINGS_REGISTRATION_ID, "--registration-id",
      identity_registration_id_mistake, 1 },
    { SETTINGS_HOST, "--host", identity_host_mistake, 0 },
    { SETTINGS_API_VERSION, "--api-version", identity_api_version_mistake, 0 },
};

static enum result_kind settings_check_names(const char *const value[],
                                             const struct settings_error *e)
{
    size_t i;

    for (i = 0; i < sizeof settings_names / sizeof settings_names[0]; i++) {
        const struct settings_name *row = &settings_names[i];
        const char *text = value[row->option];
        const char *mistake = text == NULL ? NULL : row->mistake(text);

        if (text == NULL && row->is_required) {
            snprintf(e->text, e->cap, "%s is missing", row->name);
            return RESULT_USAGE;
        }
        if (mistake != NULL) {
            snprintf(e->text, e->cap, "%s: %s", row->name, mistake);
            return RESULT_USAGE;
        }
    }
    return RESULT_ASSIGNED;
}

/* ---- Numbers ----------------------------------------------------------------------- */

static enum result_kind settings_number(const char *const value[], int option,
                                        unsigned long min, unsigned long max,
                                        unsigned long *number,
                                        const struct settings_error *e)
{
    if (value[option] == NULL || number_parse(value[option], min, max, number)) {
        return RESULT_ASSIGNED;
    }
    snprintf(e->text, e->cap, "--%s: a whole number, %lu to %lu",
             settings_spec[option].name, min, max);
    return RESULT_USAGE;
}

static enum result_kind settings_read_numbers(struct settings *s,
                                              const char *const value[],
                                              const struct settings_error *e)
{
    const struct {
        int option;
        unsigned long min, max, usual, *number;
    } rows[] = {
        { SETTINGS_PORT, 1, 65535, SETTINGS_PORT_MQTT, &s->port },
        { SETTINGS_SAS_LIFETIME, 1, UINT32_MAX, 3600, &s->sas_lifetime_s },
        { SETTINGS_TIMEOUT, 1, SETTINGS_TIMEOUT_MAX_S, 120, &s->timeout_s },
        { SETTINGS_QOS, 0, 2, 1, &s->qos },
    };
    size_t i;

    for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        *rows[i].number = rows[i].usual;
        if (settings_number(value, rows[i].option, rows[i].min, rows[i].max,
                            rows[i].number, e)
            != RESULT_ASSIGNED) {
            return RESULT_USAGE;
        }
    }
    if (s->port == SETTINGS_PORT_PLAIN) {
        return settings_refuse(e, RESULT_USAGE,
                               "--port 1883: DPS has no plain-text MQTT, TLS is on 8883");
    }
    return RESULT_ASSIGNED;
}

static enum result_kind settings_read_address(struct settings *s,
                                              const char *const value[],
                                              const struct settings_error *e)
{
    s->is_connect = value[SETTINGS_CONNECT] != NULL;
    if (s->is_connect
        && !resolve_literal(&s->address, value[SETTINGS_CONNECT], (uint16_t)s->port)) {
        return settings_refuse(e, RESULT_USAGE,
                               "--connect: an IPv4 or IPv6 address, like ::1");
    }
    return RESULT_ASSIGNED;
}

/* ---- Attestation ------------------------------------------------------------------- */

/* Standard input can be read once. */
static enum result_kind settings_check_input(const char *const value[],
                                             const struct settings_error *e)
{
    static const int files[] = { SETTINGS_SYMMETRIC_KEY_FILE, SETTINGS_GROUP_KEY_FILE,
                                 SETTINGS_PAYLOAD, SETTINGS_CA };
    size_t i, count = 0;

    for (i = 0; i < sizeof files / sizeof files[0]; i++) {
        count += value[files[i]] != NULL && strcmp(value[files[i]], "-") == 0;
    }
    return count <= 1 ? RESULT_ASSIGNED
                      : settings_refuse(e, RESULT_USAGE,
                                        "only one file can be standard input");
}

/* Which of the two keys is given: options go before the environment, and there it is one
 * that is to be found. */
static enum result_kind settings_choose_key(const char *const value[],
                                            struct key_source *chosen,
                                            const struct settings_error *e)
{
    const struct key_source source[2] = {
        { KEY_SYMMETRIC, value[SETTINGS_SYMMETRIC_KEY],
          value[SETTINGS_SYMMETRIC_KEY_FILE] },
        { KEY_GROUP, value[SETTINGS_GROUP_KEY], value[SETTINGS_GROUP_KEY_FILE] },
    };
    int first = key_is_option(&source[0]), second = key_is_option(&source[1]);

    if (!first && !second) {
        first = key_is_environment(&source[0]);
        second = key_is_environment(&source[1]);
    }
    if (first && second) {
        return settings_refuse(e, RESULT_USAGE,
                               "a symmetric key and a group key: give one of them");
    }
    if (!first && !second) {
        return settings_refuse(e, RESULT_USAGE,
                               "no attestation: give --symmetric-key, "
                               "--group-key, one of their -file options, "
                               "DPS_SYMMETRIC_KEY or DPS_GROUP_KEY");
    }
    *chosen = source[second];
    return RESULT_ASSIGNED;
}

/* The device's key: read, or derived from the group's. */
static enum result_kind settings_read_key(struct settings *s,
                                          const struct key_source *source,
                                          const struct settings_error *e)
{
    enum result_kind bad =
        source->file != NULL && source->option == NULL ? RESULT_INPUT : RESULT_USAGE;
    uint32_t lifetime_s = (uint32_t)s->sas_lifetime_s; /* it was checked */
    struct dps_sas_key group;
    enum dps_sas_error error;

    if (source->kind == KEY_SYMMETRIC) {
        return key_read(source, lifetime_s, &s->key, e->text, e->cap)
                   ? RESULT_ASSIGNED
                   : bad;
    }
    if (!key_read(source, lifetime_s, &group, e->text, e->cap)) {
        return bad;
    }
    error = dps_sas_derive(&s->key, &group.signer, s->registration_id);
    dps_sas_key_wipe(&group);
    return error == DPS_SAS_OK
               ? RESULT_ASSIGNED
               : settings_refuse(e, RESULT_INTERNAL, dps_sas_error_text(error));
}

static enum result_kind settings_check_clock(const struct settings *s,
                                             const struct settings_error *e)
{
    uint32_t now_s = clock_utc_s();

    if (now_s == 0) {
        return settings_refuse(e, RESULT_CLOCK, CLOCK_MISTAKE);
    }
    if (s->sas_lifetime_s > UINT32_MAX - now_s) {
        return settings_refuse(e, RESULT_USAGE,
                               "--sas-lifetime: the token would expire after "
                               "4294967295, the last second of 32 bits");
    }
    return RESULT_ASSIGNED;
}

/* ---- Files ------------------------------------------------------------------------- */

/* The message is one JSON object; jansson says where it is not. */
static enum result_kind settings_read_payload(struct settings *s, const char *name,
                                              const struct settings_error *e)
{
    json_error_t where;
    json_t *root;
    char shown[160];
    int is_object;

    if (name == NULL) {
        return RESULT_ASSIGNED;
    }
    if (!file_read_option(&s->payload, "--payload", name, SETTINGS_PAYLOAD_MAX, e->text,
                          e->cap)) {
        return RESULT_INPUT;
    }
    root = json_loadb(s->payload.data, s->payload.len,
                      JSON_DECODE_ANY | JSON_DECODE_INT_AS_REAL | JSON_ALLOW_NUL, &where);
    is_object = json_is_object(root);
    escape_text(shown, sizeof shown, name, strlen(name));
    if (root == NULL) {
        snprintf(e->text, e->cap, "--payload %s: line %d, column %d: %s", shown,
                 where.line, where.column, where.text);
    } else if (!is_object) {
        snprintf(e->text, e->cap, "--payload %s: it is JSON, but not one object, {...}",
                 shown);
    }
    json_decref(root);
    return is_object ? RESULT_ASSIGNED : RESULT_INPUT;
}

/* Blocks in a PEM text: no fewer than its certificates. */
static size_t settings_count_blocks(const char *pem)
{
    static const char begin[] = "-----BEGIN ";
    size_t count = 0;

    while ((pem = strstr(pem, begin)) != NULL) {
        pem += sizeof begin - 1;
        count++;
    }
    return count;
}

static enum result_kind settings_read_anchors(struct settings *s, const char *name,
                                              const struct settings_error *e)
{
    struct file pem;
    char shown[160];
    size_t cap;
    int count;

    if (!file_read_option(&pem, "--ca", name, SETTINGS_CA_MAX, e->text, e->cap)) {
        return RESULT_INPUT;
    }
    cap = settings_count_blocks(pem.data) + 1;
    s->anchors = calloc(cap, sizeof *s->anchors);
    s->anchor_space = malloc(pem.len + 1); /* name and key are shorter than their PEM */
    count = s->anchors == NULL || s->anchor_space == NULL
                ? 0
                : dps_tls_anchors_from_pem(s->anchors, cap, pem.data, pem.len,
                                           s->anchor_space, pem.len + 1);
    file_free(&pem);
    if (count > 0) {
        s->anchor_count = (size_t)count;
        return RESULT_ASSIGNED;
    }
    if (count == 0) {
        return settings_refuse(e, RESULT_INTERNAL, "no memory");
    }
    snprintf(e->text, e->cap, "--ca %s: %s",
             escape_text(shown, sizeof shown, name, strlen(name)),
             dps_tls_pem_error_text((enum dps_tls_pem_error)(-count)));
    return RESULT_INPUT;
}

/* ---- All of it --------------------------------------------------------------------- */

/* The name of the first of two variables that is set and not empty; null: none is. */
static const char *settings_variable(const char *first, const char *second)
{
    const char *text = getenv(first);

    if (text != NULL && text[0] != '\0') {
        return first;
    }
    text = getenv(second);
    return text != NULL && text[0] != '\0' ? second : NULL;
}

/* Whether `list`, a NO_PROXY, names the host: itself, a domain that it is in, or "*". */
static int settings_names_host(const char *list, const char *host)
{
    size_t host_len = strlen(host), len;

    for (; *list != '\0'; list += len) {
        list += strspn(list, ", .");
        len = strcspn(list, ", ");
        if (len == 1 && *list == '*') {
            return 1;
        }
        if (len != 0 && len <= host_len
            && (len == host_len || host[host_len - len - 1] == '.')
            && strncasecmp(host + host_len - len, list, len) == 0) {
            return 1;
        }
    }
    return 0;
}

static void settings_warn_proxy(const char *host)
{
    const char *proxy = settings_variable("HTTPS_PROXY", "https_proxy");
    const char *exempt = settings_variable("NO_PROXY", "no_proxy");

    if (proxy != NULL && (exempt == NULL || !settings_names_host(getenv(exempt), host))) {
        fprintf(stderr, "dps register: %s is ignored: proxies are not yet built in\n",
                proxy);
    }
}

static void settings_warn(const struct settings *s, const struct key_source *source)
{
    if (!identity_id_scope_is_usual(s->id_scope)) {
        fputs("dps register: warning: the ID scope does not begin with 0ne or 0cn\n",
              stderr);
    }
    if (identity_begins_special(s->registration_id)) {
        fputs("dps register: warning: the registration ID begins with a special "
              "character, which the service may refuse\n", stderr);
    }
    if (source->kind == KEY_GROUP && identity_has_upper_case(s->registration_id)) {
        fputs("dps register: warning: " IDENTITY_UPPER_CASE "\n", stderr);
    }
    settings_warn_proxy(s->host);
}

/* What needs no file. */
static enum result_kind settings_read_options(struct settings *s,
                                              const char *const value[],
                                              struct key_source *source,
                                              const struct settings_error *e)
{
    enum result_kind kind;

    if ((kind = settings_check_refused(value, e)) != RESULT_ASSIGNED
        || (kind = settings_check_names(value, e)) != RESULT_ASSIGNED
        || (kind = settings_read_numbers(s, value, e)) != RESULT_ASSIGNED
        || (kind = settings_read_address(s, value, e)) != RESULT_ASSIGNED
        || (kind = settings_check_input(value, e)) != RESULT_ASSIGNED
        || (kind = settings_choose_key(value, source, e)) != RESULT_ASSIGNED
        || (kind = settings_check_clock(s, e)) != RESULT_ASSIGNED) {
        return kind;
    }
    if (value[SETTINGS_CA] == NULL) {
        return settings_refuse(e, RESULT_USAGE,
                               "--ca is missing: the Azure trust anchors are "
                               "not yet built in");
    }
    return RESULT_ASSIGNED;
}

enum result_kind settings_read(struct settings *s, const char *const value[], char *error,
                               size_t error_cap)
{
    const struct settings_error e = { error, error_cap };
    struct key_source source = { KEY_SYMMETRIC, NULL, NULL };
    enum result_kind kind;

    memset(s, 0, sizeof *s);
    s->id_scope = value[SETTINGS_ID_SCOPE];
    s->registration_id = value[SETTINGS_REGISTRATION_ID];
    s->api_version = value[SETTINGS_API_VERSION];
    s->host = value[SETTINGS_HOST] != NULL ? value[SETTINGS_HOST]
                                           : "global.azure-devices-provisioning.net";
    if ((kind = settings_read_options(s, value, &source, &e)) != RESULT_ASSIGNED) {
        return kind;
    }
    settings_warn(s, &source);
    if ((kind = settings_read_key(s, &source, &e)) != RESULT_ASSIGNED
        || (kind = settings_read_payload(s, value[SETTINGS_PAYLOAD], &e))
               != RESULT_ASSIGNED) {
        return kind;
    }
    return settings_read_anchors(s, value[SETTINGS_CA], &e);
}

void settings_free(struct settings *s)
{
    dps_sas_key_wipe(&s->key);
    file_free(&s->payload);
    free(s->anchors);
    free(s->anchor_space);
    s->anchors = NULL;
    s->anchor_space = NULL;
}
