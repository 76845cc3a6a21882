/* SPDX-License-Identifier: MIT
 *
 * service_packet() sends each packet type to its function. CONNECT is answered as
 * admission finds, but for its verdict on the token, which waits for the register's
 * answer; SUBSCRIBE is granted or not, UNSUBSCRIBE takes the grant back; a PUBLISH is a
 * register or a poll, gathered piece by piece, answered when whole. A scripted rule goes
 * before all of it. */
#include "tools/emulator/service.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mqtt/server.h"
#include "tools/common/escape.h"
#include "tools/emulator/answer.h"
#include "tools/emulator/log.h"

enum { SERVICE_SHOWN = 160, SERVICE_TOPIC_SIZE = 256 };

/* What the documented topics ask for. */
enum service_kind { SERVICE_NO_REQUEST, SERVICE_REGISTER, SERVICE_POLL };

/* Error answers that are not scripted. Of the six digits, 400004 and 401000 were seen on
 * this interface; 4042xx on the service's own. */
static const struct service_error {
    uint16_t status;
    uint32_t code;
    const char *message;
} service_bad_id = { 400, 400004, "Invalid RegistrationId" },
  service_bad_body = { 400, 400004, "BadRequest" },
  service_unauthorized = { 401, 401000, "Unauthorized" },
  service_unknown_scope = { 404, 404201, "ID scope not found" },
  service_unknown_operation = { 404, 404202, "Operation not found" };

static const struct dps_bytes service_nothing = { NULL, 0 };

/* The one topic filter that is granted: all answers are published below it. */
static const char service_filter[] = "$dps/registrations/res/#";

/* ---- small things ------------------------------------------------------------------ */

#define SERVICE_LOG(client, ...) \
    log_event((client)->peer, (client)->device.log_id, __VA_ARGS__)

static bool service_is(struct dps_bytes bytes, const char *text)
{
    return bytes.len == strlen(text) && memcmp(bytes.at, text, bytes.len) == 0;
}

enum service_verdict service_violation(const struct service_client *client,
                                       const char *what, enum dps_mqtt_error error)
{
    const char *rule = dps_mqtt_error_rule(error);
    bool is_ruled = rule[0] != '\0'; /* a limit of this side breaks none */

    SERVICE_LOG(client, "%s: %s%s%s%s; closing", what, dps_mqtt_error_text(error),
                is_ruled ? " [" : "", rule, is_ruled ? "]" : "");
    return SERVICE_CLOSE;
}

/* The scripted rule for a step, if there is one; does what can be done by the outbox. */
static const struct script_rule *service_script(struct service_client *client,
                                                enum script_step step)
{
    static const char *const names[] = {
        [SCRIPT_CONNACK] = "connack", [SCRIPT_STATUS] = "status",
        [SCRIPT_DELAY] = "delay", [SCRIPT_SILENT] = "silent", [SCRIPT_DROP] = "drop"
    };
    struct enrollment *scripted = client->device.scripted;
    const struct script_rule *rule =
        scripted == NULL ? NULL : script_take(&scripted->script, step);

    if (rule == NULL) {
        return NULL;
    }
    SERVICE_LOG(client, "%s: scripted %s", script_step_names[step], names[rule->action]);
    if (rule->action == SCRIPT_SILENT) {
        outbox_silence(&client->outbox);
    }
    return rule;
}

static bool service_rule_is(const struct script_rule *rule, enum script_action action)
{
    return rule != NULL && rule->action == (uint8_t)action;
}

static void service_delay(struct service_client *client, const struct script_rule *rule,
                          uint64_t now_ms)
{
    if (service_rule_is(rule, SCRIPT_DELAY)) {
        outbox_delay(&client->outbox, now_ms + rule->delay_ms);
    }
}

/* ---- CONNECT ----------------------------------------------------------------------- */

/* [MQTT-3.1.4-2] The older connection with the same client ID ends. */
static void service_join(struct service *service, struct service_client *client)
{
    const char *id = client->device.registration_id;

    for (struct service_client *other = service->clients; other != NULL;
         other = other->next) {
        if (strcmp(other->device.registration_id, id) == 0 && id[0] != '\0'
            && !other->replaced) {
            other->replaced = true;
            SERVICE_LOG(other, "replaced by a newer connection; closing [MQTT-3.1.4-2]");
        }
    }
    client->next = service->clients;
    service->clients = client;
}

