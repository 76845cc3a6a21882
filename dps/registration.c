/* SPDX-License-Identifier: MIT
 *
 * The registration. A row of the table below says what a state awaits, and what is to be
 * sent and told when it has come; a message first goes topic -> $rid -> body. Two ways
 * lead off the table's road: an answer may be the last one, and a failure leads to
 * REG_FAILED from every state before the outcome is decided, see dps_registration_fail().
 *
 * One invariant saves half a kilobyte: requests and answers share the bytes of
 * `exchange.u`. From dps_registration_packet() to dps_registration_sent() they are
 * `text` (has_text), else `answer`. It holds because a request is made only when no
 * answer is awaited, and its answer is awaited only when nothing is left to send: one
 * that comes earlier answers nothing that the peer can have seen. */
#include "dps/registration.h"

#include <string.h>

#include "sas/text.h"
#include "sas/wipe.h"

/* ---- The table --------------------------------------------------------------------- */

/* What is awaited; up to REG_POLL as numbered at DPS_ERR_TIME_OUT. */
enum {
    REG_OPEN,     /* the stream */
    REG_CONNACK,
    REG_SUBACK,
    REG_REGISTER, /* the register answer */
    REG_WAIT,     /* the time of the next poll */
    REG_POLL,     /* its answer */
    REG_ASSIGNED, /* the end of the connection, */
    REG_FAILED,   /* in both of them */
    REG_OVER
};

/* One row a state. */
static const struct reg_step {
    uint8_t on, go, send, tell;
} reg_steps[] = {
    /* on                   go            send                tell */
    { DPS_MQTT_OPENED,     REG_CONNACK,  DPS_SEND_NOTHING,   DPS_OPENED },
    { DPS_MQTT_CONNECTED,  REG_SUBACK,   DPS_SEND_SUBSCRIBE, DPS_CONNECTED },
    { DPS_MQTT_SUBSCRIBED, REG_REGISTER, DPS_SEND_REGISTER,  DPS_REGISTERING },
    { DPS_MQTT_MESSAGE,    REG_WAIT,     DPS_SEND_NOTHING,   DPS_WAITING },
    { DPS_MQTT_NOTHING,    REG_POLL,     DPS_SEND_POLL,      DPS_POLLING }, /* time */
    { DPS_MQTT_MESSAGE,    REG_WAIT,     DPS_SEND_NOTHING,   DPS_WAITING },
    { DPS_MQTT_CLOSED,     REG_OVER,     DPS_SEND_NOTHING,   DPS_ASSIGNED },
    { DPS_MQTT_CLOSED,     REG_OVER,     DPS_SEND_NOTHING,   DPS_FAILED },
    { DPS_MQTT_NOTHING,    REG_OVER,     DPS_SEND_NOTHING,   DPS_NOTHING },
};

static void reg_go(struct dps_registration *r, uint8_t state, uint8_t send, uint8_t tell)
{
    r->state = state;
    r->request = send;
    r->tell = tell;
}

/* What the state awaits has come, and leads on. */
static void reg_advance(struct dps_registration *r)
{
    const struct reg_step *step = &reg_steps[r->state];

    reg_go(r, step->go, step->send, step->tell);
}

/* ---- Failures ---------------------------------------------------------------------- */

/* The text is out, or will never be: it may hold the password. */
void dps_registration_sent(struct dps_registration *r)
{
    if (r->has_text) {
        r->has_text = 0;
        dps_wipe(&r->exchange.u, sizeof r->exchange.u);
    }
    r->request = DPS_SEND_NOTHING;
}

/* Whatever is on its way stays unsaid. The errors from DPS_ERR_REFUSED on, in each room's
 * enum, leave the protocol whole: the peer gets a good-bye. */
void dps_registration_fail(struct dps_registration *r, const struct dps_failure *failure)
{
    if (r->state < REG_ASSIGNED) {
        dps_registration_sent(r);
        r->reading = 0;
        r->failure = *failure;
        reg_go(r, REG_FAILED,
               failure->error < DPS_ERR_REFUSED ? DPS_CLOSE : DPS_SEND_DISCONNECT,
               DPS_NOTHING);
    }
}

/* What the errors' ranges stand for; each row holds up to the next one. */
static const struct reg_range {
    uint8_t from, layer, advice;
} reg_ranges[] = {
    { DPS_OK, DPS_LAYER_CALLER, DPS_ADVICE_FIX },
    { DPS_ERR_PEER, DPS_LAYER_SERVICE, DPS_ADVICE_GIVE_UP },
    { DPS_ERR_REFUSED, DPS_LAYER_SERVICE, DPS_ADVICE_FIX },
    { DPS_ERR_UNAVAILABLE, DPS_LAYER_SERVICE, DPS_ADVICE_RETRY },
    { DPS_ERR_FAILED, DPS_LAYER_SERVICE, DPS_ADVICE_FIX },
    { DPS_ERR_TIME, DPS_LAYER_TIME, DPS_ADVICE_RETRY },
};

