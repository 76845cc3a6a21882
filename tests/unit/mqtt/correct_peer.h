/* SPDX-License-Identifier: MIT
 *
 * A small server that keeps the rules of 4.3 and 4.4, written from the standard: it has
 * nothing of ours in it. It remembers its side of the session over connections, counts
 * what arrives, and fails the test when its client breaks a rule. */
#ifndef TESTS_UNIT_MQTT_CORRECT_PEER_H
#define TESTS_UNIT_MQTT_CORRECT_PEER_H

#include <stdint.h>
#include <string.h>

#include "tests/unit/mqtt/must.h"

enum { PEER_MESSAGES = 3 };

enum peer_sends { PEER_NEW, PEER_PUBLISHED, PEER_RELEASED, PEER_DONE };

struct correct_peer {
    uint8_t in[64], out[256]; /* of the client's packet; not yet sent */
    unsigned in_len, out_len;
    int has_session;
    /* From the client: each message is a topic and a letter. */
    uint16_t unreleased[8]; /* QoS 2 identifiers between PUBLISH and PUBREL; 0: free */
    char arrived[32];
    unsigned arrived_len;
    /* To the client: its messages, all of QoS 2. */
    struct {
        uint16_t identifier;
        char letter;
        enum peer_sends state;
    } message[PEER_MESSAGES];
    unsigned messages;
};

static inline void peer_says(struct correct_peer *p, const char *bytes, unsigned len)
{
    MUST(p->out_len + len <= sizeof p->out);
    memcpy(p->out + p->out_len, bytes, len);
    p->out_len += len;
}

static inline void peer_answers(struct correct_peer *p, unsigned first, unsigned identifier)
{
    const char packet[4] = { (char)first, 2, (char)(identifier >> 8), (char)identifier };

    peer_says(p, packet, 4);
}

static inline void peer_publishes(struct correct_peer *p, unsigned i, unsigned first)
{
    const char packet[8] = { (char)first, 6, 0, 1, 'T', (char)(p->message[i].identifier >> 8),
                             (char)p->message[i].identifier, p->message[i].letter };

    peer_says(p, packet, 8);
    p->message[i].state = PEER_PUBLISHED;
}

/* 4.4: all that is not acknowledged once more, in its order; then what is new. */
static inline void peer_resumes(struct correct_peer *p)
{
    unsigned i;

    for (i = 0; i < p->messages; i++) {
        if (p->message[i].state == PEER_RELEASED) {
            peer_answers(p, 0x62, p->message[i].identifier);
        } else if (p->message[i].state != PEER_DONE) {
            peer_publishes(p, i, p->message[i].state == PEER_NEW ? 0x34 : 0x3c);
        }
    }
}

/* Where this identifier is among those that wait for PUBREL; 0 finds a free place. */
static inline uint16_t *peer_unreleased(struct correct_peer *p, unsigned identifier)
{
    unsigned i;

    for (i = 0; i < 8; i++) {
        if (p->unreleased[i] == identifier) {
            return &p->unreleased[i];
        }
    }
    return NULL;
}

/* 30 or 3x, 6, topic of one letter, identifier, a letter. */
static inline void peer_gets_publish(struct correct_peer *p, unsigned identifier)
{
    unsigned qos = p->in[0] >> 1 & 3;
    int is_again = (p->in[0] & 8) != 0;
    int is_known = qos == 2 && peer_unreleased(p, identifier) != NULL;

    MUST(identifier != 0);
    MUST(!is_known || is_again); /* or the identifier is reused in flight */
    if (!is_known) {
        p->arrived[p->arrived_len++] = (char)p->in[7];
        MUST(p->arrived_len < sizeof p->arrived);
    }
    if (qos == 2 && !is_known) {
        *peer_unreleased(p, 0) = (uint16_t)identifier;
    }
    peer_answers(p, qos == 2 ? 0x50 : 0x40, identifier);
}

/* PUBREC and PUBCOMP of a message of its own. */
static inline void peer_gets_answer(struct correct_peer *p, unsigned identifier)
{
    unsigned i;

    for (i = 0; i < p->messages && p->message[i].identifier != identifier; i++) {
    }
    MUST(i < p->messages);
    if (p->in[0] == 0x70) {
        MUST(p->message[i].state == PEER_RELEASED);
        p->message[i].state = PEER_DONE;
        return;
    }
    MUST(p->message[i].state == PEER_PUBLISHED);
    p->message[i].state = PEER_RELEASED;
    peer_answers(p, 0x62, identifier);
}

static inline void peer_gets_packet(struct correct_peer *p)
{
    unsigned type = p->in[0] >> 4;
    unsigned at = type == 3 ? 5 : 2;
    unsigned identifier = (unsigned)p->in[at] << 8 | p->in[at + 1];

    switch (type) {
    case 1:
        peer_says(p, p->has_session ? "\x20\x02\x01\x00" : "\x20\x02\x00\x00", 4);
        p->has_session = 1;
        peer_resumes(p);
        break;
    case 3:
        peer_gets_publish(p, identifier);
        break;
    case 6:
        MUST(p->in[0] == 0x62);
        if (peer_unreleased(p, identifier) != NULL) {
            *peer_unreleased(p, identifier) = 0;
        }
        peer_answers(p, 0x70, identifier);
        break;
    default:
        MUST(p->in[0] == 0x50 || p->in[0] == 0x70);
        peer_gets_answer(p, identifier);
        break;
    }
}

/* A byte of the client's came; no packet here is longer than 127. */
static inline void peer_gets(struct correct_peer *p, uint8_t byte)
{
    MUST(p->in_len < sizeof p->in);
    p->in[p->in_len++] = byte;
    if (p->in_len >= 2 && p->in_len == 2u + p->in[1]) {
        p->in_len = 0;
        peer_gets_packet(p);
    }
}

/* The connection is gone, with what was on its way. */
static inline void peer_loses_connection(struct correct_peer *p)
{
    p->in_len = 0;
    p->out_len = 0;
}

static inline void peer_has_message(struct correct_peer *p, unsigned identifier, char letter)
{
    p->message[p->messages].identifier = (uint16_t)identifier;
    p->message[p->messages].letter = letter;
    p->messages++;
}

#endif
