/* SPDX-License-Identifier: MIT
 *
 * The registration. An MQTT event becomes an event of the table below, which says where
 * to go, what to send and what to tell; a message first goes topic -> $rid -> body, and
 * its verdict is the event. A failure from elsewhere needs no row: from every state it
 * leads to REG_FAILED, see reg_give_up().
 *
 * One invariant saves half a kilobyte: requests and answers share the bytes of
 * `exchange.u`. From dps_registration_connect() or _publish() to dps_registration_sent()
 * they are `text` (REG_TEXT), else `answer`. It holds because a request is made only when
 * no answer is awaited, and its answer is awaited only from sent() on (REG_AWAITING): one
 * that comes earlier answers nothing that the peer can have seen. */
#include "dps/registration.h"

#include <string.h>

#include "dps/inner.h"
#include "sas/percent.h"
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

enum {
    REG_ON_OPENED,
    REG_ON_CONNACK,
    REG_ON_SUBACK,
    REG_ON_ASSIGNING,
    REG_ON_ASSIGNED,
    REG_ON_REFUSED, /* with `failure` set */
    REG_ON_DUE,
    REG_ON_CLOSED
};

static const struct reg_step {
    uint8_t in, on, go, send, tell;
} reg_steps[] = {
    /* in           on                go            send                 tell */
    { REG_OPEN,     REG_ON_OPENED,    REG_CONNACK,  DPS_SEND_NOTHING,    DPS_OPENED },
    { REG_CONNACK,  REG_ON_CONNACK,   REG_SUBACK,   DPS_SEND_SUBSCRIBE,  DPS_CONNECTED },
    { REG_SUBACK,   REG_ON_SUBACK,    REG_REGISTER, DPS_SEND_REGISTER,   DPS_SUBSCRIBED },
    { REG_SUBACK,   REG_ON_REFUSED,   REG_FAILED,   DPS_SEND_DISCONNECT, DPS_NOTHING },
    { REG_REGISTER, REG_ON_ASSIGNING, REG_WAIT,     DPS_SEND_NOTHING,    DPS_WAITING },
    { REG_REGISTER, REG_ON_ASSIGNED,  REG_ASSIGNED, DPS_SEND_DISCONNECT, DPS_NOTHING },
    { REG_REGISTER, REG_ON_REFUSED,   REG_FAILED,   DPS_SEND_DISCONNECT, DPS_NOTHING },
    { REG_WAIT,     REG_ON_DUE,       REG_POLL,     DPS_SEND_POLL,       DPS_NOTHING },
    { REG_POLL,     REG_ON_ASSIGNING, REG_WAIT,     DPS_SEND_NOTHING,    DPS_WAITING },
    { REG_POLL,     REG_ON_ASSIGNED,  REG_ASSIGNED, DPS_SEND_DISCONNECT, DPS_NOTHING },
    { REG_POLL,     REG_ON_REFUSED,   REG_FAILED,   DPS_SEND_DISCONNECT, DPS_NOTHING },
    { REG_ASSIGNED, REG_ON_CLOSED,    REG_OVER,     DPS_SEND_NOTHING,    DPS_ASSIGNED },
    { REG_FAILED,   REG_ON_CLOSED,    REG_OVER,     DPS_SEND_NOTHING,    DPS_FAILED },
};

/* dps_registration.flags */
enum {
    REG_STARTED = 0x01,  /* tick was called */
    REG_TEXT = 0x02,     /* exchange.u is `text` */
    REG_AWAITING = 0x04, /* the answer to `rid` */
    REG_READING = 0x08,  /* the message that comes is that answer */
    REG_HAS_RID = 0x10   /* the random source gave its bytes */
};

/* ---- Failures ---------------------------------------------------------------------- */

/* The text is out, or will never be: it may hold the password. */
static void reg_release_text(struct dps_registration *r)
{
    if ((r->flags & REG_TEXT) != 0) {
        dps_wipe(&r->exchange.u, sizeof r->exchange.u);
        r->flags &= (uint8_t)~REG_TEXT;
    }
}