static void reg_fail(struct dps_registration *r, enum dps_error error, int32_t detail)
{
    const struct reg_range *range = &reg_ranges[sizeof reg_ranges / sizeof reg_ranges[0]];
    struct dps_failure failure;

    do {
        range--;
    } while (error < range->from);
    failure.layer = range->layer;
    failure.error = (uint8_t)error;
    failure.advice = range->advice;
    failure.detail = detail;
    dps_registration_fail(r, &failure);
}

/* ---- The configuration ------------------------------------------------------------- */

/* Whether `text` is 1 to `max` letters, digits and characters of `more`, of which only
 * '-' may come last. */
static int reg_is_name(const char *text, size_t max, const char *more)
{
    size_t len = dps_text_span(text, more);

    return len - 1 < max && text[len] == '\0' && dps_text_span(text + len - 1, "-") != 0;
}

/* One JSON object and nothing else. */
static int reg_is_object(const struct dps_bytes *payload)
{
    struct dps_json json;
    struct dps_json_event event;

    dps_json_init(&json, "", 0);
    dps_json_input(&json, payload->at, payload->len, &event); /* no keys: in one go */
    return dps_json_end(&json) == DPS_OK;
}

static const char *reg_api_version(const struct dps_config *config)
{
    return config->api_version != NULL ? config->api_version : "2019-03-31";
}

/* The service's limit for a message ("Azure IoT Hub Device Provisioning Service limits"),
 * and what a body has around its registration ID and payload. */
static const char reg_body_id[] = "{\"registrationId\":\"";
static const char reg_body_payload[] = "\",\"payload\":";
static const char reg_body_end[] = "}";
enum {
    REG_BODY_MAX = 96 * 1024,
    REG_BODY_AROUND = sizeof reg_body_id - 1 + sizeof reg_body_payload - 1 + 1
};

static enum dps_error reg_check(const struct dps_config *config)
{
    if (!reg_is_name(config->id_scope, 32, "")) {
        return DPS_ERR_ID_SCOPE;
    }
    if (!reg_is_name(config->registration_id, 128, "-._:")) {
        return DPS_ERR_REGISTRATION_ID;
    }
    if (!reg_is_name(reg_api_version(config), 32, "-")) {
        return DPS_ERR_API_VERSION;
    }
    if (config->payload.len != 0) {
        if (config->payload.len
            > REG_BODY_MAX - REG_BODY_AROUND - strlen(config->registration_id)) {
            return DPS_ERR_PAYLOAD_LENGTH;
        }
        if (!reg_is_object(&config->payload)) {
            return DPS_ERR_PAYLOAD;
        }
    }
    if (config->qos > 2) {
        return DPS_ERR_QOS;
    }
    if (config->time_limit_ms - 1 >= INT32_MAX) {
        return DPS_ERR_TIME_LIMIT;
    }
    return DPS_OK;
}

void dps_registration_init(struct dps_registration *r, const struct dps_config *config)
{
    enum dps_error error;

    memset(r, 0, sizeof *r);
    r->config = config;
    r->left_ms = config->time_limit_ms;
    error = reg_check(config);
    if (error != DPS_OK) {
        reg_fail(r, error, 0);
    }
}

/* ---- Messages ---------------------------------------------------------------------- */

/* An answer without retry-after: at most 5 polls in 10 s, the service's quota. */
enum { REG_WAIT_ABSENT_S = 2 };

/* Of the request that goes out, or is out. */
static uint32_t reg_rid(const struct dps_registration *r)
{
    return r->first_rid + r->polls;
}

/* Whether `text` is `number` in decimal, and that alone: compared from its end. */
static int reg_is_decimal(const struct dps_bytes *text, uint32_t number)
{
    size_t left = text->len;

    do {
        if (left == 0 || text->at[--left] != '0' + number % 10) {
            return 0;
        }
        number /= 10;
    } while (number != 0);
    return left == 0;
}

/* A message begins: is it the answer to a request that is out? */
static void reg_message_begins(struct dps_registration *r, const struct dps_bytes *name)
{
    struct dps_topic topic;

    r->reading = 0;
    if (dps_topic_read(&topic, *name) != DPS_OK) {
        reg_fail(r, DPS_ERR_TOPIC, 0);
    } else if ((r->state == REG_REGISTER || r->state == REG_POLL)
               && r->request == DPS_SEND_NOTHING
               && reg_is_decimal(&topic.rid, reg_rid(r))) {
        r->reading = 1;
        r->wait_s = topic.retry_after_s != 0 ? topic.retry_after_s : REG_WAIT_ABSENT_S;
        dps_response_begin(&r->exchange, &topic);
    }
}

