/* SPDX-License-Identifier: MIT
 *
 * The reader against the model, on inputs that leave nothing out: every short string,
 * every first byte with every length near a border, every pair of bytes where a field
 * lies. All that a reader says is compared: packets, fields, bytes taken, the error. */
#include <stdlib.h>
#include <string.h>

#include "mqtt/reader.h"
#include "tests/row.h"
#include "tests/unit/mqtt_exhaustive/model.h"
#include "tests/unit/mqtt_exhaustive/mqtt_exhaustive_tests.h"

/* ---- One string, both readings ----------------------------------------------------- */

static const enum dps_mqtt_error error_of[MODEL_RULES] = {
    [MODEL_NOTHING_WRONG] = DPS_MQTT_OK,
    [MODEL_PACKET_TYPE] = DPS_MQTT_ERR_PACKET_TYPE,
    [MODEL_DIRECTION] = DPS_MQTT_ERR_DIRECTION,
    [MODEL_RESERVED_FLAGS] = DPS_MQTT_ERR_FLAGS,
    [MODEL_REMAINING_LENGTH] = DPS_MQTT_ERR_REMAINING_LENGTH,
    [MODEL_LENGTH_OF_TYPE] = DPS_MQTT_ERR_BODY_LENGTH,
    [MODEL_FIELD_PAST_PACKET] = DPS_MQTT_ERR_FIELD_LENGTH,
    [MODEL_IDENTIFIER_0] = DPS_MQTT_ERR_PACKET_IDENTIFIER,
    [MODEL_CONNACK_FLAGS] = DPS_MQTT_ERR_CONNACK_FLAGS,
    [MODEL_SESSION_PRESENT] = DPS_MQTT_ERR_SESSION_PRESENT_REFUSED,
    [MODEL_DUP_QOS_0] = DPS_MQTT_ERR_DUP_QOS_0,
    [MODEL_QOS_3] = DPS_MQTT_ERR_QOS_RESERVED,
    [MODEL_SUBACK_CODE] = DPS_MQTT_ERR_SUBACK_CODE,
    [MODEL_TOPIC_EMPTY] = DPS_MQTT_ERR_TOPIC_NAME_EMPTY,
    [MODEL_TOPIC_UTF8] = DPS_MQTT_ERR_UTF8,
    [MODEL_TOPIC_NUL] = DPS_MQTT_ERR_NUL,
    [MODEL_TOPIC_WILDCARD] = DPS_MQTT_ERR_TOPIC_NAME_WILDCARD,
    [MODEL_BODY_TOO_LONG] = DPS_MQTT_ERR_BODY_TOO_LONG,
    [MODEL_TOPIC_TOO_LONG] = DPS_MQTT_ERR_TOPIC_TOO_LONG,
    [MODEL_PAYLOAD_TOO_LONG] = DPS_MQTT_ERR_PAYLOAD_TOO_LONG,
};

/* With both limits within 300 bytes, the head buffer of the least size; and with a head
 * buffer beyond the border of two length bytes, and no limit. */
enum { HEAD_MAX = 16384, LENGTH_MAX = 268435455 };
static const struct model_receiver receivers[] = {
    { 0, 8, 100 },
    { 0, HEAD_MAX, LENGTH_MAX },
    { 1, 8, 100 },
    { 1, HEAD_MAX, LENGTH_MAX },
};
enum { RECEIVERS = sizeof receivers / sizeof receivers[0] };

static struct dps_mqtt_reader reader;
static uint8_t *head; /* a heap block of its size */

static void begin(const struct model_receiver *receiver)
{
    dps_mqtt_reader_init(&reader, receiver->is_server ? DPS_MQTT_SERVER : DPS_MQTT_CLIENT,
                         head, receiver->head_size,
                         receiver->payload_max != LENGTH_MAX ? receiver->payload_max : 0);
}

static int same_bytes(struct dps_bytes told, const uint8_t *wire, size_t at, size_t len)
{
    return told.len == len && (len == 0 || memcmp(told.at, wire + at, len) == 0);
}

/* What was told of the packet that begins at `wire`; a payload is lent where it lies. */
static int same_packet(const struct dps_mqtt_packet *told,
                       const struct model_verdict *want, const uint8_t *wire)
{
    return told->type == want->type && told->flags == want->flags
           && told->packet_identifier == want->identifier && told->last == want->is_last
           && told->offset == 0 && told->total == want->total
           && (told->type != DPS_MQTT_PUBLISH || told->body.at == wire + want->body_at)
           && same_bytes(told->topic, wire, want->topic_at, want->topic_len)
           && same_bytes(told->body, wire, want->body_at, want->body_len);
}