/* The failure that the errors' ranges stand for. */
static void reg_set_failure(struct dps_registration *r, enum dps_error error,
                            int32_t detail)
{
    struct dps_failure *failure = &r->failure;

    failure->error = (uint8_t)error;
    failure->detail = detail;
    if (error < DPS_ERR_PEER) {
        failure->layer = DPS_LAYER_CALLER;
        failure->advice = DPS_ADVICE_FIX;
    } else if (error >= DPS_ERR_TIME) {
        failure->layer = DPS_LAYER_TIME;
        failure->advice = DPS_ADVICE_RETRY;
    } else {
        failure->layer = DPS_LAYER_SERVICE;
        failure->advice = error < DPS_ERR_REFUSED ? DPS_ADVICE_GIVE_UP : DPS_ADVICE_FIX;
        if (error == DPS_ERR_UNAVAILABLE) {
            failure->advice = DPS_ADVICE_RETRY;
        }
    }
}

/* From any state before the outcome is decided: whatever is on its way stays unsaid.
 * Returns 0 behind it. */
static int reg_give_up(struct dps_registration *r)
{
    if (r->state >= REG_ASSIGNED) {
        return 0;
    }
    reg_release_text(r);
    r->flags &= (uint8_t)~(REG_READING | REG_AWAITING);
    r->state = REG_FAILED;
    r->request = DPS_CLOSE;
    r->tell = DPS_NOTHING;
    return 1;
}

static void reg_fail(struct dps_registration *r, enum dps_error error, int32_t detail)
{
    if (reg_give_up(r)) {
        reg_set_failure(r, error, detail);
    }
}

void dps_registration_fail(struct dps_registration *r, const struct dps_failure *failure)
{
    if (reg_give_up(r)) {
        r->failure = *failure;
    }
}

/* ---- The configuration ------------------------------------------------------------- */

static int reg_is_alphanumeric(char c)
{
    unsigned byte = (unsigned char)c;

    return (byte | 0x20) - 'a' < 26u || byte - '0' < 10u;
}

/* How long `text` is; 0 when that is not 1 to `max` alphanumerics and bytes of `more`. */
static size_t reg_length(const char *text, size_t max, const char *more)
{
    size_t n;

    for (n = 0; text[n] != '\0'; n++) {
        if (n == max
            || (!reg_is_alphanumeric(text[n]) && strchr(more, text[n]) == NULL)) {
            return 0;
        }
    }
    return n;
}