/* The answer is there to its last byte. */
static void reg_answer_ends(struct dps_registration *r)
{
    enum dps_error error = dps_response_end(&r->exchange);
    uint32_t detail = r->exchange.u.answer.refusal.status;

    if (error == DPS_OK) {
        if (dps_response_is_assigned(&r->exchange)) {
            reg_go(r, REG_ASSIGNED, DPS_SEND_DISCONNECT, DPS_NOTHING);
            return;
        }
        if (r->wait_s <= (r->left_ms - 1) / 1000) { /* it ends before the limit */
            r->wait_ms = r->wait_s * 1000;
            reg_advance(r);
            return;
        }
        error = DPS_ERR_RETRY_AFTER;
        detail = r->wait_s < INT32_MAX ? r->wait_s : INT32_MAX;
    }
    reg_fail(r, error, (int32_t)detail);
}

/* A piece of a message. Its payload is one member, so in one piece of the body there is
 * at most one piece of the payload: the rest can be read on behind it. */
static void reg_message(struct dps_registration *r, const struct dps_mqtt_packet *packet,
                        struct dps_event *event)
{
    const struct dps_bytes *body = &packet->body;
    struct dps_json_event payload;
    size_t at = 0;

    if (packet->offset == 0) {
        reg_message_begins(r, &packet->topic);
    }
    if (!r->reading) {
        return;
    }
    while (at < body->len) {
        at += dps_response_input(&r->exchange, body->at + at, body->len - at, &payload);
        if (payload.type != DPS_JSON_NOTHING) {
            event->type = DPS_PAYLOAD;
            event->payload = payload.bytes;
            event->last = payload.last;
            event->offset = r->exchange.u.answer.payload_offset;
            r->exchange.u.answer.payload_offset += (uint32_t)payload.bytes.len;
        }
    }
    if (packet->last) {
        reg_answer_ends(r);
    }
}

/* ---- The connection ---------------------------------------------------------------- */

/* An event of the connection. Another one than the state awaits is a violation, before
 * the outcome is decided; so is an end that nobody has given a reason for, which is what
 * REG_FAILED awaits then. */
static void reg_connection(struct dps_registration *r, const struct dps_mqtt_event *mqtt,
                           struct dps_event *event)
{
    static const struct dps_failure refused = { DPS_LAYER_MQTT,
                                                DPS_MQTT_ERR_SUBSCRIPTION_REFUSED,
                                                DPS_ADVICE_FIX, DPS_MQTT_SUBACK_FAILURE };

    if (mqtt->type != reg_steps[r->state].on) {
        reg_fail(r, DPS_ERR_OUT_OF_ORDER, 0);
    }
    if (mqtt->type == reg_steps[r->state].on) {
        reg_advance(r);
        if (mqtt->type == DPS_MQTT_SUBSCRIBED) {
            event->granted = mqtt->packet.body.at[0];
            if (event->granted == DPS_MQTT_SUBACK_FAILURE) {
                dps_registration_fail(r, &refused);
            } else {
                event->type = DPS_SUBSCRIBED; /* before what the row tells */
            }
        }
    }
}

/* ---- Requests ---------------------------------------------------------------------- */

static struct dps_bytes reg_bytes(const char *from, const char *to)
{
    struct dps_bytes bytes;

    bytes.at = (const uint8_t *)from;
    bytes.len = (size_t)(to - from);
    return bytes;
}

static void reg_user_name(struct dps_text *text, const struct dps_config *config)
{
    dps_text_string(text, config->id_scope);
    dps_text_string(text, "/registrations/");
    dps_text_string(text, config->registration_id);
    dps_text_string(text, "/api-version=");
    dps_text_string(text, reg_api_version(config));
    if (config->client_version != NULL) {
        dps_text_string(text, "&ClientVersion=");
        dps_text_percent(text, config->client_version);
    }
}

static enum dps_error reg_connect(struct dps_registration *r, struct dps_text *text,
                                  uint32_t utc_s, struct dps_mqtt_connect *connect)
{
    const struct dps_config *config = r->config;
    const char *id = config->registration_id;
    const char *user_name = text->at;
    enum dps_error error = DPS_OK;
    size_t cap;
    int n = 0;

    connect->keep_alive_s = DPS_KEEP_ALIVE_S;
    connect->clean_session = 1;
    connect->client_id = reg_bytes(id, id + strlen(id));
    reg_user_name(text, config);
    connect->user_name = reg_bytes(user_name, text->at);
    cap = (size_t)(text->end - text->at);
    if (utc_s == 0) {
        error = DPS_ERR_CLOCK;
    } else if (cap == 0) {
        error = DPS_ERR_TEXT_TOO_LONG;
    } else if (config->password != NULL) {
        n = config->password(config->password_context, config->id_scope, id, utc_s,
                             text->at, cap);
        if ((size_t)n - 1 >= cap) { /* 0, less, or too much */
            error = DPS_ERR_PASSWORD;
        } else {
            connect->password = reg_bytes(text->at, text->at + n);
        }
    }
    if (error != DPS_OK) {
        reg_fail(r, error, n);
    }
    return error;
}

