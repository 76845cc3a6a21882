/* SPDX-License-Identifier: MIT
 *
 * The packets that wait to be sent on one connection, in order. Each is written by the
 * library's own writer when its turn comes; a large payload is borrowed, never copied.
 *
 *     outbox_puback(&outbox, 7), outbox_publish(&outbox, ...);
 *     while ((at = outbox_output(&outbox, now_ms, &len)) != NULL) {
 *         outbox_sent(&outbox, send(at, len));
 *     }
 */
#ifndef TOOLS_EMULATOR_OUTBOX_H
#define TOOLS_EMULATOR_OUTBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mqtt/packet.h"

struct outbox_packet;

struct outbox {
    struct outbox_packet *first, **end; /* owned, in the order of sending */
    size_t count;
    uint64_t not_before_ms; /* of the packets to come: a scripted delay */
    uint16_t in_flight;     /* a bit a packet identifier that waits for its PUBACK */
    bool silent;            /* scripted: nothing more is added */
    bool failed;            /* no memory: the connection cannot go on */
};

/** Packets that may wait; who reads input stops reading at this number. */
enum { OUTBOX_MAX = 64 };

/** The first packet identifier given out; the service is seen to begin with 2 and to take
 * the same again once it was acknowledged. */
enum { OUTBOX_FIRST_IDENTIFIER = 2, OUTBOX_IDENTIFIERS = 16 };

void outbox_init(struct outbox *outbox);
void outbox_free(struct outbox *outbox);

void outbox_connack(struct outbox *outbox, uint8_t code);
void outbox_suback(struct outbox *outbox, struct dps_bytes codes,
                   uint16_t packet_identifier); /* copies the codes */
void outbox_puback(struct outbox *outbox, uint16_t packet_identifier);
void outbox_pubcomp(struct outbox *outbox, uint16_t packet_identifier);
void outbox_unsuback(struct outbox *outbox, uint16_t packet_identifier);
void outbox_pingresp(struct outbox *outbox);

/** Adds a PUBLISH of QoS 0 or 1, whose packet identifier is chosen when it leaves.
 * Copies `topic`, `start` and `end`, the ends of the payload; borrows `middle` until the
 * packet is out. */
void outbox_publish(struct outbox *outbox, const char *topic, const char *start,
                    struct dps_bytes middle, const char *end, uint8_t qos);

/** Makes the packets added from now on wait until `until_ms`, and all behind them. */
void outbox_delay(struct outbox *outbox, uint64_t until_ms);

/** Throws away everything that will be added; what waits is still sent. */
void outbox_silence(struct outbox *outbox);

/** A PUBACK came; an unknown identifier is ignored. */
void outbox_acknowledged(struct outbox *outbox, uint16_t packet_identifier);

/** Lends the next bytes to send, until outbox_sent(); null: nothing now. */
const uint8_t *outbox_output(struct outbox *outbox, uint64_t now_ms, size_t *len);
void outbox_sent(struct outbox *outbox, size_t len);

bool outbox_is_empty(const struct outbox *outbox);

/** When the first packet may leave: 0 for now, UINT64_MAX for nothing to send. */
uint64_t outbox_due_ms(const struct outbox *outbox);

/** Whether the first packet can leave only after a PUBACK that has not come. */
bool outbox_waits_for_puback(const struct outbox *outbox);

#endif