/* One JSON object and nothing else. */
static int reg_is_object(const struct dps_bytes *payload)
{
    struct dps_json json;
    struct dps_json_event event;

    dps_json_init(&json, NULL, 0);
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
enum {
    REG_BODY_MAX = 96 * 1024,
    REG_BODY_AROUND = sizeof reg_body_id - 1 + sizeof reg_body_payload - 1 + 1
};

static enum dps_error reg_check(const struct dps_config *config)
{
    size_t id_len = reg_length(config->registration_id, 128, "-._:");

    if (reg_length(config->id_scope, 32, "") == 0) {
        return DPS_ERR_ID_SCOPE;
    }
    if (id_len == 0 || strchr("._:", config->registration_id[id_len - 1]) != NULL) {
        return DPS_ERR_REGISTRATION_ID;
    }
    if (reg_length(reg_api_version(config), 32, "-") == 0) {
        return DPS_ERR_API_VERSION;
    }
    if (config->payload.len != 0) {
        if (config->payload.len > REG_BODY_MAX - REG_BODY_AROUND - id_len) {
            return DPS_ERR_PAYLOAD_LENGTH;
        }
        if (!reg_is_object(&config->payload)) {
            return DPS_ERR_PAYLOAD;
        }
    }
    if (config->qos > 2) {
        return DPS_ERR_QOS;
    }
    if (config->time_limit_ms == 0 || config->time_limit_ms > INT32_MAX) {
        return DPS_ERR_TIME_LIMIT;
    }
    return DPS_OK;
}

void dps_registration_init(struct dps_registration *r, const struct dps_config *config)
{
    enum dps_error error = reg_check(config);

    memset(r, 0, sizeof *r);
    r->config = config;
    r->request = DPS_SEND_CONNECT;
    if (error != DPS_OK) {
        reg_fail(r, error, 0);
    }
}

/* ---- Events ------------------------------------------------------------------------ */

/* A pair that the table does not have: before the end a violation, then nothing. */
static void reg_go(struct dps_registration *r, uint8_t on)
{
    size_t i;

    for (i = 0; i < sizeof reg_steps / sizeof reg_steps[0]; i++) {
        const struct reg_step *step = &reg_steps[i];

        if (step->in == r->state && step->on == on) {
            r->state = step->go;
            r->request = step->send;
            r->tell = step->tell;
            return;
        }
    }
    reg_fail(r, DPS_ERR_OUT_OF_ORDER, 0);
}

static void reg_refuse(struct dps_registration *r, enum dps_error error, int32_t detail)
{
    reg_set_failure(r, error, detail);
    reg_go(r, REG_ON_REFUSED);
}

static void reg_subscribed(struct dps_registration *r, uint8_t code)
{
    static const struct dps_failure refused = { DPS_LAYER_MQTT,
                                                DPS_MQTT_ERR_SUBSCRIPTION_REFUSED,
                                                DPS_ADVICE_FIX, DPS_MQTT_SUBACK_FAILURE };

    if (code == DPS_MQTT_SUBACK_FAILURE && r->state == REG_SUBACK) {
        r->failure = refused;
        reg_go(r, REG_ON_REFUSED);
    } else {
        r->granted = code;
        reg_go(r, REG_ON_SUBACK);
    }
}

/* Milliseconds of the time limit that are left. */
static uint32_t reg_left(const struct dps_registration *r)
{
    uint32_t elapsed = r->now_ms - r->started_ms;

    return elapsed >= r->config->time_limit_ms ? 0 : r->config->time_limit_ms - elapsed;
}

/* ---- Messages ---------------------------------------------------------------------- */

/* An answer without retry-after: never more than 5 polls in 10 s (the service's quota).
 * With one: as it says, but 0 is no busy loop. */
enum { REG_WAIT_ABSENT_S = 2, REG_WAIT_LEAST_S = 1 };

static int reg_is_awaited(const struct dps_registration *r, const struct dps_bytes *rid)
{
    char digits[10];
    struct dps_text text = { NULL, sizeof digits, 0, 0 };

    text.at = digits;
    dps_text_decimal(&text, r->rid);
    return (r->flags & REG_AWAITING) != 0 && rid->len == text.len
           && memcmp(rid->at, digits, text.len) == 0;
}

/* A message begins: is it the answer? */
static void reg_message_begins(struct dps_registration *r, struct dps_bytes name)
{
    struct dps_topic topic;

    if (r->state >= REG_ASSIGNED) {
        return;
    }
    if (dps_topic_read(&topic, name) != DPS_OK) {
        reg_fail(r, DPS_ERR_TOPIC, 0);
        return;
    }
    if (reg_is_awaited(r, &topic.rid)) {
        r->flags |= REG_READING;
        r->wait_s = !topic.has_retry_after    ? REG_WAIT_ABSENT_S
                    : topic.retry_after_s == 0 ? REG_WAIT_LEAST_S
                                               : topic.retry_after_s;
        dps_response_begin(&r->exchange, &topic);
    }
}

static void reg_assigning(struct dps_registration *r)
{
    if (r->wait_s >= (reg_left(r) + 999) / 1000) {
        reg_refuse(r, DPS_ERR_RETRY_AFTER,
                   r->wait_s > INT32_MAX ? INT32_MAX : (int32_t)r->wait_s);
        return;
    }
    r->waiting_ms = r->now_ms;
    reg_go(r, REG_ON_ASSIGNING);
}

/* The answer is there to its last byte. */
static void reg_answer_ends(struct dps_registration *r)
{
    enum dps_error error = dps_response_end(&r->exchange);
    int32_t status = r->exchange.u.answer.refusal.status;

    r->flags &= (uint8_t)~(REG_READING | REG_AWAITING);
    if (error >= DPS_ERR_REFUSED) {
        reg_refuse(r, error, status);
    } else if (error != DPS_OK) {
        reg_fail(r, error, status);
    } else if (dps_response_is_assigned(&r->exchange)) {
        reg_go(r, REG_ON_ASSIGNED);
    } else {
        reg_assigning(r);
    }
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
        reg_message_begins(r, packet->topic);
    }
    while (at < body->len && (r->flags & REG_READING) != 0) {
        at += dps_response_input(&r->exchange, body->at + at, body->len - at, &payload);
        if (payload.type != DPS_JSON_NOTHING) {
            event->type = DPS_PAYLOAD;
            event->payload = payload.bytes;
            event->last = payload.last;
            event->offset = r->exchange.u.answer.payload_offset;
            r->exchange.u.answer.payload_offset += (uint32_t)payload.bytes.len;
        }
    }
    if (packet->last && (r->flags & REG_READING) != 0) {
        reg_answer_ends(r);
    }
}