/* The body, all of it but the payload, then the topic; both fit, see DPS_TEXT. */
static void reg_publish(struct dps_registration *r, struct dps_text *text,
                        struct dps_mqtt_publish *publish)
{
    const struct dps_config *config = r->config;
    const char *operation_id = r->exchange.operation_id;
    const char *body = text->at;
    const char *topic;

    publish->qos = 1;
    if (r->request == DPS_SEND_REGISTER) {
        operation_id = NULL;
        dps_text_string(text, reg_body_id);
        dps_text_string(text, config->registration_id);
        dps_text_string(text, config->payload.len != 0 ? reg_body_payload : "\"");
        publish->payload[0] = reg_bytes(body, text->at);
        publish->payload[1] = config->payload;
        publish->payload[2] = reg_bytes(reg_body_end, reg_body_end + 1);
    }
    topic = text->at;
    dps_topic_write(text, reg_rid(r), operation_id);
    publish->topic = reg_bytes(topic, text->at);
}

enum dps_error dps_registration_packet(struct dps_registration *r, uint32_t utc_s,
                                       union dps_packet *packet)
{
    struct dps_text text;

    text.at = r->exchange.u.text;
    text.end = text.at + sizeof r->exchange.u.text;
    r->has_text = 1;
    memset(packet, 0, sizeof *packet);
    if (r->request == DPS_SEND_CONNECT) {
        return reg_connect(r, &text, utc_s, &packet->connect);
    }
    reg_publish(r, &text, &packet->publish);
    return DPS_OK;
}

/* $rid counts from where the random source says, so that the next connection does not
 * take this one's answers for its own. Without it there is no CONNECT; a source that has
 * no bytes yet is asked again soon. Returns when. */
static uint32_t reg_draw_rid(struct dps_registration *r)
{
    enum { AGAIN_MS = 10 };
    const struct dps_random *random = &r->config->random;
    uint8_t bytes[2];
    int done = random->fill(random->context, bytes, sizeof bytes);

    if (done < 0) {
        reg_fail(r, DPS_ERR_RANDOM, 0);
    } else if (done > 0) {
        r->first_rid = 1u + (uint32_t)(bytes[0] << 8 | bytes[1]);
        r->request = DPS_SEND_CONNECT;
    } else if (r->left_ms > AGAIN_MS) {
        return AGAIN_MS;
    }
    return r->left_ms;
}

/* ---- Verbs ------------------------------------------------------------------------- */

uint32_t dps_registration_tick(struct dps_registration *r, uint32_t now_ms)
{
    uint32_t elapsed = r->started ? now_ms - r->now_ms : 0;

    r->started = 1;
    r->now_ms = now_ms;
    if (r->state == REG_OVER) {
        return UINT32_MAX;
    }
    if (elapsed >= r->left_ms) {
        /* What is decided stays; only the good-bye is cut short. */
        reg_fail(r, DPS_ERR_TIME_OUT, r->state);
        r->request = DPS_CLOSE;
        r->left_ms = 0;
        return 0;
    }
    r->left_ms -= elapsed;
    if (r->state == REG_WAIT) {
        if (elapsed >= r->wait_ms) {
            r->polls++;
            reg_advance(r);
            return 0;
        }
        r->wait_ms -= elapsed;
        return r->wait_ms; /* less than left_ms: reg_answer_ends() */
    }
    return r->state == REG_OPEN && r->first_rid == 0 ? reg_draw_rid(r) : r->left_ms;
}

void dps_registration_input(struct dps_registration *r, const struct dps_mqtt_event *mqtt,
                            struct dps_event *event)
{
    event->type = DPS_NOTHING;
    switch (mqtt->type) {
    case DPS_MQTT_OPENED:
    case DPS_MQTT_CONNECTED:
    case DPS_MQTT_SUBSCRIBED:
    case DPS_MQTT_CLOSED:
        reg_connection(r, mqtt, event);
        break;
    case DPS_MQTT_MESSAGE:
        reg_message(r, &mqtt->packet, event);
        break;
    default: /* nothing, or PUBACK: the answer says more, and may come before it */
        break;
    }
    if (event->type == DPS_NOTHING) {
        event->type = r->tell;
        event->wait_ms = r->wait_ms;
        r->tell = DPS_NOTHING;
    }
}