static enum service_verdict service_refuse(struct service_client *client, uint8_t code,
                                           const char *why)
{
    SERVICE_LOG(client, "connect: CONNACK %u, %s", code, why);
    outbox_connack(&client->outbox, code);
    return SERVICE_CLOSE;
}

static enum service_verdict service_accept(struct service *service,
                                           struct service_client *client,
                                           const struct dps_mqtt_connect *connect,
                                           const struct user_name *name)
{
    const char *token = client->device.refusal == ADMISSION_BAD_ID
                            ? "invalid registration ID"
                            : "unknown ID scope";
    char version[SERVICE_SHOWN], product[SERVICE_SHOWN];

    if (client->device.refusal == ADMISSION_WELCOME) {
        token = admission_authenticate(&client->device, service->enrollments, name,
                                       connect->password);
    }
    client->connected = true;
    client->keep_alive_s = connect->keep_alive_s;
    service_join(service, client);
    outbox_connack(&client->outbox, 0);
    escape_text(version, sizeof version, name->api_version.at, name->api_version.len);
    escape_text(product, sizeof product, name->client_version.at,
                name->client_version.len);
    SERVICE_LOG(client, "connect: accepted, api-version %s%s%s; token: %s", version,
                name->client_version.at == NULL ? "" : ", ClientVersion ", product,
                token);
    return SERVICE_GOES_ON;
}

static enum service_verdict service_connect(struct service *service,
                                            struct service_client *client,
                                            const struct dps_mqtt_packet *packet,
                                            uint64_t now_ms)
{
    struct dps_mqtt_connect connect;
    struct dps_mqtt_will will; /* this service publishes none */
    struct user_name name;
    enum dps_mqtt_error error;
    const struct script_rule *rule;
    const char *why;

    if (client->connected) {
        SERVICE_LOG(client, "a second CONNECT [MQTT-3.1.0-2]; closing");
        return SERVICE_CLOSE;
    }
    error = dps_mqtt_read_connect(packet->body, &connect, &will);
    if (error == DPS_MQTT_ERR_PROTOCOL_LEVEL) {
        return service_refuse(client, 1, "the protocol level is not 4 [MQTT-3.1.2-2]");
    }
    if (error != DPS_MQTT_OK) {
        return service_violation(client, "CONNECT", error);
    }
    if (connect.client_id.len == 0 && connect.clean_session == 0) {
        return service_refuse(client, 2, "no client ID, CleanSession 0 [MQTT-3.1.3-8]");
    }
    why = admission_identify(&client->device, service->enrollments, &connect, &name);
    if (why != NULL) {
        return service_refuse(client, 5, why);
    }
    rule = service_script(client, SCRIPT_CONNECT);
    if (service_rule_is(rule, SCRIPT_DROP)) {
        return SERVICE_RESET;
    }
    service_delay(client, rule, now_ms);
    if (service_rule_is(rule, SCRIPT_CONNACK)) {
        return service_refuse(client, rule->connack, "scripted");
    }
    if (connect.password.len == 0) {
        return service_refuse(client, 5,
                              "no credential: neither a token nor a certificate");
    }
    return service_accept(service, client, &connect, &name);
}

/* ---- SUBSCRIBE --------------------------------------------------------------------- */

/* The one filter that there is, at most at QoS 1; any other one is refused. */
static uint8_t service_grant(struct service_client *client,
                             const struct dps_mqtt_filter *filter)
{
    char shown[SERVICE_SHOWN];

    escape_text(shown, sizeof shown, filter->topic_filter.at, filter->topic_filter.len);
    if (!service_is(filter->topic_filter, service_filter)) {
        SERVICE_LOG(client, "subscribe: \"%s\" refused, not a documented filter", shown);
        return DPS_MQTT_SUBACK_FAILURE;
    }
    client->subscribed = true;
    client->granted = filter->qos > 1 ? 1 : filter->qos;
    SERVICE_LOG(client, "subscribe: \"%s\", QoS %u asked, %u granted", shown, filter->qos,
                client->granted);
    return client->granted;
}

