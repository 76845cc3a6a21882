/* SPDX-License-Identifier: MIT
 *
 * QoS 2 both ways, and what outlives a connection: against a scripted peer, byte by byte,
 * and against a correct one over a link that breaks. */
#include "mqtt/delivery.h"

#include "mqtt/memory.h"
#include "mqtt/will.h"
#include "tests/row.h"
#include "tests/unit/mqtt/exactly_once.h"
#include "tests/unit/mqtt/scripted.h"

enum { CAP = 4 };

static struct dps_mqtt_memory memory;
static struct dps_mqtt_kept entries[CAP];
static const struct dps_mqtt_connect kept = { TEXT("c1"), { 0 }, { 0 }, 0, 0 };
static const struct dps_mqtt_connect clean = { TEXT("c1"), { 0 }, { 0 }, 0, 1 };
static const struct dps_mqtt_publish at_0 = { TEXT("t"), { TEXT("x") }, 0, 0 };
static const struct dps_mqtt_publish at_1 = { TEXT("t"), { TEXT("x") }, 1, 0 };
static const struct dps_mqtt_publish at_2 = { TEXT("t"), { TEXT("x") }, 2, 0 };

/* What is sent for them: first byte, identifier below 256. */
#define PUBLISHED(first, identifier) first "\x06\x00\x01t\x00" identifier "x"
#define AT_1 PUBLISHED("\x32", "\x01")
#define AT_2 PUBLISHED("\x34", "\x01")
#define PUBACK(identifier)  "\x40\x02\x00" identifier
#define PUBREC(identifier)  "\x50\x02\x00" identifier
#define PUBREL(identifier)  "\x62\x02\x00" identifier
#define PUBCOMP(identifier) "\x70\x02\x00" identifier

static void store(uint16_t cap)
{
    dps_mqtt_memory_init(&memory, entries, cap);
}

/* A new connection up to CONNECT; what was kept is still there. */
static void connecting(const struct dps_mqtt_connect *connect)
{
    char wire[] = "\x10\x0e\x00\x04MQTT\x04\x00\x00\x00\x00\x02" "c1";

    wire[9] = connect->clean_session ? 2 : 0;
    memset(&session, 0xa5, sizeof session);
    now_ms = 1000;
    dps_mqtt_session_init(&session, head, sizeof head, 0);
    dps_mqtt_session_keep(&session, &memory.store);
    dps_mqtt_session_tick(&session, now_ms);
    ck_assert_uint_eq(dps_mqtt_session_connect(&session, connect), DPS_MQTT_OK);
    expect_out((const uint8_t *)wire, sizeof wire - 1);
}

/* One with CleanSession 0 up to CONNACK; nothing of what follows is out. */
static void connected(int session_present)
{
    connecting(&kept);
    in(session_present ? (const uint8_t *)"\x20\x02\x01\x00" : (const uint8_t *)"\x20\x02\x00\x00",
       4, DPS_MQTT_CONNECTED);
}

/* The connection is lost, another one made; the peer remembers. */
static void reconnected(void)
{
    dps_mqtt_session_end(&session, DPS_MQTT_ERR_CLOSED);
    in(BYTES(""), DPS_MQTT_CLOSED);
    connected(1);
}

static void fresh(void)
{
    store(CAP);
    connected(0);
}

/* Takes all output, whatever it is. */
static void drain(void)
{
    size_t len;

    while (dps_mqtt_session_output(&session, &len) != NULL) {
        dps_mqtt_session_sent(&session, len);
    }
}

static void publish(const struct dps_mqtt_publish *message)
{
    ck_assert_uint_eq(dps_mqtt_session_publish(&session, message, NULL), DPS_MQTT_OK);
}

static unsigned used(void)
{
    return (unsigned)(CAP - memory.store.left);
}

/* ---- A message of ours (4.3.2, 4.3.3) ---------------------------------------------- */

START_TEST(mqtt_4_3_3_1_publish_pubrec_pubrel_pubcomp)
{
    uint16_t identifier = 0;

    ck_assert_uint_eq(dps_mqtt_session_publish(&session, &at_2, &identifier), DPS_MQTT_OK);
    ck_assert_uint_eq(identifier, 1);
    in(BYTES(PUBREC("\x01")), DPS_MQTT_NOTHING); /* not out yet: of nothing */
    expect_out(BYTES(AT_2));
    in(BYTES(PUBREC("\x01")), DPS_MQTT_NOTHING);
    expect_out(BYTES(PUBREL("\x01")));
    ck_assert_uint_eq(used(), 1); /* unacknowledged until PUBCOMP */
    in(BYTES(PUBCOMP("\x01")), DPS_MQTT_PUBLISHED);
    ck_assert_uint_eq(event.packet.packet_identifier, 1);
    in(BYTES(PUBCOMP("\x01")), DPS_MQTT_NOTHING);
    expect_out(BYTES(""));
    ck_assert_uint_eq(used(), 0);
    ck_assert_int_eq(dps_mqtt_session_is_idle(&session), 1);
}
END_TEST

/* Cut before PUBREL is out, and behind it. */
START_TEST(mqtt_4_3_3_1_no_publish_again_after_pubrec)
{
    publish(&at_2);
    expect_out(BYTES(AT_2));
    in(BYTES(PUBREC("\x01")), DPS_MQTT_NOTHING);
    if (_i == 1) {
        expect_out(BYTES(PUBREL("\x01")));
    }
    reconnected();
    expect_out(BYTES(PUBREL("\x01")));
    in(BYTES(PUBCOMP("\x01")), DPS_MQTT_PUBLISHED);
    reconnected();
    expect_out(BYTES(""));
}
END_TEST

/* The same PUBREC again is answered again, until PUBCOMP. */
START_TEST(mqtt_4_3_3_1_pubrec_again)
{
    publish(&at_2);
    expect_out(BYTES(AT_2));
    in(BYTES(PUBREC("\x01") PUBREC("\x01")), DPS_MQTT_NOTHING);
    expect_out(BYTES(PUBREL("\x01") PUBREL("\x01")));
    in(BYTES(PUBREC("\x01")), DPS_MQTT_NOTHING);
    expect_out(BYTES(PUBREL("\x01")));
    in(BYTES(PUBCOMP("\x01")), DPS_MQTT_PUBLISHED);
    in(BYTES(PUBREC("\x01")), DPS_MQTT_NOTHING);
    expect_out(BYTES(""));
}
END_TEST

/* Each QoS has its own acknowledgements; another one is of nothing. */
START_TEST(mqtt_4_3_2_1_the_right_puback_only)
{
    publish(&at_1);
    expect_out(BYTES(AT_1));
    in(BYTES(PUBREC("\x01") PUBCOMP("\x01") PUBACK("\x02")), DPS_MQTT_NOTHING);
    expect_out(BYTES(""));
    ck_assert_uint_eq(used(), 1);
    in(BYTES(PUBACK("\x01")), DPS_MQTT_PUBLISHED);
    ck_assert_uint_eq(event.packet.packet_identifier, 1);
    ck_assert_uint_eq(used(), 0);
}
END_TEST

START_TEST(mqtt_4_3_3_1_puback_is_no_pubrec)
{
    publish(&at_2);
    expect_out(BYTES(AT_2));
    in(BYTES(PUBACK("\x01") PUBCOMP("\x01")), DPS_MQTT_NOTHING);
    in(BYTES(PUBREC("\x01")), DPS_MQTT_NOTHING);
    in(BYTES(PUBACK("\x01")), DPS_MQTT_NOTHING);
    expect_out(BYTES(PUBREL("\x01")));
    in(BYTES(PUBCOMP("\x01")), DPS_MQTT_PUBLISHED);
}
END_TEST