/* The connection is gone; when nobody said why, the peer has left. */
static void reg_closed(struct dps_registration *r)
{
    static const struct dps_failure closed = { DPS_LAYER_MQTT, DPS_MQTT_ERR_CLOSED,
                                               DPS_ADVICE_RETRY, 0 };

    dps_registration_fail(r, &closed);
    reg_go(r, REG_ON_CLOSED);
}

/* ---- Requests ---------------------------------------------------------------------- */

/* $rid counts from where the random source says, so that the next connection does not
 * take this one's answers for its own. Returns 0 while the source has no bytes. */
static int reg_draw_rid(struct dps_registration *r)
{
    const struct dps_random *random = &r->config->random;
    uint8_t bytes[2];
    int done;

    if ((r->flags & REG_HAS_RID) != 0) {
        return 1;
    }
    done = random->fill(random->context, bytes, sizeof bytes);
    if (done < 0) {
        reg_fail(r, DPS_ERR_RANDOM, 0);
    } else if (done > 0) {
        r->flags |= REG_HAS_RID;
        r->rid = (uint32_t)(bytes[0] << 8 | bytes[1]);
    }
    return done != 0;
}

static struct dps_text reg_text(struct dps_registration *r)
{
    struct dps_text text = { NULL, DPS_TEXT, 0, 0 };

    r->flags |= REG_TEXT;
    text.at = r->exchange.u.text;
    return text;
}

static struct dps_bytes reg_bytes(const char *at, size_t len)
{
    struct dps_bytes bytes;

    bytes.at = (const uint8_t *)at;
    bytes.len = len;
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
        int n;

        dps_text_string(text, "&ClientVersion=");
        n = dps_percent_encode(text->at + text->len, text->cap - text->len,
                               config->client_version, strlen(config->client_version));
        if (n < 0) {
            text->too_long = 1;
        } else {
            text->len += (size_t)n;
        }
    }
}

enum dps_error dps_registration_connect(struct dps_registration *r, uint32_t utc_s,
                                        struct dps_mqtt_connect *connect)
{
    const struct dps_config *config = r->config;
    struct dps_text text = reg_text(r);
    size_t left;
    int n = 0;

    memset(connect, 0, sizeof *connect);
    if (utc_s == 0) {
        reg_fail(r, DPS_ERR_CLOCK, 0);
        return DPS_ERR_CLOCK;
    }
    reg_user_name(&text, config);
    if (text.too_long) {
        reg_fail(r, DPS_ERR_TEXT_TOO_LONG, 0);
        return DPS_ERR_TEXT_TOO_LONG;
    }
    left = text.cap - text.len;
    if (config->password != NULL) {
        n = config->password(config->password_context, config->id_scope,
                             config->registration_id, utc_s, text.at + text.len, left);
        if (n <= 0 || (size_t)n > left) {
            reg_fail(r, DPS_ERR_PASSWORD, n);
            return DPS_ERR_PASSWORD;
        }
        connect->password = reg_bytes(text.at + text.len, (size_t)n);
    }
    connect->user_name = reg_bytes(text.at, text.len);
    connect->client_id = reg_bytes(config->registration_id,
                                   strlen(config->registration_id));
    connect->keep_alive_s = DPS_KEEP_ALIVE_S;
    connect->clean_session = 1;
    return DPS_OK;
}

/* Topic and all of the body but the payload fit, see DPS_TEXT. */
static void reg_write_register(struct dps_registration *r,
                               struct dps_mqtt_publish *publish)
{
    const struct dps_config *config = r->config;
    struct dps_text text = reg_text(r);
    size_t topic_len;

    text.len = dps_topic_write_register(text.at, text.cap, r->rid);
    topic_len = text.len;
    dps_text_string(&text, reg_body_id);
    dps_text_string(&text, config->registration_id);
    dps_text_string(&text, config->payload.len != 0 ? reg_body_payload : "\"");
    publish->topic = reg_bytes(text.at, topic_len);
    publish->payload[0] = reg_bytes(text.at + topic_len, text.len - topic_len);
    publish->payload[1] = config->payload;
    publish->payload[2] = reg_bytes("}", 1);
}

