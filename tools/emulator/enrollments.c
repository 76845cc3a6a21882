/* SPDX-License-Identifier: MIT
 *
 * JSON text -> jansson -> one function for each object of the schema, members in the
 * order of the documented table -> struct enrollment. The first mistake ends the
 * reading. */
#include "tools/emulator/enrollments.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "tools/common/escape.h"
#include "tools/emulator/user_name.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

const char *const enrollment_status_names[ENROLLMENT_STATUSES] = {
    [ENROLLMENT_ASSIGNED] = "assigned",
    [ENROLLMENT_FAILED] = "failed",
    [ENROLLMENT_DISABLED] = "disabled",
    [ENROLLMENT_UNASSIGNED] = "unassigned",
};

/* Bounds of what a document may ask for. A PUBLISH holds less than 2^28 bytes. */
enum {
    ENROLLMENT_POLLS_MAX = 1000000,
    ENROLLMENT_PAYLOAD_MAX = 256000000,
    ENROLLMENT_DELAY_MAX_MS = 86400000,
    ENROLLMENT_TIMES_MAX = 1000000000
};

/* ---- script ------------------------------------------------------------------------ */

static const char *const rule_members[] = { "step",   "times",     "connack", "status",
                                            "errorCode", "message", "retryAfter",
                                            "delay",  "silent",    "drop" };

/* The member that makes each action, and the steps it makes sense at, a bit a step. */
static const struct rule_action {
    const char *member;
    unsigned steps;
    const char *where;
} rule_actions[] = {
    [SCRIPT_CONNACK] = { "connack", 1u << SCRIPT_CONNECT, "connect" },
    [SCRIPT_STATUS] = { "status", 1u << SCRIPT_REGISTER | 1u << SCRIPT_POLL,
                        "register and poll" },
    [SCRIPT_DELAY] = { "delay", 15u, "" },
    [SCRIPT_SILENT] = { "silent", 15u, "" },
    [SCRIPT_DROP] = { "drop", 15u, "" },
};

static bool rule_read_step(const struct document_place *place, struct script_rule *rule)
{
    struct document_place step_place = document_member(place, "step");
    const char *step = NULL;

    if (!document_string(place, "step", &step)) {
        return false;
    }
    for (size_t i = 0; step != NULL && i < SCRIPT_STEPS; i++) {
        if (strcmp(step, script_step_names[i]) == 0) {
            rule->step = (uint8_t)i;
            return true;
        }
    }
    return document_wrong(&step_place, "%s: connect, subscribe, register or poll",
                          step == NULL ? "missing" : "unknown step");
}

static bool rule_read_action(const struct document_place *place, struct script_rule *rule)
{
    size_t found = COUNT(rule_actions);

    for (size_t i = 0; i < COUNT(rule_actions); i++) {
        struct document_place member = document_member(place, rule_actions[i].member);

        if (member.value == NULL) {
            continue;
        }
        if (found != COUNT(rule_actions)) {
            return document_wrong(&member, "the rule has an action already, \"%s\"",
                                  rule_actions[found].member);
        }
        if ((rule_actions[i].steps >> rule->step & 1u) == 0) {
            return document_wrong(&member, "an action for %s only",
                                  rule_actions[i].where);
        }
        found = i;
    }
    if (found == COUNT(rule_actions)) {
        return document_wrong(place, "no action: connack, status, delay, silent or drop");
    }
    rule->action = (uint8_t)found;
    return true;
}

/* What goes with `status` and with nothing else. */
static bool rule_read_answer(const struct document_place *place, struct script_rule *rule)
{
    static const char *const members[] = { "errorCode", "message", "retryAfter" };
    int64_t status = 0, code = 0;

    for (size_t i = 0; i < COUNT(members) && rule->action != SCRIPT_STATUS; i++) {
        struct document_place member = document_member(place, members[i]);

        if (member.value != NULL) {
            return document_wrong(&member, "goes with \"status\" only");
        }
    }
    if (!document_number(place, "status", 300, 599, &status)
        || !document_number(place, "errorCode", 0, UINT32_MAX, &code)
        || !document_string(place, "message", &rule->message)
        || !document_number(place, "retryAfter", 0, UINT32_MAX, &rule->retry_after_s)) {
        return false;
    }
    rule->status = (uint16_t)status;
    rule->error_code = document_has(place, "errorCode") ? (uint32_t)code
                                                        : (uint32_t)(status * 1000);
    return true;
}

