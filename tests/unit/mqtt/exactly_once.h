/* SPDX-License-Identifier: MIT
 *
 * Whole conversations between a session with a store and the correct peer, over a link
 * that may be cut behind any byte: what both sides want to send arrives. Included behind
 * scripted.h; the size of the session is the including file's. */
#ifndef TESTS_UNIT_MQTT_EXACTLY_ONCE_H
#define TESTS_UNIT_MQTT_EXACTLY_ONCE_H

#include "mqtt/delivery.h"
#include "mqtt/memory.h"
#include "tests/unit/mqtt/correct_peer.h"
#include "tests/unit/mqtt/scripted.h"

enum { ONCE_NEVER = 1000000, ONCE_STORE = 8, ONCE_TURNS = 2000 };

/* What is tried. */
struct once_try {
    const char *qos;    /* of our messages "a", "b", ...: "2", "121" */
    unsigned peers;     /* number of the peer's messages: "A", "B", ... */
    unsigned cuts[2];   /* bytes over the link, either way, until it is cut; and again */
    unsigned step;      /* bytes that pass in one direction before the other has its turn */
    unsigned failing;   /* this call of the store's `change`, from 1, fails; 0: none */
};

static struct correct_peer once_peer;
static struct dps_mqtt_memory once_memory;
static struct dps_mqtt_kept once_entries[ONCE_STORE];
static const struct once_try *once_is;
static unsigned once_cut, once_left;     /* cuts that were; bytes until the next */
static unsigned once_passed;             /* bytes, over all connections */
static unsigned once_changes, once_connections;

/* The application: its messages, and what it was told. */
static char once_body[8];          /* each lent until DPS_MQTT_PUBLISHED */
static uint16_t once_identifier[8];
static unsigned once_asked, once_published;
static struct {
    uint16_t identifier;
    char letter;
} once_told[8]; /* not yet taken over: their PUBREC has not left */
static unsigned once_told_len;
static char once_taken[32];
static unsigned once_taken_len;

static int (*once_real_change)(struct dps_mqtt_store *, unsigned,
                               const struct dps_mqtt_kept *);

static inline int once_change(struct dps_mqtt_store *store, unsigned index,
                              const struct dps_mqtt_kept *entry)
{
    if (++once_changes == once_is->failing) {
        return 0;
    }
    return once_real_change(store, index, entry);
}

/* A message is taken over when its PUBREC leaves, and that is when it is kept. */
static inline void once_take(void)
{
    struct dps_mqtt_kept entry;
    unsigned i, k;

    for (i = 0; once_memory.store.recall(&once_memory.store, i, &entry); i++) {
        for (k = 0; k < once_told_len; k++) {
            if (entry.packet_type == DPS_MQTT_PUBREC
                && entry.packet_identifier == once_told[k].identifier) {
                once_taken[once_taken_len++] = once_told[k].letter;
                once_told[k] = once_told[--once_told_len];
            }
        }
    }
}

/* Ours to the peer, up to `step` bytes. */
static inline void once_send(void)
{
    unsigned room = once_is->step;
    const uint8_t *at;
    size_t len, i;

    while (room != 0 && (at = dps_mqtt_session_output(&session, &len)) != NULL) {
        once_take();
        len = len < room ? len : room;
        len = len < once_left ? len : once_left;
        if (len == 0) {
            return;
        }
        for (i = 0; i < len; i++) {
            peer_gets(&once_peer, at[i]);
        }
        dps_mqtt_session_sent(&session, len);
        once_take();
        room -= (unsigned)len;
        once_left -= (unsigned)len;
        once_passed += (unsigned)len;
    }
}

/* The event's packet is the application's until the next call. */
static inline void once_event(void)
{
    unsigned i;

    if (event.type == DPS_MQTT_MESSAGE && event.packet.last) {
        once_told[once_told_len].identifier = event.packet.packet_identifier;
        once_told[once_told_len].letter = (char)event.packet.body.at[event.packet.body.len - 1];
        once_told_len++;
    }
    if (event.type == DPS_MQTT_PUBLISHED) {
        for (i = 0; once_identifier[i] != event.packet.packet_identifier; i++) {
            MUST(i + 1 < once_asked);
        }
        once_identifier[i] = 0;
        once_body[i] = '!'; /* what was lent is the application's again */
        once_published++;
    }
}

/* The peer's to us, up to `step` bytes. */
static inline void once_receive(void)
{
    size_t len = once_peer.out_len, taken;

    len = len < once_is->step ? len : once_is->step;
    len = len < once_left ? len : once_left;
    taken = dps_mqtt_session_input(&session, once_peer.out, len, &event);
    once_event(); /* it may point into what is moved now */
    once_peer.out_len -= (unsigned)taken;
    memmove(once_peer.out, once_peer.out + taken, once_peer.out_len);
    once_left -= (unsigned)taken;
    once_passed += (unsigned)taken;
}

