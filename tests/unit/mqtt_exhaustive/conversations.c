/* SPDX-License-Identifier: MIT
 *
 * Written by hand from the standard's figures, events and bytes both ways; no run of ours
 * had a hand in them. A packet a line. Identifiers count up from 1. */
#include "tests/unit/mqtt_exhaustive/conversations.h"

#include <check.h>
#include <string.h>

#include "tests/unit/mqtt_exhaustive/mqtt_exhaustive_tests.h"

/* ---- What a client does ------------------------------------------------------------ */

static void connect_clean(struct dps_mqtt_session *session, uint32_t *now_ms)
{
    static const struct dps_mqtt_connect connect = { .client_id = BYTES("c1"),
                                                     .keep_alive_s = 60,
                                                     .clean_session = 1 };

    (void)now_ms;
    ck_assert(dps_mqtt_session_connect(session, &connect) == DPS_MQTT_OK);
}

static void connect_again(struct dps_mqtt_session *session, uint32_t *now_ms)
{
    static const struct dps_mqtt_connect connect = { .client_id = BYTES("c1"),
                                                     .user_name = BYTES("u"),
                                                     .password = BYTES("\x00\xff") };

    (void)now_ms;
    ck_assert(dps_mqtt_session_connect(session, &connect) == DPS_MQTT_OK);
}

struct dps_mqtt_filter conversation_filters[2];

static void subscribe_two(struct dps_mqtt_session *session, uint32_t *now_ms)
{
    static const struct dps_mqtt_filter asked[2] = {
        { .topic_filter = BYTES("a/+"), .qos = 1 },
        { .topic_filter = BYTES("b/#"), .qos = 1 },
    };

    (void)now_ms;
    memcpy(conversation_filters, asked, sizeof asked);
    ck_assert(dps_mqtt_session_subscribe(session, conversation_filters, 2, NULL)
              == DPS_MQTT_OK);
}

static void publish(struct dps_mqtt_session *session, uint8_t qos)
{
    static const struct dps_mqtt_publish messages[] = {
        { .topic = BYTES("t"), .payload = { BYTES("out") } },
        { .topic = BYTES("t"), .payload = { BYTES("ag"), BYTES("ain") }, .qos = 1 },
        { .topic = BYTES("t"), .payload = { BYTES("once") }, .qos = 2 }
    };

    ck_assert(dps_mqtt_session_publish(session, &messages[qos], NULL) == DPS_MQTT_OK);
}

static void publish_0(struct dps_mqtt_session *session, uint32_t *now_ms)
{
    (void)now_ms;
    publish(session, 0);
}

static void publish_1(struct dps_mqtt_session *session, uint32_t *now_ms)
{
    (void)now_ms;
    publish(session, 1);
}

static void publish_2(struct dps_mqtt_session *session, uint32_t *now_ms)
{
    (void)now_ms;
    publish(session, 2);
}

static void unsubscribe_two(struct dps_mqtt_session *session, uint32_t *now_ms)
{
    (void)now_ms;
    ck_assert(dps_mqtt_session_unsubscribe(session, conversation_filters, 2, NULL)
              == DPS_MQTT_OK);
}

/* Three quarters of the keep alive: PINGREQ is due. */
static void wait_45_s(struct dps_mqtt_session *session, uint32_t *now_ms)
{
    *now_ms += 45000;
    dps_mqtt_session_tick(session, *now_ms);
}

/* Longer than any answer may take: what is still awaited ends the session. */
static void wait_for_answers(struct dps_mqtt_session *session, uint32_t *now_ms)
{
    *now_ms += DPS_MQTT_ANSWER_MS + 1;
    dps_mqtt_session_tick(session, *now_ms);
}

static void disconnect(struct dps_mqtt_session *session, uint32_t *now_ms)
{
    (void)now_ms;
    ck_assert(dps_mqtt_session_disconnect(session) == DPS_MQTT_OK);
}

/* ---- What a store has of an earlier connection --------------------------------------- */

static const struct dps_mqtt_kept kept_nothing[] = { { 0 } };