static bool rule_read(const struct document_place *place, struct script_rule *rule)
{
    int64_t times = SCRIPT_ALWAYS, connack = 0, delay = 0;
    bool flag;

    rule->message = "Scripted answer";
    rule->retry_after_s = SCRIPT_NO_RETRY_AFTER;
    if (!document_members(place, rule_members, COUNT(rule_members))
        || !rule_read_step(place, rule)
        || !document_number(place, "times", 1, ENROLLMENT_TIMES_MAX, &times)
        || !rule_read_action(place, rule)
        || !document_number(place, "connack", 1, 255, &connack)
        || !rule_read_answer(place, rule)
        || !document_number(place, "delay", 0, ENROLLMENT_DELAY_MAX_MS, &delay)
        || !document_true(place, "silent", &flag)
        || !document_true(place, "drop", &flag)) {
        return false;
    }
    rule->times = (uint32_t)times;
    rule->connack = (uint8_t)connack;
    rule->delay_ms = (uint32_t)delay;
    return true;
}

static bool enrollment_read_script(const struct document_place *place,
                                   struct script *script)
{
    struct document_place rules = document_member(place, "script");
    size_t count;

    if (!document_is_array(&rules)) {
        return false;
    }
    count = json_array_size(rules.value);
    script->rules = calloc(count + 1, sizeof *script->rules);
    if (script->rules == NULL) {
        return document_wrong(&rules, "not enough memory");
    }
    script->count = count;
    for (size_t i = 0; i < count; i++) {
        struct document_place rule = document_element(&rules, i);

        if (!rule_read(&rule, &script->rules[i])) {
            return false;
        }
    }
    return true;
}

/* ---- keys -------------------------------------------------------------------------- */

static bool enrollment_read_key(const struct document_place *place, struct enrollment *e)
{
    enum dps_sas_error error;

    if (!json_is_string(place->value)) {
        return document_wrong(place, "must be a key in base64");
    }
    /* The lifetime is of tokens that this key would make; it makes none here. */
    error =
        dps_sas_key_from_base64(&e->keys[e->key_count], json_string_value(place->value),
                                json_string_length(place->value), 0);
    if (error != DPS_SAS_OK) {
        return document_wrong(place, "bad key: %s", dps_sas_error_text(error));
    }
    e->key_count++;
    return true;
}

static bool enrollment_read_keys(const struct document_place *place, struct enrollment *e)
{
    struct document_place key = document_member(place, "symmetricKey");
    struct document_place certificate = document_member(place, "certificate");

    if (key.value != NULL && certificate.value != NULL) {
        return document_wrong(&certificate,
                              "\"symmetricKey\" is there too; exactly one of the two");
    }
    if (certificate.value != NULL) {
        return document_wrong(&certificate, "X.509 attestation: not yet");
    }
    if (key.value == NULL) {
        return document_wrong(&key, "missing: a key in base64, or an array of up to two");
    }
    if (!json_is_array(key.value)) {
        return enrollment_read_key(&key, e);
    }
    if (json_array_size(key.value) < 1 || json_array_size(key.value) > ENROLLMENT_KEYS) {
        return document_wrong(&key, "an array must hold one or two keys");
    }
    for (size_t i = 0; i < json_array_size(key.value); i++) {
        struct document_place element = document_element(&key, i);

        if (!enrollment_read_key(&element, e)) {
            return false;
        }
    }
    return true;
}

/* ---- what the device gets ---------------------------------------------------------- */

static bool enrollment_read_status(const struct document_place *place,
                                   struct enrollment *e)
{
    static const char *const failure_members[] = { "errorCode", "errorMessage" };
    struct document_place status_place = document_member(place, "status");
    const char *status = enrollment_status_names[ENROLLMENT_ASSIGNED];
    size_t i = 0;

    if (!document_string(place, "status", &status)) {
        return false;
    }
    while (i < ENROLLMENT_STATUSES && strcmp(status, enrollment_status_names[i]) != 0) {
        i++;
    }
    if (i == ENROLLMENT_STATUSES) {
        return document_wrong(&status_place,
                              "unknown: assigned, failed, disabled or unassigned");
    }
    e->status = (enum enrollment_status)i;
    for (i = 0; i < COUNT(failure_members) && e->status != ENROLLMENT_FAILED; i++) {
        struct document_place member = document_member(place, failure_members[i]);

        if (member.value != NULL) {
            return document_wrong(&member, "goes with the status \"failed\" only");
        }
    }
    return document_number(place, "errorCode", 1, UINT32_MAX, &e->error_code)
           && document_string(place, "errorMessage", &e->error_message);
}