static inline void once_ask(void)
{
    struct dps_mqtt_publish publish = { TEXT("t"), { { NULL, 1 } }, 0, 0 };

    if (once_is->qos[once_asked] == '\0') {
        return;
    }
    publish.qos = (uint8_t)(once_is->qos[once_asked] - '0');
    publish.payload[0].at = (const uint8_t *)&once_body[once_asked];
    if (dps_mqtt_session_publish(&session, &publish, &once_identifier[once_asked])
        == DPS_MQTT_OK) {
        once_asked++;
    }
}

static inline int once_is_done(void)
{
    unsigned i;

    for (i = 0; i < once_peer.messages && once_peer.message[i].state == PEER_DONE; i++) {
    }
    return i == once_peer.messages && once_published == strlen(once_is->qos)
           && dps_mqtt_session_is_idle(&session);
}

/* One connection, until it is cut or all is done. */
static inline void once_connect(void)
{
    static const struct dps_mqtt_connect hello = { TEXT("c1"), { 0 }, { 0 }, 0, 0 };
    unsigned turns;

    memset(&session, 0xa5, sizeof session);
    dps_mqtt_session_init(&session, head, sizeof head, 0);
    dps_mqtt_session_keep(&session, &once_memory.store);
    MUST(dps_mqtt_session_connect(&session, &hello) == DPS_MQTT_OK);
    once_connections++;
    once_left = once_cut < 2 ? once_is->cuts[once_cut++] : ONCE_NEVER;
    event.type = DPS_MQTT_NOTHING;
    for (turns = 0; !once_is_done() && event.type != DPS_MQTT_CLOSED; turns++) {
        MUST(turns < ONCE_TURNS);
        once_ask();
        once_send();
        once_receive();
        if (once_left == 0) {
            dps_mqtt_session_end(&session, DPS_MQTT_ERR_CLOSED);
        }
    }
    once_told_len = 0; /* not taken over: it will come again */
    peer_loses_connection(&once_peer);
}

/* Runs it to its end and compares what arrived. Returns the bytes that passed. */
static inline unsigned once_run(const struct once_try *what)
{
    unsigned i, k = 0, ours = (unsigned)strlen(what->qos);

    once_is = what;
    memset(&once_peer, 0, sizeof once_peer);
    for (i = 0; i < what->peers; i++) {
        peer_has_message(&once_peer, i + 1, (char)('A' + i)); /* N-24: our numbers, too */
    }
    dps_mqtt_memory_init(&once_memory, once_entries, ONCE_STORE);
    once_real_change = once_memory.store.change;
    once_memory.store.change = once_change;
    memcpy(once_body, "abcdefg", 8);
    memset(once_identifier, 0, sizeof once_identifier);
    once_cut = once_passed = once_changes = once_connections = 0;
    once_asked = once_published = once_told_len = once_taken_len = 0;
    while (once_connections == 0 || !once_is_done()) {
        MUST(once_connections < 5);
        once_connect();
    }
    MUST(once_memory.store.left == ONCE_STORE);
    MUST(once_taken_len == what->peers);
    MUST(memcmp(once_taken, "ABCDEFG", what->peers) == 0);
    for (i = 0; i < once_peer.arrived_len; i++) { /* a QoS 1 message may come again */
        if (k < ours && once_peer.arrived[i] == 'a' + (char)k) {
            k++;
        } else {
            unsigned again = (unsigned)(once_peer.arrived[i] - 'a');

            MUST(again < k && what->qos[again] == '1');
        }
    }
    MUST(k == ours);
    return once_passed;
}

/* Each place for the first cut, and for each of those each for the second: within the
 * first `all` bytes of a connection, which is more than any of them is long. */
static inline void once_sweep(struct once_try what, unsigned second_step)
{
    unsigned all;

    what.cuts[0] = what.cuts[1] = ONCE_NEVER;
    all = once_run(&what);
    for (what.cuts[0] = 1; what.cuts[0] <= all; what.cuts[0]++) {
        for (what.cuts[1] = 1; what.cuts[1] <= all; what.cuts[1] += second_step) {
            once_run(&what);
        }
    }
}

/* Each call of the store's `change` fails once, until there are no more of them. */
static inline void once_sweep_failing(struct once_try what)
{
    what.cuts[0] = what.cuts[1] = ONCE_NEVER;
    what.failing = 0;
    do {
        what.failing++;
        once_run(&what);
    } while (once_changes >= what.failing);
    ck_assert_uint_gt(what.failing, 4);
}

#endif