/* [MQTT-2.3.1-3]: only PUBCOMP frees the identifier, and with it the place in flight. */
START_TEST(mqtt_2_3_1_3_pubrec_does_not_free_the_identifier)
{
    unsigned i;

    for (i = 0; i < DPS_MQTT_IN_FLIGHT; i++) {
        publish(&at_2);
        drain();
    }
    in(BYTES(PUBREC("\x01")), DPS_MQTT_NOTHING);
    drain();
    ck_assert_uint_eq(dps_mqtt_session_publish(&session, &at_1, NULL),
                      DPS_MQTT_ERR_IN_FLIGHT_FULL);
    in(BYTES(PUBCOMP("\x01")), DPS_MQTT_PUBLISHED);
    publish(&at_1);
}
END_TEST

/* The 65,536 identifiers that follow skip it. */
START_TEST(mqtt_2_3_1_3_no_other_packet_takes_it_before_pubcomp)
{
    struct dps_mqtt_filter filter = { TEXT("a"), 0, 0 };
    uint8_t ack[5] = { 0x90, 3, 0, 0, 0 };
    uint16_t identifier;
    unsigned i;

    publish(&at_2);
    drain();
    in(BYTES(PUBREC("\x01")), DPS_MQTT_NOTHING);
    for (i = 0; i < 65536; i++) {
        MUST(dps_mqtt_session_subscribe(&session, &filter, 1, &identifier) == DPS_MQTT_OK);
        MUST(identifier > 1);
        drain();
        ack[2] = (uint8_t)(identifier >> 8);
        ack[3] = (uint8_t)identifier;
        MUST(dps_mqtt_session_input(&session, ack, 5, &event) == 5);
        MUST(event.type == DPS_MQTT_SUBSCRIBED);
    }
}
END_TEST

/* Nor does one of the next connection, which counts from 1. */
START_TEST(mqtt_2_3_1_3_resend_keeps_its_identifier)
{
    struct dps_mqtt_filter filter = { TEXT("a"), 0, 0 };
    uint16_t identifier = 0;
    unsigned i;

    for (i = 0; i < 2; i++) {
        const uint8_t ack[4] = { 0x40, 2, 0, (uint8_t)(i + 1) };

        publish(&at_1);
        drain();
        in(ack, 4, DPS_MQTT_PUBLISHED);
    }
    publish(&at_1);
    expect_out(BYTES(PUBLISHED("\x32", "\x03")));
    reconnected();
    expect_out(BYTES(PUBLISHED("\x3a", "\x03")));
    for (i = 0; i < 5; i++) {
        uint8_t ack[5] = { 0x90, 3, 0, 0, 0 };

        ck_assert_uint_eq(dps_mqtt_session_subscribe(&session, &filter, 1, &identifier),
                          DPS_MQTT_OK);
        ck_assert_uint_ne(identifier, 3);
        drain();
        ack[3] = (uint8_t)identifier;
        in(ack, 5, DPS_MQTT_SUBSCRIBED);
    }
    in(BYTES(PUBACK("\x03")), DPS_MQTT_PUBLISHED);
}
END_TEST

/* Nor one that is asked for between CONNACK and the resend: there is none. */
START_TEST(mqtt_4_4_0_1_nothing_new_before_the_resend)
{
    struct dps_mqtt_filter filter = { TEXT("a"), 0, 0 };

    publish(&at_1);
    reconnected();
    ck_assert_uint_eq(dps_mqtt_session_publish(&session, &at_0, NULL), DPS_MQTT_ERR_BUSY);
    ck_assert_uint_eq(dps_mqtt_session_subscribe(&session, &filter, 1, NULL), DPS_MQTT_ERR_BUSY);
    ck_assert_int_eq(dps_mqtt_session_is_idle(&session), 0);
    expect_out(BYTES(PUBLISHED("\x3a", "\x01")));
    ck_assert_int_eq(dps_mqtt_session_is_idle(&session), 1);
}
END_TEST

/* ---- Again (4.4) ------------------------------------------------------------------- */

START_TEST(mqtt_3_3_1_1_dup_when_sent_again)
{
    struct dps_mqtt_publish message = at_1;
    uint8_t wire[] = AT_1;

    message.qos = (uint8_t)(1 + _i / 2);
    message.retain = (uint8_t)(_i % 2);
    wire[0] = (uint8_t)(0x30 | message.qos << 1 | message.retain);
    publish(&message);
    expect_out(wire, sizeof wire - 1);
    wire[0] |= 8;
    reconnected();
    expect_out(wire, sizeof wire - 1);
    reconnected(); /* and as often as it takes */
    expect_out(wire, sizeof wire - 1);
}
END_TEST

/* N-36: there is no DUP in PUBREL. */
START_TEST(mqtt_n_36_pubrel_again_keeps_its_flags)
{
    publish(&at_2);
    drain();
    in(BYTES(PUBREC("\x01")), DPS_MQTT_NOTHING);
    expect_out(BYTES("\x62\x02\x00\x01"));
    reconnected();
    expect_out(BYTES("\x62\x02\x00\x01"));
}
END_TEST

/* [MQTT-4.4.0-1], and nothing goes out before CONNACK. */
START_TEST(mqtt_4_4_0_1_resent_after_connack)
{
    publish(_i == 0 ? &at_1 : &at_2);
    drain();
    if (_i == 2) {
        in(BYTES(PUBREC("\x01")), DPS_MQTT_NOTHING);
    }
    dps_mqtt_session_end(&session, DPS_MQTT_ERR_CLOSED);
    connecting(&kept);
    expect_out(BYTES(""));
    in(BYTES("\x20\x02\x01\x00"), DPS_MQTT_CONNECTED);
    if (_i == 2) {
        expect_out(BYTES(PUBREL("\x01")));
    } else {
        expect_out(_i == 0 ? (const uint8_t *)PUBLISHED("\x3a", "\x01")
                           : (const uint8_t *)PUBLISHED("\x3c", "\x01"), 8);
    }
}
END_TEST

/* N-32: time alone sends nothing again; the session ends, the message stays kept. */
START_TEST(mqtt_n_32_no_resend_without_a_reconnect)
{
    publish(_i == 0 ? &at_1 : &at_2);
    drain();
    if (_i == 2) {
        in(BYTES(PUBREC("\x01")), DPS_MQTT_NOTHING);
        drain();
    }
    ck_assert_uint_eq(dps_mqtt_session_tick(&session, now_ms + DPS_MQTT_ANSWER_MS - 1), 1);
    expect_out(BYTES(""));
    ck_assert_uint_eq(dps_mqtt_session_tick(&session, now_ms + DPS_MQTT_ANSWER_MS), 0);
    in(BYTES(""), DPS_MQTT_CLOSED);
    expect_closed(DPS_MQTT_ERR_NO_ANSWER);
    ck_assert_uint_eq(used(), 1);
}
END_TEST

/* [MQTT-3.1.2-4] [MQTT-4.1.0-1]: both directions' state, over any number of ends. */
START_TEST(mqtt_4_1_0_1_state_outlives_the_connection)
{
    unsigned i;

    publish(&at_2);
    expect_out(BYTES(AT_2));
    in(BYTES(PUBLISHED("\x34", "\x09")), DPS_MQTT_MESSAGE);
    expect_out(BYTES(PUBREC("\x09")));
    for (i = 0; i < 5; i++) {
        reconnected();
        expect_out(BYTES(PUBLISHED("\x3c", "\x01")));
        in(BYTES(PUBLISHED("\x3c", "\x09")), DPS_MQTT_NOTHING);
        expect_out(BYTES(PUBREC("\x09")));
    }
    in(BYTES(PUBREC("\x01") PUBREL("\x09")), DPS_MQTT_NOTHING);
    expect_out(BYTES(PUBREL("\x01") PUBCOMP("\x09")));
    in(BYTES(PUBCOMP("\x01")), DPS_MQTT_PUBLISHED);
    ck_assert_uint_eq(used(), 0);
}
END_TEST