/* An object of at least `size` bytes. */
static char *enrollment_make_payload(size_t size, size_t *len)
{
    static const char start[] = "{\"filler\":\"", end[] = "\"}";
    static const char text[] = "0123456789abcdefghijklmnopqrstuvwxyz-";
    size_t around = sizeof start - 1 + sizeof end - 1;
    size_t middle = size > around ? size - around : 0;
    char *payload = malloc(around + middle + 1);

    if (payload == NULL) {
        return NULL;
    }
    memcpy(payload, start, sizeof start - 1);
    for (size_t i = 0; i < middle; i++) {
        payload[sizeof start - 1 + i] = text[i % (sizeof text - 1)];
    }
    memcpy(payload + sizeof start - 1 + middle, end, sizeof end);
    *len = around + middle;
    return payload;
}

/* The text of an object, its numbers as short as they keep their value: 0.1, where the 17
 * digits that are always enough would make it 0.10000000000000001. */
static char *enrollment_write_payload(json_t *object)
{
    char *text = json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(15));
    json_t *again = text == NULL ? NULL : json_loads(text, JSON_ALLOW_NUL, NULL);

    if (again != NULL && !json_equal(again, object)) {
        free(text);
        text = json_dumps(object, JSON_COMPACT);
    }
    json_decref(again);
    return text;
}

static bool enrollment_read_payload(const struct document_place *place,
                                    struct enrollment *e)
{
    struct document_place payload = document_member(place, "payload");
    struct document_place size_place = document_member(place, "payloadSize");
    int64_t size = 0;

    if (payload.value != NULL && size_place.value != NULL) {
        return document_wrong(&size_place, "\"payload\" is there too; one of the two");
    }
    if (payload.value != NULL && !json_is_object(payload.value)) {
        return document_wrong(&payload, "must be an object");
    }
    if (!document_number(place, "payloadSize", 0, ENROLLMENT_PAYLOAD_MAX, &size)) {
        return false;
    }
    if (payload.value != NULL) {
        e->payload = enrollment_write_payload(payload.value);
        e->payload_len = e->payload == NULL ? 0 : strlen(e->payload);
    } else if (size_place.value != NULL) {
        e->payload = enrollment_make_payload((size_t)size, &e->payload_len);
    } else {
        return true;
    }
    return e->payload != NULL || document_wrong(&payload, "not enough memory");
}

static bool enrollment_read_rest(const struct document_place *place, struct enrollment *e)
{
    e->device_id = e->is_group ? NULL : e->id;
    e->assigned_hub = "demo-hub.azure-devices.test";
    e->substatus = "initialAssignment";
    e->polls = 1;
    e->retry_after_s = 1;
    return enrollment_read_keys(place, e)
           && document_string(place, "assignedHub", &e->assigned_hub)
           && document_string(place, "deviceId", &e->device_id)
           && document_number(place, "polls", 0, ENROLLMENT_POLLS_MAX, &e->polls)
           && document_number(place, "retryAfter", 0, UINT32_MAX, &e->retry_after_s)
           && enrollment_read_status(place, e)
           && document_string(place, "substatus", &e->substatus)
           && enrollment_read_payload(place, e)
           && enrollment_read_script(place, &e->script);
}

/* ---- individuals and groups -------------------------------------------------------- */

static const char *const individual_members[] = {
    "registrationId", "symmetricKey", "certificate", "assignedHub", "deviceId",
    "polls",          "retryAfter",   "status",      "errorCode",   "errorMessage",
    "substatus",      "payload",      "payloadSize", "script"
};
static const char *const group_members[] = {
    "enrollmentGroupId", "symmetricKey", "certificate", "assignedHub",
    "polls",             "retryAfter",   "status",      "errorCode",
    "errorMessage",      "substatus",    "payload",     "payloadSize",
    "script"
};

/* The two arrays of the document. */
struct enrollment_kind {
    const char *array, *id;
    const char *const *members;
    size_t member_count;
};
static const struct enrollment_kind individual_kind = {
    "enrollments", "registrationId", individual_members, COUNT(individual_members)
};
static const struct enrollment_kind group_kind = {
    "enrollmentGroups", "enrollmentGroupId", group_members, COUNT(group_members)
};

static bool enrollment_read_id(const struct document_place *place,
                               const struct enrollment_kind *kind, struct enrollment *e,
                               const struct enrollment *earlier)
{
    struct document_place id = document_member(place, kind->id);

    if (id.value == NULL) {
        return document_wrong(&id, "missing");
    }
    if (!document_string(place, kind->id, &e->id)) {
        return false;
    }
    if (!user_name_id_is_valid(user_name_text(e->id))) {
        return document_wrong(&id, "must be 1 to 128 of A-Z a-z 0-9 - . _ : and end in a "
                                   "letter, a digit or -");
    }
    for (const struct enrollment *other = earlier; other < e; other++) {
        if (user_name_same_id(user_name_text(other->id), user_name_text(e->id))) {
            return document_wrong(&id, "the same as %s[%td]'s", kind->array,
                                  other - earlier);
        }
    }
    return true;
}