static void differs(const struct model_receiver *receiver, const uint8_t *wire,
                    size_t len, size_t taken, const struct model_verdict *want)
{
    static const char *const what[] = { "needs more", "a packet", "refused" };
    char hex[3 * 16 + 1] = "";
    size_t i;

    for (i = 0; i < len && i < 16; i++) {
        hex[3 * i] = "0123456789abcdef"[wire[i] / 16];
        hex[3 * i + 1] = "0123456789abcdef"[wire[i] % 16];
        hex[3 * i + 2] = ' ';
        hex[3 * i + 3] = '\0';
    }
    ck_abort_msg(
        "%s, head buffer %u, payload_max %u: %s(%u bytes): the model says %s (%s) "
        "after %u bytes; the reader took %u: %s",
        receiver->is_server ? "server" : "client", (unsigned)receiver->head_size,
        (unsigned)receiver->payload_max, hex, (unsigned)len, what[want->what],
        dps_mqtt_error_text(error_of[want->rule]), (unsigned)want->taken, (unsigned)taken,
        dps_mqtt_error_text(dps_mqtt_reader_error(&reader)));
}

/* One call, and the verdict that it must give. */
static void check_call(const struct model_receiver *receiver, const uint8_t *wire,
                       size_t len, const struct model_verdict *want)
{
    struct dps_mqtt_packet packet;
    size_t taken = dps_mqtt_reader_input(&reader, wire, len, &packet);
    int is_told = packet.type != DPS_MQTT_NONE;
    int is_between = want->what == MODEL_TELLS
                         ? want->is_last
                         : want->what == MODEL_NEEDS_MORE && len == 0;

    if (taken != want->taken || is_told != (want->what == MODEL_TELLS)
        || dps_mqtt_reader_error(&reader) != error_of[want->rule]
        || dps_mqtt_reader_is_between_packets(&reader) != is_between
        || (is_told && !same_packet(&packet, want, wire))) {
        differs(receiver, wire, len, taken, want);
    }
}

/* A new reader and all packets of a string; `first` is the first one's verdict. */
static void check_string(const struct model_receiver *receiver, const uint8_t *wire,
                         size_t len, const struct model_verdict *first)
{
    struct model_verdict want = *first;

    begin(receiver);
    check_call(receiver, wire, len, &want);
    while (want.what == MODEL_TELLS && want.is_last) {
        wire += want.taken;
        len -= want.taken;
        want = model_read(receiver, wire, len);
        check_call(receiver, wire, len, &want);
    }
}

static void check(const struct model_receiver *receiver, const uint8_t *wire, size_t len)
{
    struct model_verdict first = model_read(receiver, wire, len);

    check_string(receiver, wire, len, &first);
}

/* The model asked for a string that goes on behind `before`: once refused, it is so. */
static struct model_verdict verdict_behind(const struct model_verdict *before,
                                           const struct model_receiver *receiver,
                                           const uint8_t *wire, size_t len)
{
    return before->what == MODEL_REFUSES ? *before : model_read(receiver, wire, len);
}

/* ---- Every string of up to three bytes --------------------------------------------- */

/* Behind two bytes: each third one. */
static void check_third(const struct model_receiver *receiver, uint8_t *wire,
                        const struct model_verdict *two)
{
    unsigned third;

    for (third = 0; third < 256; third++) {
        struct model_verdict verdict;

        wire[2] = (uint8_t)third;
        verdict = verdict_behind(two, receiver, wire, 3);
        check_string(receiver, wire, 3, &verdict);
    }
}

START_TEST(mqtt_exhaustive_three_bytes)
{
    static const struct model_receiver row[] = { { 0, 8, LENGTH_MAX },
                                                 { 1, 8, LENGTH_MAX } };
    const struct model_receiver *receiver = &row[_i];
    uint8_t *one = calloc(1, 1), *two = calloc(1, 2), *three = calloc(1, 3);
    struct model_verdict after_one, after_two;
    unsigned first, second;

    head = malloc(receiver->head_size);
    check(receiver, one, 0);
    for (first = 0; first < 256; first++) {
        one[0] = two[0] = three[0] = (uint8_t)first;
        after_one = model_read(receiver, one, 1);
        check_string(receiver, one, 1, &after_one);
        for (second = 0; second < 256; second++) {
            two[1] = three[1] = (uint8_t)second;
            after_two = verdict_behind(&after_one, receiver, two, 2);
            check_string(receiver, two, 2, &after_two);
            check_third(receiver, three, &after_two);
        }
    }
    free(one);
    free(two);
    free(three);
    free(head);
}
END_TEST

/* ---- Every first byte, with every length near a border ----------------------------- */