/* Theirs, of which PUBREC went out, and ours, sent and not acknowledged. */
static const struct dps_mqtt_kept kept_both_ways[] = {
    { .packet_type = DPS_MQTT_PUBREC, .packet_identifier = 7 },
    { .packet_type = DPS_MQTT_PUBLISH, .packet_identifier = 3,
      .publish = { .topic = BYTES("t"), .payload = { BYTES("re"), BYTES("sent") }, .qos = 2 } },
    { 0 }
};

/* ---- The table --------------------------------------------------------------------- */

enum { MESSAGES_HELD = 8 };

const struct conversation conversations[] = {
    {
        .name = "client: from CONNECT to DISCONNECT",
        .role = DPS_MQTT_CLIENT,
        .begin = connect_clean,
        .in = BYTES("\x20\x02\x00\x00"                 /* CONNACK */
                    "\x90\x04\x00\x01\x01\x80"         /* SUBACK 1: QoS 1, failure */
                    "\x31\x0a\x00\x03" "a/bhello"      /* PUBLISH, RETAIN */
                    "\x40\x02\x00\x02"                 /* PUBACK 2 */
                    "\xd0\x00"                         /* PINGRESP */
                    "\x32\x0c\x00\x03" "a/c\x00\x0a" "world" /* PUBLISH 10, QoS 1 */
                    "\x3b\x07\x00\x03" "b/x\x01\x0b"), /* PUBLISH 267, DUP, RETAIN */
        .step = {
            { "connected 0", subscribe_two },
            { "subscribed 1: 01 80", publish_0 },
            { "published 0", publish_1 },
            { "message 31 0 a/b: hello", NULL },
            { "published 2", wait_45_s },
            { "message 32 10 a/c: world", wait_for_answers },
            { "message 3b 267 b/x: ", disconnect },
            { "closed", NULL },
        },
        .out = BYTES("\x10\x0e\x00\x04MQTT\x04\x02\x00\x3c\x00\x02" "c1" /* CONNECT */
                     "\x82\x0e\x00\x01\x00\x03" "a/+\x01"
                     "\x00\x03" "b/#\x01"              /* SUBSCRIBE 1 */
                     "\x30\x06\x00\x01tout"            /* PUBLISH */
                     "\x32\x0a\x00\x01t\x00\x02" "again" /* PUBLISH 2, QoS 1 */
                     "\xc0\x00"                        /* PINGREQ */
                     "\x40\x02\x00\x0a"                /* PUBACK 10 */
                     "\x40\x02\x01\x0b"                /* PUBACK 267 */
                     "\xe0\x00"),                      /* DISCONNECT */
    },
    {
        /* 3.8.4: messages may come before SUBACK. Answers to nothing are passed over. */
        .name = "client: a session that was there, lengths of two and four bytes",
        .role = DPS_MQTT_CLIENT,
        .begin = connect_again,
        .in = BYTES("\x20\x02\x01\x00"                 /* CONNACK, Session Present */
                    "\x32\x8c\x00\x00\x03" "a/1\x00\x01" "22222" /* PUBLISH 1 */
                    "\x40\x02\x00\x63"                 /* PUBACK 99 */
                    "\x90\x85\x80\x00\x00\x63\x00\x00\x00" /* SUBACK 99 */
                    "\xb0\x02\x00\x63"                 /* UNSUBACK 99 */
                    "\x30\x87\x80\x80\x00\x00\x05" "a/\xe2\x82\xac" /* PUBLISH */
                    "\xd0\x00"                         /* PINGRESP */
                    "\x90\x04\x00\x01\x00\x01"         /* SUBACK 1 */
                    "\x32\x0a\x00\x01z\xff\xff" "\x32\x03\x00\x01z" /* PUBLISH 65535 */
                    "\x40\x02\x00\x02"),               /* PUBACK 2 */
        .step = {
            { "connected 1", subscribe_two },
            { "message 32 1 a/1: 22222", NULL },
            { "message 30 0 a/<e2><82><ac>: ", NULL },
            { "subscribed 1: 00 01", publish_1 },
            { "message 32 65535 z: 2<03><00><01>z", NULL },
            { "published 2", wait_for_answers },
        },
        .out = BYTES("\x10\x15\x00\x04MQTT\x04\xc0\x00\x00\x00\x02" "c1"
                     "\x00\x01u\x00\x02\x00\xff"       /* CONNECT */
                     "\x82\x0e\x00\x01\x00\x03" "a/+\x01"
                     "\x00\x03" "b/#\x01"              /* SUBSCRIBE 1 */
                     "\x40\x02\x00\x01"                /* PUBACK 1 */
                     "\x32\x0a\x00\x01t\x00\x02" "again" /* PUBLISH 2 */
                     "\x40\x02\xff\xff"),              /* PUBACK 65535 */
    },
    {
        /* [MQTT-4.6.0-2]. Topics and payloads look like such a message's first byte; the
         * last message needs no acknowledgement, and waits like any other. */
        .name = "client: more messages than acknowledgements may wait",
        .role = DPS_MQTT_CLIENT,
        .begin = connect_clean,
        .is_held = 1,
        .output_first = MESSAGES_HELD / DPS_MQTT_ACKS,
        .in = BYTES("\x20\x02\x00\x00"                 /* CONNACK */
                    "\x32\x07\x00\x01" "2\x00\x01" "22" /* PUBLISH 1 to 8, QoS 1 */
                    "\x32\x07\x00\x01" "2\x00\x02" "22"
                    "\x32\x07\x00\x01" "2\x00\x03" "22"
                    "\x32\x07\x00\x01" "2\x00\x04" "22"
                    "\x32\x07\x00\x01" "2\x00\x05" "22"
                    "\x32\x07\x00\x01" "2\x00\x06" "22"
                    "\x32\x07\x00\x01" "2\x00\x07" "22"
                    "\x32\x07\x00\x01" "2\x00\x08" "22"
                    "\x30\x05\x00\x01" "222"),         /* PUBLISH, QoS 0 */
        .step = {
            { "connected 0", NULL },
            { "message 32 1 2: 22", NULL },
            { "message 32 2 2: 22", NULL },
            { "message 32 3 2: 22", NULL },
            { "message 32 4 2: 22", NULL },
            { "message 32 5 2: 22", NULL },
            { "message 32 6 2: 22", NULL },
            { "message 32 7 2: 22", NULL },
            { "message 32 8 2: 22", NULL },
            { "message 30 0 2: 22", NULL },
        },
        .out = BYTES("\x10\x0e\x00\x04MQTT\x04\x02\x00\x3c\x00\x02" "c1" /* CONNECT */
                     "\x40\x02\x00\x01"                /* PUBACK 1 to 8 */
                     "\x40\x02\x00\x02"
                     "\x40\x02\x00\x03"
                     "\x40\x02\x00\x04"
                     "\x40\x02\x00\x05"
                     "\x40\x02\x00\x06"
                     "\x40\x02\x00\x07"
                     "\x40\x02\x00\x08"),
    },
    {
        /* 4.3.3: the message is told once, however often it comes; PUBLISH 65535 is cut off
         * by the end of the conversation. */
        .name = "client: QoS 2 both ways, UNSUBSCRIBE",
        .role = DPS_MQTT_CLIENT,
        .begin = connect_again,
        .kept = kept_nothing,
        .in = BYTES("\x20\x02\x00\x00"                 /* CONNACK */
                    "\x34\x09\x00\x01" "a\x00\x07" "once" /* PUBLISH 7, QoS 2 */
                    "\x3c\x09\x00\x01" "a\x00\x07" "once" /* the same, DUP */
                    "\x50\x02\x00\x01"                 /* PUBREC 1 */
                    "\x62\x02\x00\x07"                 /* PUBREL 7 */
                    "\x30\x04\x00\x01qz"               /* PUBLISH */
                    "\x70\x02\x00\x01"                 /* PUBCOMP 1 */
                    "\x90\x04\x00\x02\x02\x00"         /* SUBACK 2 */
                    "\x34\x07\x00\x01" "a\x00\x07" "ab" /* PUBLISH 7: another one */
                    "\xb0\x02\x00\x03"                 /* UNSUBACK 3 */
                    "\x62\x02\x00\x07"                 /* PUBREL 7 */
                    "\x62\x02\x00\x63"                 /* PUBREL 99, of nothing */
                    "\x34\x09\x00\x01" "a\xff\xff" "cu"), /* PUBLISH 65535 */
        .step = {
            { "connected 0", publish_2 },
            { "message 34 7 a: once", NULL },
            { "message 30 0 q: z", NULL }, /* what was heard is answered by now */
            { "published 1", subscribe_two },
            { "subscribed 2: 02 00", unsubscribe_two },
            { "message 34 7 a: ab", NULL },
            { "unsubscribed 3", NULL },
        },
        .out = BYTES("\x10\x15\x00\x04MQTT\x04\xc0\x00\x00\x00\x02" "c1"
                     "\x00\x01u\x00\x02\x00\xff"       /* CONNECT */
                     "\x34\x09\x00\x01t\x00\x01" "once" /* PUBLISH 1, QoS 2 */
                     "\x50\x02\x00\x07"                /* PUBREC 7 */
                     "\x50\x02\x00\x07"                /* and again */
                     "\x62\x02\x00\x01"                /* PUBREL 1 */
                     "\x70\x02\x00\x07"                /* PUBCOMP 7 */
                     "\x82\x0e\x00\x02\x00\x03" "a/+\x01"
                     "\x00\x03" "b/#\x01"              /* SUBSCRIBE 2 */
                     "\xa2\x0c\x00\x03\x00\x03" "a/+"
                     "\x00\x03" "b/#"                  /* UNSUBSCRIBE 3 */
                     "\x50\x02\x00\x07"                /* PUBREC 7 */
                     "\x70\x02\x00\x07"                /* PUBCOMP 7 */
                     "\x70\x02\x00\x63"),              /* PUBCOMP 99 */
    },
    {
        /* [MQTT-4.4.0-1]: what was not acknowledged goes out again, with DUP; of theirs,
         * what was told is not told again. */
        .name = "client: a session that goes on",
        .role = DPS_MQTT_CLIENT,
        .begin = connect_again,
        .kept = kept_both_ways,
        .in = BYTES("\x20\x02\x01\x00"                 /* CONNACK, Session Present */
                    "\x3c\x08\x00\x01" "a\x00\x07" "old" /* PUBLISH 7, DUP */
                    "\x34\x08\x00\x01" "a\x00\x08" "new" /* PUBLISH 8 */
                    "\x50\x02\x00\x03"                 /* PUBREC 3 */
                    "\x30\x04\x00\x01qz"               /* PUBLISH */
                    "\x70\x02\x00\x03"                 /* PUBCOMP 3 */
                    "\x62\x02\x00\x07"                 /* PUBREL 7 */
                    "\x62\x02\x00\x08"),               /* PUBREL 8 */
        .step = {
            { "connected 1", NULL },
            { "message 34 8 a: new", NULL },
            { "message 30 0 q: z", NULL },
            { "published 3", NULL },
        },
        .out = BYTES("\x10\x15\x00\x04MQTT\x04\xc0\x00\x00\x00\x02" "c1"
                     "\x00\x01u\x00\x02\x00\xff"       /* CONNECT */
                     "\x3c\x0b\x00\x01t\x00\x03" "resent" /* PUBLISH 3, DUP */
                     "\x50\x02\x00\x07"                /* PUBREC 7 */
                     "\x50\x02\x00\x08"                /* PUBREC 8 */
                     "\x62\x02\x00\x03"                /* PUBREL 3 */
                     "\x70\x02\x00\x07"                /* PUBCOMP 7 */
                     "\x70\x02\x00\x08"),              /* PUBCOMP 8 */
    },
    {
        .name = "client: refused by CONNACK",
        .role = DPS_MQTT_CLIENT,
        .begin = connect_clean,
        .in = BYTES("\x20\x02\x00\x05"                 /* CONNACK: not authorized */
                    "\xd0\x00"),
        .taken = 4,
        .error = DPS_MQTT_ERR_REFUSED_UNAUTHORIZED,
        .step = { { "closed", NULL } },
        .out = BYTES("\x10\x0e\x00\x04MQTT\x04\x02\x00\x3c\x00\x02" "c1"),
    },
    {
        /* What is good before it is told and acknowledged, nothing after it. */
        .name = "client: a wildcard in a topic name",
        .role = DPS_MQTT_CLIENT,
        .begin = connect_clean,
        .in = BYTES("\x20\x02\x00\x00"                 /* CONNACK */
                    "\x32\x0a\x00\x03" "a/b\x00\x07" "one" /* PUBLISH 7, QoS 1 */
                    "\x30\x08\x00\x03" "a/+two"        /* PUBLISH */
                    "\x32\x0c\x00\x03" "a/b\x00\x08" "three"),
        .taken = 4 + 12 + 7,
        .error = DPS_MQTT_ERR_TOPIC_NAME_WILDCARD,
        .step = {
            { "connected 0", NULL },
            { "message 32 7 a/b: one", NULL },
            { "closed", NULL },
        },
        .out = BYTES("\x10\x0e\x00\x04MQTT\x04\x02\x00\x3c\x00\x02" "c1"
                     "\x40\x02\x00\x07"),              /* PUBACK 7 */
    },
    {
        .name = "server: every packet that a client sends",
        .role = DPS_MQTT_SERVER,
        .in = BYTES("\x10\x1b\x00\x04MQTT\x04\x2e\x00\x3c\x00\x02" "c1"
                    "\x00\x03w/t\x00\x06" "A32\x00\xff!" /* CONNECT, a will of QoS 1 */
                    "\x82\x0e\x00\x01\x00\x03" "a/+\x02"
                    "\x00\x03" "b/#\x01"               /* SUBSCRIBE 1 */
                    "\xc0\x80\x80\x80\x00"             /* PINGREQ */
                    "\x34\x0a\x00\x03" "q/2\x00\x02" "exa" /* PUBLISH 2, QoS 2 */
                    "\x62\x02\x00\x02"                 /* PUBREL 2 */
                    "\x40\x02\x12\x34"                 /* PUBACK 4660 */
                    "\x50\x02\x56\x78"                 /* PUBREC 22136 */
                    "\x70\x02\x56\x78"                 /* PUBCOMP 22136 */
                    "\xa2\x07\x00\x03\x00\x03" "a/+"   /* UNSUBSCRIBE 3 */
                    "\x31\x05\x00\x03" "q/0"           /* PUBLISH, RETAIN, no payload */
                    "\xe0\x00"),                       /* DISCONNECT */
        .step = {
            { "packet 10 0 : <00><04>MQTT<04>.<00><<00><02>c1"
              "<00><03>w/t<00><06>A32<00><ff>!", NULL },
            { "packet 82 1 : <00><03>a/+<02><00><03>b/#<01>", NULL },
            { "packet c0 0 : ", NULL },
            { "packet 34 2 q/2: exa", NULL },
            { "packet 62 2 : ", NULL },
            { "packet 40 4660 : ", NULL },
            { "packet 50 22136 : ", NULL },
            { "packet 70 22136 : ", NULL },
            { "packet a2 3 : <00><03>a/+", NULL },
            { "packet 31 0 q/0: ", NULL },
            { "packet e0 0 : ", NULL },
        },
        .out = BYTES(""),
    },
    {
        .name = "server: SUBSCRIBE with the identifier 0",
        .role = DPS_MQTT_SERVER,
        .in = BYTES("\x10\x0e\x00\x04MQTT\x04\x02\x00\x3c\x00\x02" "c1" /* CONNECT */
                    "\x3c\x09\x00\x03" "q/2\x80\x00" "ex" /* PUBLISH 32768, DUP, QoS 2 */
                    "\x82\x08\x00\x00\x00\x03" "a/b\x01" /* SUBSCRIBE 0 */
                    "\xe0\x00"),
        .taken = 16 + 11 + 10,
        .error = DPS_MQTT_ERR_PACKET_IDENTIFIER,
        .step = {
            { "packet 10 0 : <00><04>MQTT<04><02><00><<00><02>c1", NULL },
            { "packet 3c 32768 q/2: ex", NULL },
        },
        .out = BYTES(""),
    },
};
const int conversation_count = sizeof conversations / sizeof conversations[0];