void dps_registration_publish(struct dps_registration *r,
                              struct dps_mqtt_publish *publish)
{
    int polls = r->request == DPS_SEND_POLL;

    memset(publish, 0, sizeof *publish);
    publish->qos = 1;
    if ((r->flags & REG_TEXT) == 0) {
        r->rid++;
        r->polls += (uint32_t)polls;
        r->tell = polls ? DPS_POLLING : DPS_REGISTERING;
    }
    if (polls) {
        struct dps_text text = reg_text(r);

        publish->topic = reg_bytes(text.at,
                                   dps_topic_write_poll(text.at, text.cap, r->rid,
                                                        r->exchange.operation_id));
    } else {
        reg_write_register(r, publish);
    }
}

enum dps_request dps_registration_output(struct dps_registration *r)
{
    if (r->request == DPS_SEND_CONNECT && !reg_draw_rid(r)) {
        return DPS_SEND_NOTHING;
    }
    return (enum dps_request)r->request;
}

void dps_registration_sent(struct dps_registration *r)
{
    reg_release_text(r);
    if (r->request == DPS_SEND_REGISTER || r->request == DPS_SEND_POLL) {
        r->flags |= REG_AWAITING;
    }
    r->request = DPS_SEND_NOTHING;
}

/* How often a random source that has no bytes yet is asked again. */
enum { REG_RANDOM_MS = 10 };

/* ---- Verbs ------------------------------------------------------------------------- */

uint32_t dps_registration_tick(struct dps_registration *r, uint32_t now_ms)
{
    uint32_t left, waited;

    r->now_ms = now_ms;
    if ((r->flags & REG_STARTED) == 0) {
        r->flags |= REG_STARTED;
        r->started_ms = now_ms;
    }
    if (r->state == REG_OVER) {
        return UINT32_MAX;
    }
    left = reg_left(r);
    if (left == 0) {
        /* What is decided stays; only the good-bye is cut short. */
        reg_fail(r, DPS_ERR_TIME_OUT, r->state);
        r->request = DPS_CLOSE;
    }
    if (r->state == REG_WAIT) {
        waited = now_ms - r->waiting_ms;
        if (waited >= r->wait_s * 1000) {
            reg_go(r, REG_ON_DUE);
            return 0;
        }
        return r->wait_s * 1000 - waited; /* less than `left`: reg_assigning() */
    }
    if (r->request == DPS_SEND_CONNECT && left > REG_RANDOM_MS) {
        return REG_RANDOM_MS;
    }
    return left;
}

void dps_registration_input(struct dps_registration *r, const struct dps_mqtt_event *mqtt,
                            struct dps_event *event)
{
    memset(event, 0, sizeof *event);
    switch (mqtt->type) {
    case DPS_MQTT_OPENED:
        reg_go(r, REG_ON_OPENED);
        break;
    case DPS_MQTT_CONNECTED:
        reg_go(r, REG_ON_CONNACK);
        break;
    case DPS_MQTT_SUBSCRIBED:
        reg_subscribed(r, mqtt->packet.body.at[0]);
        break;
    case DPS_MQTT_MESSAGE:
        reg_message(r, &mqtt->packet, event);
        break;
    case DPS_MQTT_CLOSED:
        reg_closed(r);
        break;
    default: /* nothing, or PUBACK: the answer says more, and may come before it */
        break;
    }
    if (event->type == DPS_NOTHING && r->tell != DPS_NOTHING) {
        event->type = r->tell;
        event->granted = r->granted;
        event->wait_ms = r->wait_s * 1000;
        r->tell = DPS_NOTHING;
    }
}

/* ---- What came of it --------------------------------------------------------------- */

int dps_registration_is_over(const struct dps_registration *r)
{
    return r->state == REG_OVER && r->tell == DPS_NOTHING;
}

const struct dps_failure *dps_registration_failure(const struct dps_registration *r)
{
    return &r->failure;
}

const struct dps_assignment *dps_registration_assignment(const struct dps_registration *r)
{
    return &r->exchange.u.answer.assignment;
}

const struct dps_refusal *dps_registration_refusal(const struct dps_registration *r)
{
    return &r->exchange.u.answer.refusal;
}

const char *dps_registration_operation_id(const struct dps_registration *r)
{
    return r->exchange.operation_id;
}

uint32_t dps_registration_polls(const struct dps_registration *r)
{
    return r->polls;
}