/* What follows the remaining length: bytes that are all the same, and before them a
 * topic's length, which to other packets is an identifier or CONNACK's two bytes. */
static const struct body {
    enum { NO_TOPIC, TOPIC, TO_PACKETS_END, TO_HEADS_END } topic;
    int more; /* bytes */
    uint8_t fill;
} bodies[] = {
    { NO_TOPIC, 0, 0x00 },
    { NO_TOPIC, 0, 0xff },
    { TOPIC, 1, 0x01 }, /* good for every type */
    /* a PUBLISH without payload: with identifier, without; each also one byte too long */
    { TO_PACKETS_END, -4, 0x01 },
    { TO_PACKETS_END, -3, 0x01 },
    { TO_PACKETS_END, -2, 0x01 },
    { TO_PACKETS_END, -1, 0x01 },
    { TO_HEADS_END, -2, 0x01 },
    { TO_HEADS_END, -1, 0x01 },
    { TO_HEADS_END, 0, 0x01 },
    { TO_HEADS_END, 1, 0x01 },
};
enum {
    BODIES = sizeof bodies / sizeof bodies[0],
    BODY_MAX = HEAD_MAX + 16, /* longer ones are not sent to their end */
    WIRE_MAX = 1 + 5 + BODY_MAX
};

/* 2.2.3 in `size` bytes, which is more than it needs or not. */
static void put_length(uint8_t *at, uint32_t length, unsigned size)
{
    unsigned i;

    for (i = 0; i < size; i++) {
        at[i] = (uint8_t)(length % 128 + (i + 1 < size ? 128 : 0));
        length /= 128;
    }
}

static void put_body(uint8_t *at, size_t len, const struct body *body, uint32_t length,
                     uint32_t head_size)
{
    long topic = body->more;

    memset(at, body->fill, len);
    if (body->topic == TO_PACKETS_END) {
        topic += (long)length;
    }
    if (body->topic == TO_HEADS_END) {
        topic += (long)head_size;
    }
    if (body->topic != NO_TOPIC && len >= 2 && topic >= 0) {
        at[0] = (uint8_t)(topic / 256);
        at[1] = (uint8_t)topic;
    }
}

/* Every first byte before a length of this size and a body, in the end of `block`. With
 * the body comes one byte of the next packet. */
static void check_first(const struct model_receiver *receiver, uint8_t *block,
                        uint32_t length, unsigned size, const struct body *body)
{
    size_t body_len = length < BODY_MAX ? length + 1 : BODY_MAX;
    size_t len = 1 + size + body_len;
    uint8_t *wire = block + WIRE_MAX - len;
    unsigned first;

    put_length(wire + 1, length, size);
    put_body(wire + 1 + size, body_len, body, length, receiver->head_size);
    for (first = 0; first < 256; first++) {
        struct model_verdict verdict;

        wire[0] = (uint8_t)first;
        verdict = model_read(receiver, wire, 1);
        verdict = verdict_behind(&verdict, receiver, wire, len);
        check_string(receiver, wire, len, &verdict);
    }
}

static void check_length(const struct model_receiver *receiver, uint8_t *block,
                         uint32_t length)
{
    unsigned shortest = 1u + (length > 127) + (length > 16383) + (length > 2097151);
    unsigned size, i;

    for (size = shortest; size <= 5; size++) { /* five are one too many */
        for (i = 0; i < BODIES; i++) {
            check_first(receiver, block, length, size, &bodies[i]);
        }
    }
}

START_TEST(mqtt_exhaustive_lengths)
{
    const struct model_receiver *receiver = &receivers[_i];
    const uint32_t border[] = {
        16384,
        2097152,
        LENGTH_MAX,
        receiver->head_size,
        receiver->payload_max + 2 + 1, /* of topic */
        receiver->payload_max + 2 + 1 + 2,
        receiver->payload_max + 2 + receiver->head_size, /* the longest topic */
    };
    uint8_t *block = malloc(WIRE_MAX);
    uint32_t length, i;

    head = malloc(receiver->head_size);
    for (length = 0; length <= 300; length++) {
        check_length(receiver, block, length);
    }
    for (i = 0; i < sizeof border / sizeof border[0]; i++) {
        for (length = border[i] - 1; length <= border[i] + 1; length++) {
            if (length <= LENGTH_MAX) {
                check_length(receiver, block, length);
            }
        }
    }
    free(block);
    free(head);
}
END_TEST

/* ---- Every pair of bytes where the fields lie -------------------------------------- */