static enum service_verdict service_subscribe(struct service_client *client,
                                              const struct dps_mqtt_packet *packet,
                                              uint64_t now_ms)
{
    /* A filter takes four bytes at least: two of length, one character, one of QoS. */
    size_t most = packet->body.len / 4 + 1;
    struct dps_bytes rest = packet->body, codes = service_nothing;
    const struct script_rule *rule = service_script(client, SCRIPT_SUBSCRIBE);
    struct dps_mqtt_filter filter;
    uint8_t *code;

    if (service_rule_is(rule, SCRIPT_DROP)) {
        return SERVICE_RESET;
    }
    code = malloc(most);
    if (code == NULL) {
        return SERVICE_RESET;
    }
    codes.at = code;
    do {
        enum dps_mqtt_error error = dps_mqtt_read_filter(&rest, &filter);

        if (error != DPS_MQTT_OK) {
            free(code);
            return service_violation(client, "SUBSCRIBE", error);
        }
        code[codes.len++] = service_grant(client, &filter);
    } while (rest.len != 0);
    service_delay(client, rule, now_ms);
    outbox_suback(&client->outbox, codes, packet->packet_identifier);
    free(code);
    return SERVICE_GOES_ON;
}

/* ---- UNSUBSCRIBE ------------------------------------------------------------------- */

/* [MQTT-3.10.4-1] Compared byte by byte: what a filter matches does not count. */
static void service_revoke(struct service_client *client, struct dps_bytes topic_filter)
{
    bool removes = client->subscribed && service_is(topic_filter, service_filter);
    char shown[SERVICE_SHOWN];

    escape_text(shown, sizeof shown, topic_filter.at, topic_filter.len);
    SERVICE_LOG(client, "unsubscribe: \"%s\" %s", shown,
                removes ? "removed" : "was not subscribed to");
    if (removes) {
        client->subscribed = false;
    }
}

/* One UNSUBACK, whatever was removed [MQTT-3.10.4-5] [MQTT-3.10.4-6]; what waits in the
 * outbox is still sent [MQTT-3.10.4-3]. */
static enum service_verdict service_unsubscribe(struct service_client *client,
                                                const struct dps_mqtt_packet *packet)
{
    struct dps_bytes rest = packet->body, topic_filter;

    do {
        enum dps_mqtt_error error = dps_mqtt_read_topic_filter(&rest, &topic_filter);

        if (error != DPS_MQTT_OK) {
            return service_violation(client, "UNSUBSCRIBE", error);
        }
        service_revoke(client, topic_filter);
    } while (rest.len != 0);
    outbox_unsuback(&client->outbox, packet->packet_identifier);
    return SERVICE_GOES_ON;
}

/* ---- topics ------------------------------------------------------------------------ */

/* The value of one of the properties "name=value&name=value"; false: it is not there, is
 * empty, or does not fit `cap` bytes with its NUL. */
static bool service_property(struct dps_bytes properties, const char *name, char *out,
                             size_t cap)
{
    size_t name_len = strlen(name);

    while (properties.len != 0) {
        const uint8_t *end = memchr(properties.at, '&', properties.len);
        size_t len = end == NULL ? properties.len : (size_t)(end - properties.at);

        if (len > name_len && memcmp(properties.at, name, name_len) == 0) {
            len -= name_len;
            if (len > cap - 1) {
                return false;
            }
            memcpy(out, properties.at + name_len, len);
            out[len] = '\0';
            return true;
        }
        properties.at += end == NULL ? len : len + 1;
        properties.len -= end == NULL ? len : len + 1;
    }
    return false;
}

/* Reads the topic; false when it is none of the documented two. An operation ID that is
 * missing, or longer than any, is "" then: unknown, as others are. */
static bool service_read_topic(struct dps_bytes topic, struct service_request *request)
{
    static const char put[] = "$dps/registrations/PUT/iotdps-register/?";
    static const char get[] = "$dps/registrations/GET/iotdps-get-operationstatus/?";
    struct dps_bytes properties = topic;
    size_t len;

    if (topic.len >= sizeof put - 1 && memcmp(topic.at, put, sizeof put - 1) == 0) {
        request->kind = SERVICE_REGISTER;
        len = sizeof put - 1;
    } else if (topic.len >= sizeof get - 1
               && memcmp(topic.at, get, sizeof get - 1) == 0) {
        request->kind = SERVICE_POLL;
        len = sizeof get - 1;
    } else {
        return false;
    }
    properties.at += len;
    properties.len -= len;
    if (!service_property(properties, "operationId=", request->operation_id,
                          sizeof request->operation_id)) {
        request->operation_id[0] = '\0';
    }
    return service_property(properties, "$rid=", request->rid, sizeof request->rid);
}

