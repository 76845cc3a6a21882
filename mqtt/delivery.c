/* SPDX-License-Identifier: MIT
 *
 * QoS 2 and what outlives a connection. The store is the only memory of it: no state here
 * repeats what an entry says.
 *
 *     our QoS 1     PUBLISH kept, sent; PUBACK: taken away
 *     our QoS 2     PUBLISH kept, sent; PUBREC: becomes PUBREL, sent; PUBCOMP: taken away
 *     theirs        told; PUBREC kept when it leaves; PUBREL: taken away, PUBCOMP sent
 *
 * A session comes here at three doors: a packet came, a message is to be kept, the writer
 * is empty. After CONNACK the entries that were there go out again, oldest first. */
#include "mqtt/delivery.h"

#include "mqtt/inner.h"

enum {
    DELIVERY_PUBREC = DPS_MQTT_PUBREC << 4,
    DELIVERY_PUBREL = DPS_MQTT_PUBREL << 4 | 2, /* [MQTT-3.6.1-1] */
    DELIVERY_PUBCOMP = DPS_MQTT_PUBCOMP << 4
};

/* ---- The store --------------------------------------------------------------------- */

static int delivery_recall(struct dps_mqtt_session *s)
{
    return s->store->recall(s->store, s->store->index, &s->store->entry);
}

/* Recalls the entry that a packet of type `answer` and this identifier is the answer to;
 * 0: there is none. Each kind of entry has one answer, and Table 2.1 numbers them so that
 * it is a sum: PUBLISH (3) and its QoS, PUBACK or PUBREC; any other one and 1. */
static int delivery_find(struct dps_mqtt_session *s, unsigned answer, unsigned identifier)
{
    struct dps_mqtt_store *store = s->store;
    const struct dps_mqtt_kept *entry = &store->entry;

    for (store->index = 0; delivery_recall(s); store->index++) {
        unsigned step = entry->packet_type == DPS_MQTT_PUBLISH ? entry->publish.qos : 1;

        if (entry->packet_type + step == answer
            && entry->packet_identifier == identifier) {
            return 1;
        }
    }
    store->index = DPS_MQTT_KEPT_NONE;
    return 0;
}

/* Takes entry `index` away, if it is one, and puts `entry` behind all as one of this type
 * (0: puts none). What is still to be sent again moves up with what stands before it. */
static enum dps_mqtt_error delivery_change(struct dps_mqtt_session *s,
                                           unsigned packet_type)
{
    struct dps_mqtt_store *store = s->store;

    store->entry.packet_type = (uint8_t)packet_type;
    if (!store->change(store, store->index, packet_type != 0 ? &store->entry : NULL)) {
        return DPS_MQTT_ERR_STORE_FAILED;
    }
    if (store->index < store->resent) {
        store->resent--;
    }
    if (store->index < store->to_resend) {
        store->to_resend--;
    }
    return DPS_MQTT_OK;
}

/* Whether an acknowledgement that begins with `first` waits to be sent. */
static int delivery_waits(const struct dps_mqtt_session *s, unsigned first,
                          unsigned identifier)
{
    unsigned i;

    for (i = 0; i < s->acks; i++) {
        if (s->ack[i].first == first && s->ack[i].packet_identifier == identifier) {
            return 1;
        }
    }
    return 0;
}

/* Whether this message of theirs is kept, or such an acknowledgement of it waits. */
static int delivery_knows(struct dps_mqtt_session *s, unsigned first, unsigned identifier)
{
    return delivery_waits(s, first, identifier)
           || delivery_find(s, DPS_MQTT_PUBREL, identifier);
}

/* Whether the store has room beside that of a message of theirs that has begun to come,
 * and of the PUBRECs that wait and are not yet kept. */
static int delivery_has_room(struct dps_mqtt_session *s)
{
    unsigned i, taken = s->store->begun;

    for (i = 0; i < s->acks; i++) {
        if (s->ack[i].first == DELIVERY_PUBREC
            && !delivery_find(s, DPS_MQTT_PUBREL, s->ack[i].packet_identifier)) {
            taken++;
        }
    }
    return s->store->left > taken;
}

/* ---- A message of ours ------------------------------------------------------------- */