static const struct {
    const char *name;
    struct dps_bytes before, after;
} places[] = {
    { "MQTT-3.2.2-4 CONNACK", BYTES("\x20\x02"), BYTES("") },
    { "MQTT-2.3.1-1 PUBACK", BYTES("\x40\x02"), BYTES("") },
    { "MQTT-2.3.1-1 PUBREC", BYTES("\x50\x02"), BYTES("") },
    { "MQTT-2.3.1-1 PUBREL", BYTES("\x62\x02"), BYTES("") },
    { "MQTT-2.3.1-1 PUBCOMP", BYTES("\x70\x02"), BYTES("") },
    { "MQTT-2.3.1-1 UNSUBACK", BYTES("\xb0\x02"), BYTES("") },
    { "MQTT-2.3.1-1 SUBSCRIBE", BYTES("\x82\x06"), BYTES("\x00\x01t\x00") },
    { "MQTT-2.3.1-1 UNSUBSCRIBE", BYTES("\xa2\x05"), BYTES("\x00\x01t") },
    { "MQTT-2.3.1-1 SUBACK", BYTES("\x90\x04"), BYTES("\x02\x80") },
    { "MQTT-2.3.1-1 SUBACK, a bad code", BYTES("\x90\x04"), BYTES("\x03\x01") },
    { "MQTT-2.3.1-1 PUBLISH, QoS 1", BYTES("\x32\x06\x00\x01t"), BYTES("p") },
    { "MQTT-2.3.1-1 PUBLISH, QoS 2, no payload", BYTES("\x3d\x05\x00\x01t"), BYTES("") },
    { "MQTT-3.9.3-2 codes", BYTES("\x90\x04\x12\x34"), BYTES("") },
    { "1.5.3 a topic's length", BYTES("\x30\x7d"), BYTES("ttttttttpp") },
    { "1.5.3 a topic's length, QoS 1", BYTES("\x33\x7d"), BYTES("ttttttttpp") },
    { "1.5.3 a topic", BYTES("\x30\x05\x00\x02"), BYTES("p") },
    { "1.5.3 a topic, identifier 0", BYTES("\x32\x06\x00\x02"), BYTES("\x00\x00") },
    { "1.5.3 a topic behind C2", BYTES("\x30\x05\x00\x03\xc2"), BYTES("") },
    { "1.5.3 a topic behind DF", BYTES("\x30\x05\x00\x03\xdf"), BYTES("") },
    { "1.5.3 a topic behind E0", BYTES("\x30\x05\x00\x03\xe0"), BYTES("") },
    { "1.5.3 a topic behind E1", BYTES("\x30\x05\x00\x03\xe1"), BYTES("") },
    { "1.5.3 a topic behind ED", BYTES("\x30\x05\x00\x03\xed"), BYTES("") },
    { "1.5.3 a topic behind EF", BYTES("\x30\x05\x00\x03\xef"), BYTES("") },
    { "1.5.3 a topic behind F0", BYTES("\x30\x06\x00\x04\xf0"), BYTES("\x80") },
    { "1.5.3 a topic behind F1", BYTES("\x30\x06\x00\x04\xf1"), BYTES("\xbf") },
    { "1.5.3 a topic behind F4", BYTES("\x30\x06\x00\x04\xf4"), BYTES("\x80") },
    { "1.5.3 a topic behind F5", BYTES("\x30\x06\x00\x04\xf5"), BYTES("\x80") },
};
enum { PLACES = sizeof places / sizeof places[0] };

START_TEST(mqtt_exhaustive_fields)
{
    static const struct model_receiver row[] = { { 0, 120, LENGTH_MAX },
                                                 { 1, 120, LENGTH_MAX } };
    struct dps_bytes before = places[_i].before, after = places[_i].after;
    size_t len = before.len + 2 + after.len;
    uint8_t *wire = malloc(len);
    unsigned i, pair;

    head = malloc(row[0].head_size);
    memcpy(wire, before.at, before.len);
    memcpy(wire + before.len + 2, after.at, after.len);
    for (i = 0; i < 2; i++) {
        for (pair = 0; pair < 65536; pair++) {
            wire[before.len] = (uint8_t)(pair / 256);
            wire[before.len + 1] = (uint8_t)pair;
            check(&row[i], wire, len);
        }
    }
    free(wire);
    free(head);
    ROW_RAN(places[_i].name);
}
END_TEST

TCase *mqtt_exhaustive_cases(void)
{
    TCase *tc = tcase_create("exhaustive");

    tcase_set_timeout(tc, 120);
    tcase_add_loop_test(tc, mqtt_exhaustive_three_bytes, 0, 2);
    tcase_add_loop_test(tc, mqtt_exhaustive_lengths, 0, RECEIVERS);
    tcase_add_loop_test(tc, mqtt_exhaustive_fields, 0, PLACES);
    return tc;
}