/* Lost by DISCONNECT, by the peer's violation, by a timeout: kept all the same. */
START_TEST(mqtt_3_1_2_4_state_outlives_every_kind_of_end)
{
    publish(&at_1);
    drain();
    if (_i == 0) {
        dps_mqtt_session_disconnect(&session);
        expect_out(BYTES("\xe0\x00"));
    } else if (_i == 1) {
        dps_mqtt_session_input(&session, BYTES("\xf0"), &event);
    } else {
        dps_mqtt_session_tick(&session, now_ms + DPS_MQTT_ANSWER_MS);
    }
    in(BYTES(""), DPS_MQTT_CLOSED);
    connected(1);
    expect_out(BYTES(PUBLISHED("\x3a", "\x01")));
}
END_TEST

/* [MQTT-3.1.2-6]: CleanSession 1 forgets ours and theirs. */
START_TEST(mqtt_3_1_2_6_clean_session_empties_the_store)
{
    publish(_i == 0 ? &at_1 : &at_2);
    drain();
    if (_i == 2) {
        in(BYTES(PUBREC("\x01")), DPS_MQTT_NOTHING);
    }
    in(BYTES(PUBLISHED("\x34", "\x08")), DPS_MQTT_MESSAGE);
    drain();
    in(BYTES(PUBLISHED("\x34", "\x09")), DPS_MQTT_MESSAGE);
    drain();
    ck_assert_uint_eq(used(), 3);
    dps_mqtt_session_end(&session, DPS_MQTT_ERR_CLOSED);
    connecting(&clean);
    in(BYTES("\x20\x02\x00\x00"), DPS_MQTT_CONNECTED);
    ck_assert_uint_eq(used(), 0);
    expect_out(BYTES(""));
    in(BYTES(PUBLISHED("\x34", "\x09")), DPS_MQTT_MESSAGE);
    expect_out(BYTES(PUBREC("\x09")));
    publish(&at_1);
    expect_out(BYTES(AT_1)); /* and the place in flight is free */
}
END_TEST

/* What was refused did not begin: nothing is thrown away for it. */
START_TEST(mqtt_3_1_2_6_a_refused_connect_empties_nothing)
{
    publish(&at_1);
    drain();
    dps_mqtt_session_end(&session, DPS_MQTT_ERR_CLOSED);
    connecting(&clean);
    in(BYTES("\x20\x02\x00\x03"), DPS_MQTT_CLOSED);
    expect_closed(DPS_MQTT_ERR_REFUSED_UNAVAILABLE);
    ck_assert_uint_eq(used(), 1);
}
END_TEST

/* [MQTT-4.1.0-2]: with CleanSession 1, too, the state lasts as long as the connection. */
START_TEST(mqtt_4_1_0_2_a_clean_session_lasts_its_connection)
{
    dps_mqtt_session_end(&session, DPS_MQTT_ERR_CLOSED);
    connecting(&clean);
    in(BYTES("\x20\x02\x00\x00"), DPS_MQTT_CONNECTED);
    publish(&at_2);
    expect_out(BYTES(AT_2));
    in(BYTES(PUBLISHED("\x34", "\x09")), DPS_MQTT_MESSAGE);
    expect_out(BYTES(PUBREC("\x09")));
    in(BYTES(PUBLISHED("\x3c", "\x09")), DPS_MQTT_NOTHING);
    expect_out(BYTES(PUBREC("\x09")));
    in(BYTES(PUBREC("\x01")), DPS_MQTT_NOTHING);
    expect_out(BYTES(PUBREL("\x01")));
    in(BYTES(PUBCOMP("\x01")), DPS_MQTT_PUBLISHED);
}
END_TEST

/* [MQTT-3.1.3-2]: a store a client identifier; two do not mix. */
START_TEST(mqtt_3_1_3_2_each_client_its_own_store)
{
    struct dps_mqtt_memory other;
    struct dps_mqtt_kept others[CAP];

    publish(&at_1);
    drain();
    other = memory;
    memcpy(others, entries, sizeof others);
    other.entries = others;
    store(CAP);
    connected(0);
    expect_out(BYTES(""));
    publish(&at_2);
    expect_out(BYTES(AT_2));
    memory = other;
    memcpy(entries, others, sizeof entries);
    memory.entries = entries;
    connected(1);
    expect_out(BYTES(PUBLISHED("\x3a", "\x01")));
}
END_TEST

/* N-27: rows 0 to 2 are our QoS 1, our QoS 2 and our PUBREL, with their PUBREC; from 3 on
 * the same with Session Present 0. What is ours goes out again either way; what the peer
 * numbers is remembered only as long as the peer does. */
START_TEST(mqtt_n_27_session_present_or_not)
{
    static const char *const again[] = { PUBLISHED("\x3a", "\x01"), PUBLISHED("\x3c", "\x01"),
                                         PUBREL("\x01") };
    static const size_t len[] = { 8, 8, 4 };
    int row = _i % 3;

    in(BYTES(PUBLISHED("\x34", "\x09")), DPS_MQTT_MESSAGE);
    publish(row == 0 ? &at_1 : &at_2);
    drain();
    if (row == 2) {
        in(BYTES(PUBREC("\x01")), DPS_MQTT_NOTHING);
        drain();
    }
    ck_assert_uint_eq(used(), 2);
    dps_mqtt_session_end(&session, DPS_MQTT_ERR_CLOSED);
    connected(_i < 3);
    ck_assert_uint_eq(event.packet.body.at[0], _i < 3); /* and told */
    ck_assert_uint_eq(used(), _i < 3 ? 2 : 1);
    expect_out((const uint8_t *)again[row], len[row]);
    in(BYTES(PUBLISHED("\x34", "\x09")), _i < 3 ? DPS_MQTT_NOTHING : DPS_MQTT_MESSAGE);
    expect_out(BYTES(PUBREC("\x09")));
}
END_TEST

/* DISCONNECT before what was kept is out again: it stays kept, for the next time. */
START_TEST(mqtt_disconnect_while_something_is_to_be_resent)
{
    publish(&at_1);
    drain();
    reconnected();
    in(BYTES(PUBLISHED("\x32", "\x09")), DPS_MQTT_MESSAGE);
    ck_assert_uint_eq(dps_mqtt_session_disconnect(&session), DPS_MQTT_OK);
    expect_out(BYTES(PUBACK("\x09") "\xe0\x00"));
    in(BYTES(""), DPS_MQTT_CLOSED);
    expect_closed(DPS_MQTT_OK);
    connected(1);
    expect_out(BYTES(PUBLISHED("\x3a", "\x01")));
}
END_TEST

/* One that is half out again cannot be answered: what it borrows is still being sent. */
START_TEST(mqtt_an_answer_to_a_resend_that_is_half_out)
{
    static const char *const answer[] = { PUBACK("\x01"), PUBREC("\x01"), PUBCOMP("\x01") };
    size_t len;

    publish(_i == 0 ? &at_1 : &at_2);
    drain();
    if (_i == 2) {
        in(BYTES(PUBREC("\x01")), DPS_MQTT_NOTHING);
    }
    reconnected();
    ck_assert_ptr_nonnull(dps_mqtt_session_output(&session, &len));
    dps_mqtt_session_sent(&session, 1);
    in((const uint8_t *)answer[_i], 4, DPS_MQTT_NOTHING);
    ck_assert_uint_eq(used(), 1);
    if (_i == 2) {
        expect_out(BYTES("\x02\x00\x01"));
    } else {
        expect_out(BYTES("\x06\x00\x01t\x00\x01x"));
    }
    in((const uint8_t *)answer[_i], 4, _i == 1 ? DPS_MQTT_NOTHING : DPS_MQTT_PUBLISHED);
}
END_TEST

/* An answer to what is kept and not yet out again: it is done with, and not sent. */
START_TEST(mqtt_an_answer_before_the_resend)
{
    publish(&at_1);
    drain();
    reconnected();
    in(BYTES(PUBACK("\x01")), DPS_MQTT_PUBLISHED);
    expect_out(BYTES(""));
    publish(&at_1);
    drain();
    ck_assert_uint_eq(used(), 1);
}
END_TEST