/* ---- answers ----------------------------------------------------------------------- */

/* Sends `start`, the enrollment's payload if it has one, `end`; frees `start`. */
static void service_answer(struct service_client *client, unsigned status,
                           int64_t retry_after_s, char *start, struct dps_bytes payload,
                           const char *end)
{
    char topic[SERVICE_TOPIC_SIZE];
    int len = snprintf(topic, sizeof topic, "$dps/registrations/res/%u/?$rid=%s", status,
                       client->request.rid);

    if (start == NULL) {
        client->outbox.failed = true;
        return;
    }
    if (retry_after_s != SCRIPT_NO_RETRY_AFTER) {
        snprintf(topic + len, sizeof topic - (size_t)len, "&retry-after=%lld",
                 (long long)retry_after_s);
    }
    if (client->subscribed) {
        outbox_publish(&client->outbox, topic, start, payload, end, client->granted);
    } else {
        SERVICE_LOG(client, "no subscription: the answer is not delivered");
    }
    free(start);
}

static void service_answer_error(struct service_client *client,
                                 const struct service_error *error, int64_t retry_after_s)
{
    char shown[SERVICE_SHOWN];

    escape_text(shown, sizeof shown, error->message, strlen(error->message));
    SERVICE_LOG(client, "%s: %u, errorCode %lu, %s",
                client->request.kind == SERVICE_REGISTER ? "register" : "poll",
                error->status, (unsigned long)error->code, shown);
    service_answer(client, error->status, retry_after_s,
                   answer_error(error->code, error->message), service_nothing, "");
}

static void service_answer_assigning(struct service_client *client,
                                     const struct registration *registration)
{
    bool poll = client->request.kind == SERVICE_POLL;

    SERVICE_LOG(client, "%s: 202 assigning, operation %s", poll ? "poll" : "register",
                registration->operation_id);
    service_answer(client, 202, client->device.enrollment->retry_after_s,
                   answer_assigning(registration, poll), service_nothing, "");
}

static void service_answer_final(struct service_client *client,
                                 const struct registration *registration)
{
    const struct enrollment *e = client->device.enrollment;
    struct dps_bytes payload = { (const uint8_t *)e->payload, e->payload_len };

    SERVICE_LOG(client, "%s: 200 %s, payload %zu bytes",
                client->request.kind == SERVICE_POLL ? "poll" : "register",
                enrollment_status_names[e->status], e->payload_len);
    service_answer(client, 200, SCRIPT_NO_RETRY_AFTER,
                   answer_final(e, client->device.registration_id, registration), payload,
                   e->payload == NULL ? "" : ANSWER_END);
}

/* The refusal that CONNECT has settled; true when there was one. */
static bool service_refused(struct service_client *client)
{
    static const struct service_error *const errors[] = {
        [ADMISSION_BAD_ID] = &service_bad_id,
        [ADMISSION_BAD_SCOPE] = &service_unknown_scope,
        [ADMISSION_BAD_TOKEN] = &service_unauthorized,
    };

    if (client->device.refusal == ADMISSION_WELCOME) {
        return false;
    }
    service_answer_error(client, errors[client->device.refusal], SCRIPT_NO_RETRY_AFTER);
    return true;
}

/* ---- register ---------------------------------------------------------------------- */

/* DeviceRegistration: an object, whose registrationId, if it has one, is the
 * connection's, and whose payload, if it has one, is an object. Absent, null, and no body
 * at all: fine. Integers are read as reals, because JSON bounds neither (RFC 8259 6). */
static bool service_body_is_good(const struct service_client *client)
{
    const struct service_request *request = &client->request;
    json_t *body, *id, *payload;
    json_error_t error;
    bool good;

    if (request->body_len == 0) {
        return true;
    }
    body = json_loadb(request->body, request->body_len,
                      JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL,
                      &error);
    id = json_object_get(body, "registrationId");
    payload = json_object_get(body, "payload");
    good = json_is_object(body)
           && (payload == NULL || json_is_null(payload) || json_is_object(payload));
    if (good && id != NULL && !json_is_null(id)) {
        struct dps_bytes text = { (const uint8_t *)json_string_value(id),
                                  json_string_length(id) };

        good = json_is_string(id)
               && user_name_same_id(text, user_name_text(client->device.registration_id));
    }
    json_decref(body);
    return good;
}