static enum dps_mqtt_error delivery_keep(struct dps_mqtt_session *s,
                                         const struct dps_mqtt_publish *publish,
                                         uint16_t *slot)
{
    int has_room = delivery_has_room(s);

    s->store->entry.publish = *publish;
    s->store->entry.packet_identifier = *slot;
    s->store->index = DPS_MQTT_KEPT_NONE;
    if (has_room && delivery_change(s, DPS_MQTT_PUBLISH) == DPS_MQTT_OK) {
        return DPS_MQTT_OK;
    }
    dps_mqtt_writer_init(&s->writer);
    s->writing = DPS_MQTT_WRITING_NOTHING;
    s->timed = 1; /* as it is whenever the writer is empty */
    *slot = 0;
    return DPS_MQTT_ERR_STORE_FULL;
}

/* ---- A packet came ----------------------------------------------------------------- */

/* What was kept decides what this connection begins with. */
static enum dps_mqtt_error delivery_connack(struct dps_mqtt_session *s,
                                            struct dps_mqtt_event *event)
{
    struct dps_mqtt_store *store = s->store;
    int is_clean = s->state == DPS_MQTT_SESSION_CONNECTING_CLEAN;
    enum dps_mqtt_error error = dps_mqtt_session_packet(s, event);
    uint16_t *slot;

    store->resent = 0;
    store->to_resend = 0;
    store->begun = 0;
    store->index = 0;
    while (error == DPS_MQTT_OK && delivery_recall(s)) {
        int is_theirs = store->entry.packet_type == DPS_MQTT_PUBREC;

        /* [MQTT-3.1.2-6]; and a peer that has no session gives the identifiers that we
         * remember to other messages (3.2.2.2). */
        if (is_clean || (is_theirs && event->packet.body.at[0] == 0)) {
            error = delivery_change(s, 0);
            continue;
        }
        store->index++;
        if (is_theirs) {
            continue;
        }
        slot = dps_mqtt_session_slot(s, 0);
        if (slot == NULL) {
            return DPS_MQTT_ERR_STORE_FAILED;
        }
        *slot = store->entry.packet_identifier; /* in flight again [MQTT-2.3.1-3] */
        dps_mqtt_session_next_identifier(s);
        s->writing = DPS_MQTT_WRITING_RESEND;
    }
    store->to_resend = store->index;
    return error;
}

/* 4.3.3, method A: the message is told as it comes, its identifier remembered. */
static enum dps_mqtt_error delivery_message(struct dps_mqtt_session *s,
                                            struct dps_mqtt_event *event)
{
    const struct dps_mqtt_packet *packet = &event->packet;

    if (!delivery_knows(s, DELIVERY_PUBREC, packet->packet_identifier)) {
        if (packet->offset == 0 && !delivery_has_room(s)) {
            return DPS_MQTT_ERR_STORE_FAILED;
        }
        event->type = DPS_MQTT_MESSAGE;
        s->store->begun = packet->last == 0;
    }
    if (packet->last) {
        dps_mqtt_session_acknowledge(s, DELIVERY_PUBREC, packet->packet_identifier);
    }
    return DPS_MQTT_OK;
}

/* PUBREL is always answered [MQTT-4.3.3-2], whether its message is known or not. */
static enum dps_mqtt_error delivery_pubrel(struct dps_mqtt_session *s,
                                           uint16_t identifier)
{
    dps_mqtt_session_acknowledge(s, DELIVERY_PUBCOMP, identifier);
    delivery_find(s, DPS_MQTT_PUBREL, identifier);
    return delivery_change(s, 0);
}

/* PUBACK, PUBREC, PUBCOMP. */
static enum dps_mqtt_error delivery_answer(struct dps_mqtt_session *s,
                                           struct dps_mqtt_event *event)
{
    uint16_t identifier = event->packet.packet_identifier;
    unsigned type = event->packet.type, becomes = 0;