/* Its identifier is busy all the same where the answer was PUBREC. */
START_TEST(mqtt_2_3_1_3_pubrec_before_the_resend)
{
    struct dps_mqtt_filter filter = { TEXT("a"), 0, 0 };
    uint16_t identifier = 0;

    publish(&at_2);
    drain();
    reconnected();
    in(BYTES(PUBREC("\x01")), DPS_MQTT_NOTHING);
    expect_out(BYTES(PUBREL("\x01")));
    ck_assert_uint_eq(dps_mqtt_session_subscribe(&session, &filter, 1, &identifier), DPS_MQTT_OK);
    ck_assert_uint_ne(identifier, 1);
}
END_TEST

/* The clock may wrap while PUBCOMP is awaited. */
START_TEST(mqtt_4_3_3_no_pubcomp_and_a_clock_that_wraps)
{
    now_ms = UINT32_MAX - 100;
    dps_mqtt_session_tick(&session, now_ms);
    publish(&at_2);
    drain();
    now_ms += 50;
    dps_mqtt_session_tick(&session, now_ms);
    in(BYTES(PUBREC("\x01")), DPS_MQTT_NOTHING); /* an answer: the time begins anew */
    expect_out(BYTES(PUBREL("\x01")));
    ck_assert_uint_eq(dps_mqtt_session_tick(&session, now_ms + DPS_MQTT_ANSWER_MS - 1), 1);
    ck_assert_uint_eq(dps_mqtt_session_tick(&session, now_ms + DPS_MQTT_ANSWER_MS), 0);
    in(BYTES(""), DPS_MQTT_CLOSED);
    expect_closed(DPS_MQTT_ERR_NO_ANSWER);
}
END_TEST

/* ---- A message of theirs (4.3.3) --------------------------------------------------- */

START_TEST(mqtt_4_3_3_2_told_once_until_pubrel)
{
    unsigned i;

    in(BYTES(PUBLISHED("\x34", "\x09")), DPS_MQTT_MESSAGE);
    expect_out(BYTES(PUBREC("\x09")));
    for (i = 0; i < 2; i++) {
        in(BYTES(PUBLISHED("\x3c", "\x09")), DPS_MQTT_NOTHING);
        expect_out(BYTES(PUBREC("\x09")));
    }
    in(BYTES(PUBREL("\x09")), DPS_MQTT_NOTHING);
    expect_out(BYTES(PUBCOMP("\x09")));
    in(BYTES(PUBLISHED("\x34", "\x09")), DPS_MQTT_MESSAGE); /* a new one */
    expect_out(BYTES(PUBREC("\x09")));
}
END_TEST

/* The same, all three in one read: before any PUBREC is out. */
START_TEST(mqtt_4_3_3_2_told_once_before_pubrec_is_out)
{
    in(BYTES(PUBLISHED("\x34", "\x09")), DPS_MQTT_MESSAGE);
    in(BYTES(PUBLISHED("\x3c", "\x09") PUBLISHED("\x3c", "\x09")), DPS_MQTT_NOTHING);
    expect_out(BYTES(PUBREC("\x09") PUBREC("\x09") PUBREC("\x09")));
    ck_assert_uint_eq(used(), 1);
    in(BYTES(PUBREL("\x09")), DPS_MQTT_NOTHING);
    expect_out(BYTES(PUBCOMP("\x09")));
    ck_assert_uint_eq(used(), 0);
}
END_TEST

/* PUBREL before our PUBREC left: both are answered, nothing stays behind. */
START_TEST(mqtt_4_3_3_2_pubrel_before_pubrec_is_out)
{
    size_t len;

    in(BYTES(PUBLISHED("\x34", "\x09")), DPS_MQTT_MESSAGE);
    if (_i == 1) { /* half of it is */
        ck_assert_ptr_nonnull(dps_mqtt_session_output(&session, &len));
        dps_mqtt_session_sent(&session, 1);
    }
    in(BYTES(PUBREL("\x09")), DPS_MQTT_NOTHING);
    if (_i == 1) {
        expect_out(BYTES("\x02\x00\x09" PUBCOMP("\x09")));
    } else {
        expect_out(BYTES(PUBREC("\x09") PUBCOMP("\x09")));
    }
    ck_assert_uint_eq(used(), 0);
    in(BYTES(PUBLISHED("\x34", "\x09")), DPS_MQTT_MESSAGE);
}
END_TEST

START_TEST(mqtt_2_3_1_6_each_answer_repeats_the_identifier)
{
    in(BYTES("\x34\x06\x00\x01t\x12\x34x"), DPS_MQTT_MESSAGE);
    ck_assert_uint_eq(event.packet.packet_identifier, 0x1234);
    expect_out(BYTES("\x50\x02\x12\x34"));
    in(BYTES("\x62\x02\x12\x34"), DPS_MQTT_NOTHING);
    expect_out(BYTES("\x70\x02\x12\x34"));
}
END_TEST

/* [MQTT-3.3.4-1] [MQTT-4.5.0-2]: by the QoS, on a topic that nobody asked for. */
START_TEST(mqtt_3_3_4_1_answered_by_qos)
{
    static const char *const wire[] = { "\x30\x04\x00\x01ux", "\x32\x06\x00\x01u\x00\x09x",
                                        "\x34\x06\x00\x01u\x00\x09x" };
    static const char *const answer[] = { "", PUBACK("\x09"), PUBREC("\x09") };

    in((const uint8_t *)wire[_i], _i == 0 ? 6 : 8, DPS_MQTT_MESSAGE);
    expect_out((const uint8_t *)answer[_i], _i == 0 ? 0 : 4);
}
END_TEST

/* N-33: DUP does not say that we had it. */
START_TEST(mqtt_n_33_dup_on_the_first_sight)
{
    in(BYTES(PUBLISHED("\x3a", "\x09")), DPS_MQTT_MESSAGE);
    expect_out(BYTES(PUBACK("\x09")));
    in(BYTES(PUBLISHED("\x3c", "\x09")), DPS_MQTT_MESSAGE);
    expect_out(BYTES(PUBREC("\x09")));
}
END_TEST

/* QoS 1 and 2 with one identifier: a QoS 1 message is never held back as known. */
START_TEST(mqtt_4_3_2_2_qos_1_of_a_known_identifier)
{
    in(BYTES(PUBLISHED("\x34", "\x09")), DPS_MQTT_MESSAGE);
    expect_out(BYTES(PUBREC("\x09")));
    in(BYTES(PUBLISHED("\x32", "\x09")), DPS_MQTT_MESSAGE);
    in(BYTES(PUBLISHED("\x3a", "\x09")), DPS_MQTT_MESSAGE);
    expect_out(BYTES(PUBACK("\x09") PUBACK("\x09")));
}
END_TEST

/* A message in pieces: told piece by piece, PUBREC behind the last; again: none is. */
START_TEST(mqtt_4_3_3_2_pubrec_behind_the_last_piece)
{
    in(BYTES("\x34\x08\x00\x01t\x00\x09" "a"), DPS_MQTT_MESSAGE);
    expect_out(BYTES(""));
    in(BYTES("b"), DPS_MQTT_MESSAGE);
    in(BYTES("c"), DPS_MQTT_MESSAGE);
    ck_assert_uint_eq(event.packet.last, 1);
    expect_out(BYTES(PUBREC("\x09")));
    in(BYTES("\x3c\x08\x00\x01t\x00\x09" "a"), DPS_MQTT_NOTHING);
    in(BYTES("b"), DPS_MQTT_NOTHING);
    expect_out(BYTES(""));
    in(BYTES("c"), DPS_MQTT_NOTHING);
    expect_out(BYTES(PUBREC("\x09")));
}
END_TEST