static bool enrollments_read_kind(const struct document_place *root,
                                  const struct enrollment_kind *kind,
                                  struct enrollment **out, size_t *out_count)
{
    struct document_place array = document_member(root, kind->array);
    size_t count;

    if (!document_is_array(&array)) {
        return false;
    }
    count = json_array_size(array.value);
    *out = calloc(count + 1, sizeof **out);
    if (*out == NULL) {
        return document_wrong(&array, "not enough memory");
    }
    *out_count = count;
    for (size_t i = 0; i < count; i++) {
        struct document_place place = document_element(&array, i);

        (*out)[i].is_group = kind == &group_kind;
        if (!document_members(&place, kind->members, kind->member_count)
            || !enrollment_read_id(&place, kind, *out + i, *out)
            || !enrollment_read_rest(&place, *out + i)) {
            return false;
        }
    }
    return true;
}

static bool enrollments_read_root(struct enrollments *enrollments,
                                  const struct document_place *root)
{
    static const char *const members[] = { "idScope", "enrollments", "enrollmentGroups" };
    struct document_place scope = document_member(root, "idScope");

    if (!document_members(root, members, COUNT(members))
        || !document_string(root, "idScope", &enrollments->id_scope)) {
        return false;
    }
    if (!user_name_scope_is_valid(user_name_text(enrollments->id_scope))) {
        return document_wrong(&scope, "must be 1 to 32 letters and digits");
    }
    return enrollments_read_kind(root, &individual_kind, &enrollments->individuals,
                                 &enrollments->individual_count)
           && enrollments_read_kind(root, &group_kind, &enrollments->groups,
                                    &enrollments->group_count);
}

/* ---- public ------------------------------------------------------------------------ */

/* The keys are the base64 of "tinydps demo key, not a secret!!" and of
 * "tinydps demo group key, public!!". */
static const char enrollments_demo[] =
    "{ \"enrollments\": [ { \"registrationId\": \"demo-device\","
    " \"symmetricKey\": \"dGlueWRwcyBkZW1vIGtleSwgbm90IGEgc2VjcmV0ISE=\" } ],"
    " \"enrollmentGroups\": [ { \"enrollmentGroupId\": \"demo-group\","
    " \"symmetricKey\": \"dGlueWRwcyBkZW1vIGdyb3VwIGtleSwgcHVibGljISE=\" } ] }";

int enrollments_read(struct enrollments *enrollments, const char *text, size_t len,
                     struct document_why *why)
{
    struct document_place root = { NULL, NULL, 0, NULL, why };
    json_error_t error;

    memset(enrollments, 0, sizeof *enrollments);
    enrollments->id_scope = "0ne00000000";
    if (text == NULL) {
        text = enrollments_demo;
        len = sizeof enrollments_demo - 1;
    }
    root.value = json_loadb(text, len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
    if (root.value == NULL) {
        char reason[2 * JSON_ERROR_TEXT_LENGTH];

        document_wrong(
            &root, "line %d, column %d: not JSON: %s", error.line, error.column,
            escape_text(reason, sizeof reason, error.text, strlen(error.text)));
        return -1;
    }
    enrollments->document = root.value;
    if (!enrollments_read_root(enrollments, &root)) {
        enrollments_free(enrollments);
        return -1;
    }
    return 0;
}

static void enrollments_free_array(struct enrollment *array, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < array[i].key_count; k++) {
            dps_sas_key_wipe(&array[i].keys[k]);
        }
        free(array[i].payload);
        free(array[i].script.rules);
    }
    free(array);
}

void enrollments_free(struct enrollments *enrollments)
{
    enrollments_free_array(enrollments->individuals, enrollments->individual_count);
    enrollments_free_array(enrollments->groups, enrollments->group_count);
    json_decref(enrollments->document);
    memset(enrollments, 0, sizeof *enrollments);
}

struct enrollment *enrollments_find(const struct enrollments *enrollments,
                                    const char *registration_id)
{
    struct dps_bytes id = user_name_text(registration_id);

    for (size_t i = 0; i < enrollments->individual_count; i++) {
        if (user_name_same_id(user_name_text(enrollments->individuals[i].id), id)) {
            return &enrollments->individuals[i];
        }
    }
    return NULL;
}