    if (dps_mqtt_session_is_unsent(s, identifier)
        || (type == DPS_MQTT_PUBCOMP && delivery_waits(s, DELIVERY_PUBREL, identifier))) {
        return DPS_MQTT_OK; /* it answers nothing that is out */
    }
    if (type == DPS_MQTT_PUBREC) {
        becomes = DPS_MQTT_PUBREL;
        if (delivery_find(s, DPS_MQTT_PUBCOMP, identifier)) {
            /* Again: PUBREL has been on its way, and goes again [MQTT-4.3.3-1]. */
            dps_mqtt_session_acknowledge(s, DELIVERY_PUBREL, identifier);
            return DPS_MQTT_OK;
        }
    }
    if (!delivery_find(s, type, identifier)) {
        return DPS_MQTT_OK;
    }
    s->asked_ms = s->now_ms;
    if (becomes != 0) {
        dps_mqtt_session_acknowledge(s, DELIVERY_PUBREL, identifier);
    } else {
        *dps_mqtt_session_slot(s, identifier) = 0;
        event->type = DPS_MQTT_PUBLISHED;
    }
    return delivery_change(s, becomes);
}

static enum dps_mqtt_error delivery_packet(struct dps_mqtt_session *s,
                                           struct dps_mqtt_event *event)
{
    const struct dps_mqtt_packet *packet = &event->packet;

    if (packet->type == DPS_MQTT_CONNACK) {
        return delivery_connack(s, event);
    }
    if (s->state < DPS_MQTT_SESSION_CONNECTING) {
        if (packet->type == DPS_MQTT_PUBREL) {
            return delivery_pubrel(s, packet->packet_identifier);
        }
        if ((packet->flags & DPS_MQTT_FLAG_QOS_2) != 0) {
            return delivery_message(s, event);
        }
        if (packet->type >= DPS_MQTT_PUBACK && packet->type <= DPS_MQTT_PUBCOMP) {
            return delivery_answer(s, event);
        }
    }
    return dps_mqtt_session_packet(s, event);
}

/* ---- The writer is empty ----------------------------------------------------------- */

/* [MQTT-4.4.0-1] [MQTT-4.6.0-1]: writes the next entry again, a message with DUP
 * [MQTT-3.3.1-1]; 0: all are out. */
static int delivery_resend(struct dps_mqtt_session *s)
{
    struct dps_mqtt_store *store = s->store;
    struct dps_mqtt_kept *entry = &store->entry;

    while (store->resent < store->to_resend) {
        store->index = store->resent++;
        delivery_recall(s);
        if (entry->packet_type == DPS_MQTT_PUBREC) {
            continue;
        }
        s->writing = DPS_MQTT_WRITING_REQUEST;
        s->identifier = entry->packet_identifier; /* not answered before it is out */
        if (entry->packet_type == DPS_MQTT_PUBREL) {
            dps_mqtt_write_pubrel(&s->writer, s->identifier);
        } else if (dps_mqtt_write_publish(&s->writer, &entry->publish, 1, s->identifier)
                   != DPS_MQTT_OK) { /* it kept other bytes than it was given */
            dps_mqtt_session_end(s, DPS_MQTT_ERR_STORE_FAILED);
        }
        return 1;
    }
    return 0;
}

/* The PUBREC whose turn it is takes the message over, so it is kept first. Nothing is to
 * be kept where PUBREL has been here already. */
static int delivery_next(struct dps_mqtt_session *s)
{
    uint16_t identifier = s->ack[0].packet_identifier;

    if (s->state == DPS_MQTT_SESSION_CONNECTED && delivery_resend(s)) {
        return 1;
    }
    if (s->acks != 0 && s->ack[0].first == DELIVERY_PUBREC
        && !delivery_knows(s, DELIVERY_PUBCOMP, identifier)) {
        s->store->entry.packet_identifier = identifier; /* nothing was found: it is put */
        if (delivery_change(s, DPS_MQTT_PUBREC) != DPS_MQTT_OK) {
            dps_mqtt_session_end(s, DPS_MQTT_ERR_STORE_FAILED);
            return 1;
        }
    }
    return 0;
}

static const struct dps_mqtt_delivery delivery = {
    delivery_packet, delivery_keep, delivery_next
};

void dps_mqtt_session_keep(struct dps_mqtt_session *s, struct dps_mqtt_store *store)
{
    store->delivery = &delivery;
    s->store = store;
}