/* [MQTT-4.6.0-2] [MQTT-4.6.0-3]: in the order of the messages, whatever their QoS. */
START_TEST(mqtt_4_6_0_3_pubrecs_in_order)
{
    in(BYTES(PUBLISHED("\x34", "\x07")), DPS_MQTT_MESSAGE);
    in(BYTES(PUBLISHED("\x32", "\x05")), DPS_MQTT_MESSAGE);
    in(BYTES(PUBLISHED("\x34", "\x03")), DPS_MQTT_MESSAGE);
    in(BYTES(PUBLISHED("\x32", "\x09")), DPS_MQTT_MESSAGE);
    expect_out(BYTES(PUBREC("\x07") PUBACK("\x05") PUBREC("\x03") PUBACK("\x09")));
}
END_TEST

/* All acknowledgements that wait, of any kind, fill the slots. */
START_TEST(mqtt_output_first_with_every_kind_of_acknowledgement)
{
    unsigned i;

    for (i = 0; i < DPS_MQTT_ACKS; i++) {
        in(BYTES(PUBREL("\x09")), DPS_MQTT_NOTHING);
    }
    ck_assert_uint_eq(dps_mqtt_session_input(&session, BYTES(PUBREL("\x09")), &event), 0);
    ck_assert_uint_eq(event.type, DPS_MQTT_OUTPUT_FIRST);
    drain();
    in(BYTES(PUBREL("\x09")), DPS_MQTT_NOTHING);
    expect_out(BYTES(PUBCOMP("\x09")));
}
END_TEST

/* N-24: both ends number for themselves. */
START_TEST(mqtt_n_24_one_identifier_both_ways_at_qos_2)
{
    publish(&at_2);
    expect_out(BYTES(AT_2));
    in(BYTES(AT_2), DPS_MQTT_MESSAGE);
    expect_out(BYTES(PUBREC("\x01")));
    in(BYTES(PUBREL("\x01")), DPS_MQTT_NOTHING); /* theirs: ours had no PUBREC yet */
    expect_out(BYTES(PUBCOMP("\x01")));
    in(BYTES(PUBREC("\x01")), DPS_MQTT_NOTHING);
    in(BYTES(AT_2), DPS_MQTT_MESSAGE);
    expect_out(BYTES(PUBREL("\x01") PUBREC("\x01")));
    in(BYTES(PUBCOMP("\x01")), DPS_MQTT_PUBLISHED);
    in(BYTES(PUBLISHED("\x3c", "\x01")), DPS_MQTT_NOTHING); /* still known */
}
END_TEST

/* N-35: an acknowledgement of nothing is ignored, but PUBREL is always answered. */
static const struct {
    const char *name, *wire, *answer;
} unknown[] = {
    { "N-35 PUBACK of an unknown identifier", PUBACK("\x63"), "" },
    { "N-35 PUBREC of an unknown identifier", PUBREC("\x63"), "" },
    { "N-35 PUBCOMP of an unknown identifier", PUBCOMP("\x63"), "" },
    { "N-35 UNSUBACK of an unknown identifier", "\xb0\x02\x00\x63", "" },
    { "N-35 PUBREL of an unknown identifier", PUBREL("\x63"), PUBCOMP("\x63") },
};

START_TEST(mqtt_n_35_of_nothing)
{
    publish(_i % 2 == 0 ? &at_1 : &at_2); /* and what is in flight is left alone */
    drain();
    ck_assert_msg(dps_mqtt_session_input(&session, (const uint8_t *)unknown[_i].wire, 4, &event)
                      == 4 && event.type == DPS_MQTT_NOTHING,
                  "%s", unknown[_i].name);
    expect_out((const uint8_t *)unknown[_i].answer, strlen(unknown[_i].answer) != 0 ? 4 : 0);
    ck_assert_uint_eq(used(), 1);
    ck_assert_uint_eq(dps_mqtt_session_error(&session, NULL), DPS_MQTT_OK);
    ROW_RAN(unknown[_i].name);
}
END_TEST

/* Before CONNACK none of them is right. */
START_TEST(mqtt_3_2_0_1_connack_before_qos_2)
{
    static const char *const wire[] = { PUBREC("\x01"), PUBREL("\x01"), PUBCOMP("\x01"),
                                        PUBLISHED("\x34", "\x01") };

    dps_mqtt_session_end(&session, DPS_MQTT_ERR_CLOSED);
    connecting(&kept);
    in((const uint8_t *)wire[_i], _i == 3 ? 8 : 4, DPS_MQTT_CLOSED);
    expect_closed(DPS_MQTT_ERR_CONNACK_FIRST);
    ck_assert_uint_eq(used(), 0);
}
END_TEST

/* N-37: on a violation the client closes and says no DISCONNECT, nor anything else that
 * waited. */
START_TEST(mqtt_n_37_no_disconnect_after_a_violation)
{
    publish(&at_2);
    drain();
    in(BYTES(PUBLISHED("\x34", "\x09")), DPS_MQTT_MESSAGE);
    ck_assert_uint_eq(dps_mqtt_session_input(&session, BYTES("\x60\x02\x00\x09"), &event), 1);
    ck_assert_uint_eq(event.type, DPS_MQTT_CLOSED);
    ck_assert_uint_eq(dps_mqtt_session_disconnect(&session), DPS_MQTT_ERR_STATE);
    expect_closed(DPS_MQTT_ERR_FLAGS);
    ck_assert_uint_eq(used(), 1); /* PUBREC did not leave: theirs was not taken over */
}
END_TEST

/* N-34: told as PUBLISH comes, once a message, in every interleaving of a peer that keeps
 * the rules. Each of 6 steps is one of five: the peer sends what is next, a new PUBLISH or
 * PUBREL; it repeats what it sent last; our output leaves and arrives; it leaves, and is
 * lost with the connection; the connection is lost before. After a loss the peer sends its
 * last once more. What is told before its PUBREC leaves is taken over only then. */
enum { STEPS = 6, NEXT = 0, AGAIN, LEAVES, UNHEARD, LOST, KINDS };

static struct {
    unsigned sent, taken; /* different messages */
    int is_told;          /* one that is not taken over yet */
    int is_released;      /* the peer is at PUBREL */
    int waits;            /* it has sent, our answer is not there */
} now;

/* 0: nothing was taken, our output is to leave first. */
static int now_in(int is_again)
{
    const char *wire = now.is_released ? PUBREL("\x09") : PUBLISHED("\x34", "\x09");

    if (is_again && !now.is_released) {
        wire = PUBLISHED("\x3c", "\x09");
    }
    if (dps_mqtt_session_input(&session, (const uint8_t *)wire, now.is_released ? 4 : 8, &event)
        == 0) {
        MUST(event.type == DPS_MQTT_OUTPUT_FIRST);
        return 0;
    }
    MUST(event.type == DPS_MQTT_NOTHING || (event.type == DPS_MQTT_MESSAGE && !now.is_told));
    now.is_told |= event.type == DPS_MQTT_MESSAGE;
    return 1;
}

static void now_leaves(int arrives)
{
    unsigned wanted = now.is_released ? 0x70 : 0x50;
    const uint8_t *at;
    size_t len, i, done = 0;
    uint8_t out[64];

    while ((at = dps_mqtt_session_output(&session, &len)) != NULL) {
        memcpy(out + done, at, len);
        done += len;
        dps_mqtt_session_sent(&session, len);
    }
    now.taken += (unsigned)now.is_told;
    now.is_told = 0;
    for (i = 0; arrives && i < done; i += 4) {
        if (now.waits && out[i] == wanted) {
            now.is_released = !now.is_released;
            now.waits = 0;
        }
    }
    MUST(now.taken == now.sent && !(arrives && now.waits));
}

/* Takes this step; 0: there is no such step here. */
static int now_step(unsigned step)
{
    switch (step) {
    case NEXT:
        if (now.waits) {
            return 0;
        }
        now.sent += !now.is_released;
        now.waits = 1;
        return now_in(0);
    case AGAIN:
        return now.waits && now_in(1);
    case LEAVES:
        now_leaves(1);
        return 1;
    default:
        if (step == UNHEARD) {
            now_leaves(0);
        }
        connected(1);
        now.is_told = 0;
        return !now.waits || now_in(1);
    }
}