static void service_register(struct service *service, struct service_client *client)
{
    struct registration *registration;

    if (service_refused(client)) {
        return;
    }
    if (!service_body_is_good(client)) {
        service_answer_error(client, &service_bad_body, SCRIPT_NO_RETRY_AFTER);
        return;
    }
    if (client->device.enrollment->status == ENROLLMENT_DISABLED) {
        service_answer_final(client, NULL);
        return;
    }
    registration = registry_begin(&service->registry, client->device.registration_id);
    if (registration == NULL) {
        client->outbox.failed = true;
        return;
    }
    answer_operation_id(registration->operation_id);
    answer_time(registration->created);
    if (client->device.enrollment->polls == 0) {
        service_answer_final(client, registration);
    } else {
        service_answer_assigning(client, registration);
    }
}

/* ---- poll -------------------------------------------------------------------------- */

static void service_poll(struct service *service, struct service_client *client)
{
    struct registration *registration;

    if (service_refused(client)) {
        return;
    }
    registration = registry_find(&service->registry, client->device.registration_id,
                                 user_name_text(client->request.operation_id));
    if (registration == NULL) {
        service_answer_error(client, &service_unknown_operation, SCRIPT_NO_RETRY_AFTER);
        return;
    }
    registration->polls++;
    if (registration->polls < client->device.enrollment->polls) {
        service_answer_assigning(client, registration);
    } else {
        service_answer_final(client, registration);
    }
}

/* ---- PUBLISH ----------------------------------------------------------------------- */

static void service_end_request(struct service_client *client)
{
    free(client->request.body);
    memset(&client->request, 0, sizeof client->request);
}

/* The first piece: which request it is, and room for a register's body, whose size the
 * reader has bounded. */
static enum service_verdict service_begin_request(struct service_client *client,
                                                  const struct dps_mqtt_packet *packet)
{
    struct service_request *request = &client->request;
    char shown[SERVICE_SHOWN];

    request->qos = (packet->flags & DPS_MQTT_FLAG_QOS) >> DPS_MQTT_FLAG_QOS_SHIFT;
    request->packet_identifier = packet->packet_identifier;
    if (request->qos == 2) {
        SERVICE_LOG(client, "a PUBLISH of QoS 2: the service takes none; closing");
        return SERVICE_CLOSE;
    }
    if (!service_read_topic(packet->topic, request)) {
        escape_text(shown, sizeof shown, packet->topic.at, packet->topic.len);
        SERVICE_LOG(client, "a PUBLISH to \"%s\": not a documented topic, or a request "
                            "identifier in it over 128 bytes; closing", shown);
        return SERVICE_CLOSE;
    }
    if (request->kind == SERVICE_REGISTER && packet->total != 0) {
        request->body = malloc(packet->total);
        if (request->body == NULL) {
            return SERVICE_RESET;
        }
    }
    return SERVICE_GOES_ON;
}

/* The last piece was taken: acknowledge it, then answer, in this order. */
static enum service_verdict service_whole_request(struct service *service,
                                                  struct service_client *client,
                                                  uint64_t now_ms)
{
    struct service_request *request = &client->request;
    bool registers = request->kind == SERVICE_REGISTER;
    const struct script_rule *rule =
        service_script(client, registers ? SCRIPT_REGISTER : SCRIPT_POLL);

    if (service_rule_is(rule, SCRIPT_DROP)) {
        return SERVICE_RESET;
    }
    if (request->qos == 1) {
        outbox_puback(&client->outbox, request->packet_identifier);
    }
    service_delay(client, rule, now_ms);
    if (service_rule_is(rule, SCRIPT_STATUS)) {
        struct service_error error = { rule->status, rule->error_code, rule->message };

        service_answer_error(client, &error, rule->retry_after_s);
    } else if (registers) {
        service_register(service, client);
    } else {
        service_poll(service, client);
    }
    return SERVICE_GOES_ON;
}