START_TEST(mqtt_n_34_one_delivery_in_every_interleaving)
{
    unsigned step[STEPS] = { 0 }, i = 0, whole = 0;

    while (step[0] != KINDS) {
        memset(&now, 0, sizeof now);
        fresh();
        for (i = 0; i < STEPS && now_step(step[i]); i++) {
        }
        whole += i == STEPS;
        i -= i == STEPS;
        memset(step + i + 1, 0, (STEPS - 1 - i) * sizeof step[0]);
        while (++step[i] == KINDS && i != 0) { /* the next that begins in another way */
            step[i--] = 0;
        }
    }
    ck_assert_uint_gt(whole, 2000);
}
END_TEST

/* ---- The store --------------------------------------------------------------------- */

/* Full when we want to publish: the call says so, nothing is sent or lost, it works as
 * soon as there is room. */
START_TEST(mqtt_4_1_0_1_store_full_on_publish)
{
    uint16_t identifier = 7;

    store(1);
    connected(0);
    in(BYTES(PUBLISHED("\x34", "\x09")), DPS_MQTT_MESSAGE);
    if (_i == 1) { /* its PUBREC waits, or is out: either way the room is its own */
        expect_out(BYTES(PUBREC("\x09")));
    }
    ck_assert_uint_eq(dps_mqtt_session_publish(&session, &at_1, &identifier),
                      DPS_MQTT_ERR_STORE_FULL);
    ck_assert_uint_eq(dps_mqtt_session_publish(&session, &at_2, &identifier),
                      DPS_MQTT_ERR_STORE_FULL);
    ck_assert_uint_eq(identifier, 7);
    if (_i == 0) {
        expect_out(BYTES(PUBREC("\x09")));
    }
    expect_out(BYTES(""));
    publish(&at_0); /* needs none */
    expect_out(BYTES("\x30\x04\x00\x01tx"));
    in(BYTES(""), DPS_MQTT_PUBLISHED);
    in(BYTES(PUBREL("\x09")), DPS_MQTT_NOTHING);
    expect_out(BYTES(PUBCOMP("\x09")));
    ck_assert_uint_eq(dps_mqtt_session_publish(&session, &at_1, &identifier), DPS_MQTT_OK);
    ck_assert_uint_eq(identifier, 1);
    expect_out(BYTES(AT_1));
}
END_TEST

/* Full when a QoS 2 message comes: it ends before the message is told. */
START_TEST(mqtt_4_8_0_2_store_full_for_an_incoming_message)
{
    store(1);
    connected(0);
    publish(&at_1);
    drain();
    in(BYTES(PUBLISHED("\x32", "\x08")), DPS_MQTT_MESSAGE); /* QoS 1 needs no room */
    drain();
    ck_assert_uint_eq(dps_mqtt_session_input(&session, BYTES(PUBLISHED("\x34", "\x09")), &event),
                      8);
    ck_assert_uint_eq(event.type, DPS_MQTT_CLOSED);
    expect_closed(DPS_MQTT_ERR_STORE_FAILED);
    ck_assert_uint_eq(memory.count, 1);
    connected(1); /* nothing is lost on either side */
    expect_out(BYTES(PUBLISHED("\x3a", "\x01")));
    in(BYTES(PUBACK("\x01")), DPS_MQTT_PUBLISHED);
    in(BYTES(PUBLISHED("\x3c", "\x09")), DPS_MQTT_MESSAGE);
    expect_out(BYTES(PUBREC("\x09")));
}
END_TEST

/* Full, and one comes that is known: it needs no room. */
START_TEST(mqtt_4_3_3_2_known_message_needs_no_room)
{
    store(1);
    connected(0);
    in(BYTES(PUBLISHED("\x34", "\x09")), DPS_MQTT_MESSAGE);
    in(BYTES(PUBLISHED("\x3c", "\x09")), DPS_MQTT_NOTHING);
    expect_out(BYTES(PUBREC("\x09") PUBREC("\x09")));
    in(BYTES(PUBLISHED("\x3c", "\x09")), DPS_MQTT_NOTHING);
    expect_out(BYTES(PUBREC("\x09")));
}
END_TEST

/* Room is counted as it is: neither a PUBREC that is kept already and half out, nor one
 * that goes out again, takes it from a new message. */
START_TEST(mqtt_a_pubrec_takes_its_room_once)
{
    size_t len;

    store(2);
    connected(0);
    in(BYTES(PUBLISHED("\x34", "\x09")), DPS_MQTT_MESSAGE);
    if (_i == 0) {
        ck_assert_ptr_nonnull(dps_mqtt_session_output(&session, &len));
        dps_mqtt_session_sent(&session, 1);
    } else {
        drain();
        in(BYTES(PUBLISHED("\x3c", "\x09")), DPS_MQTT_NOTHING);
    }
    in(BYTES(PUBLISHED("\x34", "\x08")), DPS_MQTT_MESSAGE);
    drain();
    ck_assert_uint_eq(memory.store.left, 0);
}
END_TEST

/* A message that has begun to come has its room, whatever is published meanwhile. */
START_TEST(mqtt_a_message_that_began_keeps_its_room)
{
    store(1);
    connected(0);
    in(BYTES("\x34\x07\x00\x01t\x00\x09" "a"), DPS_MQTT_MESSAGE);
    ck_assert_uint_eq(dps_mqtt_session_publish(&session, &at_1, NULL), DPS_MQTT_ERR_STORE_FULL);
    in(BYTES("b"), DPS_MQTT_MESSAGE);
    expect_out(BYTES(PUBREC("\x09")));
}
END_TEST

/* The half of a QoS 1 message takes none. */
START_TEST(mqtt_a_qos_1_message_needs_no_room)
{
    store(1);
    connected(0);
    in(BYTES("\x32\x07\x00\x01t\x00\x09" "a"), DPS_MQTT_MESSAGE);
    publish(&at_1);
    in(BYTES("b"), DPS_MQTT_MESSAGE);
    expect_out(BYTES(AT_1 PUBACK("\x09")));
}
END_TEST

/* More of ours than there are places in flight: it ends, nothing is thrown away. */
START_TEST(mqtt_store_with_more_than_are_in_flight)
{
    unsigned i;

    for (i = 0; i <= DPS_MQTT_IN_FLIGHT; i++) {
        struct dps_mqtt_kept entry = { DPS_MQTT_PUBLISH, 0, { { NULL, 0 }, { { NULL, 0 } }, 0, 0 } };

        entry.packet_identifier = (uint16_t)(10 + i);
        entry.publish = at_1;
        if (_i == 1) {
            entry.packet_type = DPS_MQTT_PUBREL;
        }
        memory.store.change(&memory.store, DPS_MQTT_KEPT_NONE, &entry);
    }
    dps_mqtt_session_end(&session, DPS_MQTT_ERR_CLOSED);
    connecting(&kept);
    in(BYTES("\x20\x02\x01\x00"), DPS_MQTT_CLOSED);
    expect_closed(DPS_MQTT_ERR_STORE_FAILED);
    ck_assert_uint_eq(used(), DPS_MQTT_IN_FLIGHT + 1);
}
END_TEST

/* A store that lends other bytes than it was given. */
START_TEST(mqtt_store_with_bad_bytes)
{
    publish(&at_1);
    drain();
    entries[0].publish.topic.len = 0;
    reconnected();
    expect_out(BYTES(""));
    in(BYTES(""), DPS_MQTT_CLOSED);
    expect_closed(DPS_MQTT_ERR_STORE_FAILED);
}
END_TEST

/* Entries stand in the order in which they were put; one that goes is closed up. */
START_TEST(mqtt_memory_keeps_the_order)
{
    struct dps_mqtt_store *s = &memory.store;
    struct dps_mqtt_kept entry = { DPS_MQTT_PUBREC, 0, { { NULL, 0 }, { { NULL, 0 } }, 0, 0 } };
    static const uint16_t left_over[] = { 1, 3, 4, 5 };
    unsigned i;

    for (i = 1; i <= CAP; i++) {
        ck_assert_uint_eq(s->left, CAP + 1 - i);
        entry.packet_identifier = (uint16_t)i;
        ck_assert_int_eq(s->change(s, DPS_MQTT_KEPT_NONE, &entry), 1);
    }
    ck_assert_uint_eq(s->left, 0);
    entry.packet_identifier = 5;
    ck_assert_int_eq(s->change(s, DPS_MQTT_KEPT_NONE, &entry), 0); /* full, unchanged */
    ck_assert_uint_eq(s->left, 0);
    ck_assert_int_eq(s->change(s, 1, &entry), 1); /* one for another always fits */
    ck_assert_uint_eq(s->left, 0);
    for (i = 0; i < CAP; i++) {
        ck_assert_int_eq(s->recall(s, i, &entry), 1);
        ck_assert_uint_eq(entry.packet_identifier, left_over[i]);
        ck_assert_uint_eq(entry.packet_type, DPS_MQTT_PUBREC);
    }
    ck_assert_int_eq(s->recall(s, CAP, &entry), 0);
    ck_assert_int_eq(s->change(s, 0, NULL), 1);
    ck_assert_int_eq(s->change(s, 2, NULL), 1); /* the last one */
    ck_assert_uint_eq(s->left, 2);
    ck_assert_int_eq(s->recall(s, 0, &entry), 1);
    ck_assert_uint_eq(entry.packet_identifier, 3);
    ck_assert_int_eq(s->recall(s, 1, &entry), 1);
    ck_assert_uint_eq(entry.packet_identifier, 4);
    ck_assert_int_eq(s->recall(s, 2, &entry), 0);
    ck_assert_int_eq(s->change(s, DPS_MQTT_KEPT_NONE, NULL), 1); /* nothing at all */
    ck_assert_uint_eq(s->left, 2);
}
END_TEST

/* [MQTT-3.14.4-2]: a message told while DISCONNECT is half out was not taken over. */
START_TEST(mqtt_3_14_4_2_nothing_is_taken_over_after_disconnect)
{
    size_t len;

    dps_mqtt_session_disconnect(&session);
    ck_assert_ptr_nonnull(dps_mqtt_session_output(&session, &len));
    dps_mqtt_session_sent(&session, 1);
    in(BYTES(PUBLISHED("\x34", "\x09")), DPS_MQTT_MESSAGE);
    expect_out(BYTES("\x00"));
    ck_assert_uint_eq(used(), 0);
    connected(1);
    in(BYTES(PUBLISHED("\x3c", "\x09")), DPS_MQTT_MESSAGE);
}
END_TEST

/* ---- A store that fails ------------------------------------------------------------ */

/* Its changes 1 to `fail_after` succeed, the next fails, and all behind it. */
static unsigned fail_after;
static int (*real_change)(struct dps_mqtt_store *, unsigned, const struct dps_mqtt_kept *);

static int failing_change(struct dps_mqtt_store *s, unsigned index,
                          const struct dps_mqtt_kept *entry)
{
    if (fail_after == 0) {
        return 0;
    }
    fail_after--;
    return real_change(s, index, entry);
}

/* Each kind of change where it fails: what it answers does not leave, what is kept stays
 * kept. PUBACK, PUBREC, PUBCOMP, PUBREL, our PUBREC, CleanSession 1. */
START_TEST(mqtt_4_8_0_2_store_that_fails)
{
    static const char *const wire[] = { PUBACK("\x01"), PUBREC("\x01"), PUBCOMP("\x01"),
                                        PUBREL("\x09"), "", "\x20\x02\x00\x00" };
    unsigned before;

    publish(_i == 0 ? &at_1 : &at_2);
    drain();
    if (_i == 2) {
        in(BYTES(PUBREC("\x01")), DPS_MQTT_NOTHING);
        drain();
    }
    in(BYTES(PUBLISHED("\x34", "\x09")), DPS_MQTT_MESSAGE);
    if (_i != 4) {
        drain();
    }
    if (_i == 5) {
        dps_mqtt_session_end(&session, DPS_MQTT_ERR_CLOSED);
        connecting(&clean);
    }
    real_change = memory.store.change;
    memory.store.change = failing_change;
    fail_after = 0;
    before = used();
    if (_i == 4) {
        expect_out(BYTES(""));
        in(BYTES(""), DPS_MQTT_CLOSED);
    } else {
        in((const uint8_t *)wire[_i], 4, DPS_MQTT_CLOSED);
    }
    expect_closed(DPS_MQTT_ERR_STORE_FAILED);
    ck_assert_uint_eq(used(), before);
}
END_TEST

/* The store may refuse a message for reasons of its own, whatever it says of its room. */
START_TEST(mqtt_store_that_refuses_a_message)
{
    real_change = memory.store.change;
    memory.store.change = failing_change;
    fail_after = 0;
    ck_assert_uint_eq(dps_mqtt_session_publish(&session, &at_2, NULL), DPS_MQTT_ERR_STORE_FULL);
    expect_out(BYTES(""));
    fail_after = 1;
    publish(&at_2);
    expect_out(BYTES(AT_2));
}
END_TEST

/* With Session Present 0, and the second of their PUBRECs cannot be taken away. */
START_TEST(mqtt_n_27_store_that_fails)
{
    in(BYTES(PUBLISHED("\x34", "\x08")), DPS_MQTT_MESSAGE);
    in(BYTES(PUBLISHED("\x34", "\x09")), DPS_MQTT_MESSAGE);
    drain();
    dps_mqtt_session_end(&session, DPS_MQTT_ERR_CLOSED);
    connecting(&kept);
    real_change = memory.store.change;
    memory.store.change = failing_change;
    fail_after = 1;
    in(BYTES("\x20\x02\x00\x00"), DPS_MQTT_CLOSED);
    expect_closed(DPS_MQTT_ERR_STORE_FAILED);
    ck_assert_uint_eq(used(), 1);
}
END_TEST

/* ---- A link that breaks ------------------------------------------------------------ */

/* A QoS 2 message each way, cut behind every byte, and again behind every byte of the
 * connection that follows; a byte at a time, and as much as there is. */
START_TEST(mqtt_4_3_3_exactly_once_over_every_cut)
{
    once_sweep((struct once_try){ "2", 1, { 0, 0 }, _i == 0 ? 1 : 64, 0 }, 1);
}
END_TEST

/* Messages of ours one after the other, QoS 1 among them, and more of theirs. */
START_TEST(mqtt_4_4_0_1_many_over_every_cut)
{
    once_sweep((struct once_try){ "212", 3, { 0, 0 }, _i == 0 ? 1 : 64, 0 }, 1);
}
END_TEST

START_TEST(mqtt_4_1_0_1_exactly_once_with_a_store_that_fails)
{
    once_sweep_failing((struct once_try){ "212", 3, { 0, 0 }, _i == 0 ? 1 : 64, 0 });
}
END_TEST

/* ---- A will (3.1.2.5) -------------------------------------------------------------- */