static enum service_verdict service_publish(struct service *service,
                                            struct service_client *client,
                                            const struct dps_mqtt_packet *packet,
                                            uint64_t now_ms)
{
    struct service_request *request = &client->request;
    enum service_verdict verdict = SERVICE_GOES_ON;

    if (request->kind == SERVICE_NO_REQUEST) {
        verdict = service_begin_request(client, packet);
    }
    if (verdict == SERVICE_GOES_ON && request->body != NULL) {
        memcpy(request->body + packet->offset, packet->body.at, packet->body.len);
        request->body_len = packet->offset + packet->body.len;
    }
    if (verdict == SERVICE_GOES_ON && packet->last) {
        verdict = service_whole_request(service, client, now_ms);
    }
    if (verdict != SERVICE_GOES_ON || packet->last) {
        service_end_request(client);
    }
    return verdict;
}

/* ---- QoS 2 ------------------------------------------------------------------------- */

/* No message of QoS 2 was taken, so this one is unknown. It is answered all the same: the
 * standard asks for it [MQTT-4.3.3-2], and a peer would send it again for ever. */
static enum service_verdict service_pubrel(struct service_client *client,
                                           uint16_t packet_identifier)
{
    SERVICE_LOG(client, "PUBREL %u of no message: PUBCOMP", packet_identifier);
    outbox_pubcomp(&client->outbox, packet_identifier);
    return SERVICE_GOES_ON;
}

/* The standard is silent about acknowledgements of what was never sent. */
static enum service_verdict service_ignore(const struct service_client *client,
                                           const struct dps_mqtt_packet *packet)
{
    SERVICE_LOG(client, "%s %u of no message: ignored",
                dps_mqtt_packet_name(packet->type), packet->packet_identifier);
    return SERVICE_GOES_ON;
}

/* ---- public ------------------------------------------------------------------------ */

void service_init(struct service *service, struct enrollments *enrollments)
{
    memset(service, 0, sizeof *service);
    service->enrollments = enrollments;
}

void service_free(struct service *service)
{
    registry_free(&service->registry);
}

void service_client_init(struct service_client *client, const char *peer)
{
    memset(client, 0, sizeof *client);
    client->peer = peer;
    outbox_init(&client->outbox);
}

void service_client_free(struct service *service, struct service_client *client)
{
    struct service_client **at = &service->clients;

    while (*at != NULL && *at != client) {
        at = &(*at)->next;
    }
    if (*at != NULL) {
        *at = client->next;
    }
    service_end_request(client);
    outbox_free(&client->outbox);
}

enum service_verdict service_packet(struct service *service,
                                    struct service_client *client,
                                    const struct dps_mqtt_packet *packet, uint64_t now_ms)
{
    if (!client->connected && packet->type != DPS_MQTT_CONNECT) {
        SERVICE_LOG(client, "%s before CONNECT [MQTT-3.1.0-1]; closing",
                    dps_mqtt_packet_name(packet->type));
        return SERVICE_CLOSE;
    }
    switch (packet->type) {
    case DPS_MQTT_CONNECT:
        return service_connect(service, client, packet, now_ms);
    case DPS_MQTT_SUBSCRIBE:
        return service_subscribe(client, packet, now_ms);
    case DPS_MQTT_UNSUBSCRIBE:
        return service_unsubscribe(client, packet);
    case DPS_MQTT_PUBLISH:
        return service_publish(service, client, packet, now_ms);
    case DPS_MQTT_PUBACK:
        outbox_acknowledged(&client->outbox, packet->packet_identifier);
        return SERVICE_GOES_ON;
    case DPS_MQTT_PUBREC:
    case DPS_MQTT_PUBCOMP:
        return service_ignore(client, packet);
    case DPS_MQTT_PUBREL:
        return service_pubrel(client, packet->packet_identifier);
    case DPS_MQTT_PINGREQ:
        outbox_pingresp(&client->outbox);
        return SERVICE_GOES_ON;
    case DPS_MQTT_DISCONNECT:
    default: /* a reader in the server's role tells no other type */
        SERVICE_LOG(client, "disconnect");
        outbox_free(&client->outbox); /* nobody is there to read it [MQTT-3.14.4-1] */
        return SERVICE_CLOSE;
    }
}