START_TEST(mqtt_3_1_2_9_session_with_a_will)
{
    static const struct dps_mqtt_connect all = {
        TEXT("c1"), TEXT("user"), TEXT("\x00\xff"), 60, 1,
    };
    static const struct dps_mqtt_will will = { TEXT("w/t"), TEXT("bye"), 1, 1 };
    struct dps_mqtt_will bad = will;

    dps_mqtt_session_init(&session, head, sizeof head, 0);
    bad.qos = 3;
    ck_assert_uint_eq(dps_mqtt_session_connect_with_will(&session, &all, &bad),
                      DPS_MQTT_ERR_QOS_VALUE);
    ck_assert_uint_eq(dps_mqtt_session_connect_with_will(&session, &all, &will), DPS_MQTT_OK);
    ck_assert_uint_eq(dps_mqtt_session_connect_with_will(&session, &all, &will),
                      DPS_MQTT_ERR_STATE);
    ck_assert_uint_eq(dps_mqtt_session_connect(&session, &all), DPS_MQTT_ERR_STATE);
    expect_out(BYTES("\x10\x22\x00\x04MQTT\x04\xee\x00\x3c\x00\x02"
                     "c1\x00\x03w/t\x00\x03"
                     "bye\x00\x04user\x00\x02\x00\xff"));
    in(BYTES("\x20\x02\x01\x00"), DPS_MQTT_CLOSED); /* CleanSession 1 is known of it, too */
    expect_closed(DPS_MQTT_ERR_SESSION_PRESENT_CLEAN);
}
END_TEST

/* And Keep Alive, and the end by DISCONNECT, which takes the will away. */
START_TEST(mqtt_3_14_4_1_a_will_and_disconnect)
{
    static const struct dps_mqtt_connect hello = { TEXT("c1"), { 0 }, { 0 }, 60, 1 };
    static const struct dps_mqtt_will will = { TEXT("w"), TEXT(""), 0, 0 };

    dps_mqtt_session_init(&session, head, sizeof head, 0);
    dps_mqtt_session_connect_with_will(&session, &hello, &will);
    dps_mqtt_session_tick(&session, now_ms);
    expect_out(BYTES("\x10\x13\x00\x04MQTT\x04\x06\x00\x3c\x00\x02" "c1\x00\x01w\x00\x00"));
    in(BYTES("\x20\x02\x00\x00"), DPS_MQTT_CONNECTED);
    ck_assert_uint_eq(dps_mqtt_session_tick(&session, now_ms), 45000);
    dps_mqtt_session_disconnect(&session);
    expect_out(BYTES("\xe0\x00"));
    in(BYTES(""), DPS_MQTT_CLOSED);
    expect_closed(DPS_MQTT_OK);
}
END_TEST

TCase *mqtt_delivery_cases(void)
{
    TCase *tc = tcase_create("delivery");

    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, fresh, NULL);
    tcase_add_test(tc, mqtt_4_3_3_1_publish_pubrec_pubrel_pubcomp);
    tcase_add_loop_test(tc, mqtt_4_3_3_1_no_publish_again_after_pubrec, 0, 2);
    tcase_add_test(tc, mqtt_4_3_3_1_pubrec_again);
    tcase_add_test(tc, mqtt_4_3_2_1_the_right_puback_only);
    tcase_add_test(tc, mqtt_4_3_3_1_puback_is_no_pubrec);
    tcase_add_test(tc, mqtt_2_3_1_3_pubrec_does_not_free_the_identifier);
    tcase_add_test(tc, mqtt_2_3_1_3_no_other_packet_takes_it_before_pubcomp);
    tcase_add_test(tc, mqtt_2_3_1_3_resend_keeps_its_identifier);
    tcase_add_test(tc, mqtt_4_4_0_1_nothing_new_before_the_resend);
    tcase_add_loop_test(tc, mqtt_3_3_1_1_dup_when_sent_again, 0, 4);
    tcase_add_test(tc, mqtt_n_36_pubrel_again_keeps_its_flags);
    tcase_add_loop_test(tc, mqtt_4_4_0_1_resent_after_connack, 0, 3);
    tcase_add_loop_test(tc, mqtt_n_32_no_resend_without_a_reconnect, 0, 3);
    tcase_add_test(tc, mqtt_4_1_0_1_state_outlives_the_connection);
    tcase_add_loop_test(tc, mqtt_3_1_2_4_state_outlives_every_kind_of_end, 0, 3);
    tcase_add_loop_test(tc, mqtt_3_1_2_6_clean_session_empties_the_store, 0, 3);
    tcase_add_test(tc, mqtt_3_1_2_6_a_refused_connect_empties_nothing);
    tcase_add_test(tc, mqtt_4_1_0_2_a_clean_session_lasts_its_connection);
    tcase_add_test(tc, mqtt_3_1_3_2_each_client_its_own_store);
    tcase_add_loop_test(tc, mqtt_n_27_session_present_or_not, 0, 6);
    tcase_add_test(tc, mqtt_disconnect_while_something_is_to_be_resent);
    tcase_add_loop_test(tc, mqtt_an_answer_to_a_resend_that_is_half_out, 0, 3);
    tcase_add_test(tc, mqtt_an_answer_before_the_resend);
    tcase_add_test(tc, mqtt_2_3_1_3_pubrec_before_the_resend);
    tcase_add_test(tc, mqtt_4_3_3_no_pubcomp_and_a_clock_that_wraps);
    tcase_add_test(tc, mqtt_4_3_3_2_told_once_until_pubrel);
    tcase_add_test(tc, mqtt_4_3_3_2_told_once_before_pubrec_is_out);
    tcase_add_loop_test(tc, mqtt_4_3_3_2_pubrel_before_pubrec_is_out, 0, 2);
    tcase_add_test(tc, mqtt_2_3_1_6_each_answer_repeats_the_identifier);
    tcase_add_loop_test(tc, mqtt_3_3_4_1_answered_by_qos, 0, 3);
    tcase_add_test(tc, mqtt_n_33_dup_on_the_first_sight);
    tcase_add_test(tc, mqtt_4_3_2_2_qos_1_of_a_known_identifier);
    tcase_add_test(tc, mqtt_4_3_3_2_pubrec_behind_the_last_piece);
    tcase_add_test(tc, mqtt_4_6_0_3_pubrecs_in_order);
    tcase_add_test(tc, mqtt_output_first_with_every_kind_of_acknowledgement);
    tcase_add_test(tc, mqtt_n_24_one_identifier_both_ways_at_qos_2);
    tcase_add_loop_test(tc, mqtt_n_35_of_nothing, 0, sizeof unknown / sizeof unknown[0]);
    tcase_add_loop_test(tc, mqtt_3_2_0_1_connack_before_qos_2, 0, 4);
    tcase_add_test(tc, mqtt_n_37_no_disconnect_after_a_violation);
    tcase_add_test(tc, mqtt_n_34_one_delivery_in_every_interleaving);
    tcase_add_loop_test(tc, mqtt_4_1_0_1_store_full_on_publish, 0, 2);
    tcase_add_test(tc, mqtt_4_8_0_2_store_full_for_an_incoming_message);
    tcase_add_test(tc, mqtt_4_3_3_2_known_message_needs_no_room);
    tcase_add_loop_test(tc, mqtt_a_pubrec_takes_its_room_once, 0, 2);
    tcase_add_test(tc, mqtt_a_message_that_began_keeps_its_room);
    tcase_add_test(tc, mqtt_a_qos_1_message_needs_no_room);
    tcase_add_loop_test(tc, mqtt_store_with_more_than_are_in_flight, 0, 2);
    tcase_add_test(tc, mqtt_store_with_bad_bytes);
    tcase_add_test(tc, mqtt_memory_keeps_the_order);
    tcase_add_loop_test(tc, mqtt_4_8_0_2_store_that_fails, 0, 6);
    tcase_add_test(tc, mqtt_3_14_4_2_nothing_is_taken_over_after_disconnect);
    tcase_add_test(tc, mqtt_store_that_refuses_a_message);
    tcase_add_test(tc, mqtt_n_27_store_that_fails);
    tcase_add_loop_test(tc, mqtt_4_3_3_exactly_once_over_every_cut, 0, 2);
    tcase_add_loop_test(tc, mqtt_4_4_0_1_many_over_every_cut, 0, 2);
    tcase_add_loop_test(tc, mqtt_4_1_0_1_exactly_once_with_a_store_that_fails, 0, 2);
    tcase_add_test(tc, mqtt_3_1_2_9_session_with_a_will);
    tcase_add_test(tc, mqtt_3_14_4_1_a_will_and_disconnect);
    return tc;
}
