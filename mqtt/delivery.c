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

/* Where the entry of this type and identifier is; DPS_MQTT_KEPT_NONE: nowhere. */
static unsigned delivery_find(struct dps_mqtt_store *store, unsigned packet_type,
                              unsigned identifier, struct dps_mqtt_kept *entry)
{
    unsigned i;

    for (i = 0; store->recall(store, i, entry); i++) {
        if (entry->packet_type == packet_type
            && entry->packet_identifier == identifier) {
            return i;
        }
    }
    return DPS_MQTT_KEPT_NONE;
}

/* Takes `index` away, puts one of this type behind all (0: none). What is still to be
 * sent again moves up with what stands before it. */
static enum dps_mqtt_error delivery_change(struct dps_mqtt_store *store, unsigned index,
                                           unsigned packet_type, uint16_t identifier)
{
    struct dps_mqtt_kept entry = { 0, 0, { { 0, 0 }, { { 0, 0 } }, 0, 0 } };

    entry.packet_type = (uint8_t)packet_type;
    entry.packet_identifier = identifier;
    if (!store->change(store, index, packet_type != 0 ? &entry : NULL)) {
        return DPS_MQTT_ERR_STORE_FAILED;
    }
    if (index < store->resent) {
        store->resent--;
    }
    if (index < store->to_resend) {
        store->to_resend--;
    }
    return DPS_MQTT_OK;
}

/* Whether an acknowledgement that begins with `first` waits to be sent. */
static int delivery_waits(const struct dps_mqtt_session *s, unsigned first,
                          unsigned identifier)
{
    unsigned i;

    for (i = 0; i < DPS_MQTT_ACKS; i++) {
        if (s->ack[i].first == first && s->ack[i].packet_identifier == identifier) {
            return 1;
        }
    }
    return 0;
}

/* Whether the store has room beside that of the PUBRECs that wait and are not yet kept,
 * and these. */
static int delivery_has_room(const struct dps_mqtt_session *s, unsigned beside)
{
    struct dps_mqtt_kept entry;
    unsigned i;

    for (i = 0; i < DPS_MQTT_ACKS; i++) {
        if (s->ack[i].first == DELIVERY_PUBREC
            && delivery_find(s->store, DPS_MQTT_PUBREC, s->ack[i].packet_identifier,
                             &entry)
                   == DPS_MQTT_KEPT_NONE) {
            beside++;
        }
    }
    return s->store->left > beside;
}

/* ---- A message of ours ------------------------------------------------------------- */

static enum dps_mqtt_error delivery_keep(struct dps_mqtt_session *s,
                                         const struct dps_mqtt_publish *publish)
{
    struct dps_mqtt_kept entry;
    /* A message of theirs that has begun to come has its room. */
    unsigned begun = s->reader.state == DPS_MQTT_READER_BODY
                     && s->reader.left <= s->reader.payload_total
                     && (s->reader.first & DPS_MQTT_FLAG_QOS_2) != 0;

    entry.packet_type = DPS_MQTT_PUBLISH;
    entry.packet_identifier = s->identifier;
    entry.publish = *publish;
    if (!delivery_has_room(s, begun)
        || !s->store->change(s->store, DPS_MQTT_KEPT_NONE, &entry)) {
        return DPS_MQTT_ERR_STORE_FULL;
    }
    return DPS_MQTT_OK;
}

/* ---- A packet came ----------------------------------------------------------------- */

/* What was kept decides what this connection begins with. */
static enum dps_mqtt_error delivery_resume(struct dps_mqtt_session *s, int is_clean,
                                           int session_present)
{
    struct dps_mqtt_store *store = s->store;
    struct dps_mqtt_kept entry;
    unsigned i = 0;

    store->resent = 0;
    store->to_resend = 0;
    while (store->recall(store, i, &entry)) {
        uint16_t *slot;

        /* [MQTT-3.1.2-6]; and a peer that has no session gives the identifiers that we
         * remember to other messages (3.2.2.2). */
        if (is_clean || (!session_present && entry.packet_type == DPS_MQTT_PUBREC)) {
            if (delivery_change(store, i, 0, 0) != DPS_MQTT_OK) {
                return DPS_MQTT_ERR_STORE_FAILED;
            }
            continue;
        }
        i++;
        if (entry.packet_type == DPS_MQTT_PUBREC) {
            continue;
        }
        slot = dps_mqtt_session_slot(s, 0);
        if (slot == NULL) {
            return DPS_MQTT_ERR_STORE_FAILED;
        }
        *slot = entry.packet_identifier; /* in flight again [MQTT-2.3.1-3] */
        s->writing = DPS_MQTT_WRITING_RESEND;
    }
    store->to_resend = (uint16_t)i;
    if (s->writing == DPS_MQTT_WRITING_RESEND) {
        dps_mqtt_session_next_identifier(s);
    }
    return DPS_MQTT_OK;
}

static enum dps_mqtt_error delivery_connack(struct dps_mqtt_session *s,
                                            struct dps_mqtt_event *event)
{
    int is_clean = s->state == DPS_MQTT_SESSION_CONNECTING_CLEAN;
    enum dps_mqtt_error error = dps_mqtt_session_packet(s, event);

    if (error == DPS_MQTT_OK) {
        error = delivery_resume(s, is_clean, event->packet.body.at[0]);
    }
    return error;
}

/* 4.3.3, method A: the message is told as it comes, its identifier remembered. */
static enum dps_mqtt_error delivery_message(struct dps_mqtt_session *s,
                                            struct dps_mqtt_event *event)
{
    const struct dps_mqtt_packet *packet = &event->packet;
    uint16_t identifier = packet->packet_identifier;
    struct dps_mqtt_kept entry;
    int is_known = delivery_waits(s, DELIVERY_PUBREC, identifier)
                   || delivery_find(s->store, DPS_MQTT_PUBREC, identifier, &entry)
                          != DPS_MQTT_KEPT_NONE;

    if (!is_known) {
        if (packet->offset == 0 && !delivery_has_room(s, 0)) {
            return DPS_MQTT_ERR_STORE_FAILED;
        }
        event->type = DPS_MQTT_MESSAGE;
    }
    if (packet->last) {
        dps_mqtt_session_acknowledge(s, DELIVERY_PUBREC, identifier);
    }
    return DPS_MQTT_OK;
}

/* PUBACK, PUBREC, PUBCOMP: each answers one type of entry, and a PUBLISH of one QoS. */
static enum dps_mqtt_error delivery_answer(struct dps_mqtt_session *s,
                                           struct dps_mqtt_event *event)
{
    uint16_t identifier = event->packet.packet_identifier;
    unsigned type = event->packet.type;
    struct dps_mqtt_kept entry;
    unsigned index;

    if (dps_mqtt_session_is_unsent(s, identifier)
        || (type == DPS_MQTT_PUBCOMP
            && delivery_waits(s, DELIVERY_PUBREL, identifier))) {
        return DPS_MQTT_OK; /* it answers nothing that is out */
    }
    index = delivery_find(s->store,
                          type == DPS_MQTT_PUBCOMP ? DPS_MQTT_PUBREL : DPS_MQTT_PUBLISH,
                          identifier, &entry);
    if (type == DPS_MQTT_PUBREC) {
        if (index != DPS_MQTT_KEPT_NONE && entry.publish.qos == 2) {
            s->asked_ms = s->now_ms;
            dps_mqtt_session_acknowledge(s, DELIVERY_PUBREL, identifier);
            return delivery_change(s->store, index, DPS_MQTT_PUBREL, identifier);
        }
        /* Again: PUBREL has been on its way, and goes again [MQTT-4.3.3-1]. */
        if (delivery_find(s->store, DPS_MQTT_PUBREL, identifier, &entry)
            != DPS_MQTT_KEPT_NONE) {
            dps_mqtt_session_acknowledge(s, DELIVERY_PUBREL, identifier);
        }
        return DPS_MQTT_OK;
    }
    if (index == DPS_MQTT_KEPT_NONE
        || (type == DPS_MQTT_PUBACK && entry.publish.qos != 1)) {
        return DPS_MQTT_OK;
    }
    *dps_mqtt_session_slot(s, identifier) = 0;
    event->type = DPS_MQTT_PUBLISHED;
    s->asked_ms = s->now_ms;
    return delivery_change(s->store, index, 0, 0);
}

/* Always answered [MQTT-4.3.3-2], known or not. */
static enum dps_mqtt_error delivery_pubrel(struct dps_mqtt_session *s,
                                           uint16_t identifier)
{
    struct dps_mqtt_kept entry;
    unsigned index = delivery_find(s->store, DPS_MQTT_PUBREC, identifier, &entry);

    dps_mqtt_session_acknowledge(s, DELIVERY_PUBCOMP, identifier);
    return delivery_change(s->store, index, 0, 0);
}

static enum dps_mqtt_error delivery_packet(struct dps_mqtt_session *s,
                                           struct dps_mqtt_event *event)
{
    const struct dps_mqtt_packet *packet = &event->packet;

    if (packet->type == DPS_MQTT_CONNACK) {
        return delivery_connack(s, event);
    }
    if (s->state < DPS_MQTT_SESSION_CONNECTING) {
        switch (packet->type) {
        case DPS_MQTT_PUBLISH:
            if ((packet->flags & DPS_MQTT_FLAG_QOS_2) != 0) {
                return delivery_message(s, event);
            }
            break;
        case DPS_MQTT_PUBACK:
        case DPS_MQTT_PUBREC:
        case DPS_MQTT_PUBCOMP:
            return delivery_answer(s, event);
        case DPS_MQTT_PUBREL:
            return delivery_pubrel(s, packet->packet_identifier);
        default:
            break;
        }
    }
    return dps_mqtt_session_packet(s, event);
}

/* ---- The writer is empty ----------------------------------------------------------- */

/* [MQTT-4.4.0-1] [MQTT-4.6.0-1]: writes the next entry again; 0: all are out. */
static int delivery_resend(struct dps_mqtt_session *s)
{
    struct dps_mqtt_store *store = s->store;
    struct dps_mqtt_kept entry;

    while (store->resent < store->to_resend) {
        enum dps_mqtt_error error = DPS_MQTT_OK;

        store->recall(store, store->resent++, &entry);
        if (entry.packet_type == DPS_MQTT_PUBREC) {
            continue;
        }
        if (entry.packet_type == DPS_MQTT_PUBREL) {
            dps_mqtt_write_pubrel(&s->writer, entry.packet_identifier);
        } else { /* with DUP [MQTT-3.3.1-1] */
            error = dps_mqtt_write_publish(&s->writer, &entry.publish, 1,
                                           entry.packet_identifier);
        }
        s->writing = DPS_MQTT_WRITING_REQUEST;
        s->identifier = entry.packet_identifier; /* not answered before it is out */
        if (error != DPS_MQTT_OK) { /* it kept other bytes than it was given */
            dps_mqtt_session_end(s, DPS_MQTT_ERR_STORE_FAILED);
        }
        return 1;
    }
    return 0;
}

/* The PUBREC whose turn it is takes the message over, so it is kept first. Nothing is to
 * be kept where PUBREL has been here already. */
static enum dps_mqtt_error delivery_take_over(struct dps_mqtt_session *s)
{
    uint16_t identifier = s->ack[0].packet_identifier;
    struct dps_mqtt_kept entry;

    if (s->ack[0].first != DELIVERY_PUBREC
        || delivery_waits(s, DELIVERY_PUBCOMP, identifier)
        || delivery_find(s->store, DPS_MQTT_PUBREC, identifier, &entry)
               != DPS_MQTT_KEPT_NONE) {
        return DPS_MQTT_OK;
    }
    return delivery_change(s->store, DPS_MQTT_KEPT_NONE, DPS_MQTT_PUBREC, identifier);
}

static int delivery_next(struct dps_mqtt_session *s)
{
    enum dps_mqtt_error error;

    if (s->state == DPS_MQTT_SESSION_CONNECTED && delivery_resend(s)) {
        return 1;
    }
    error = delivery_take_over(s);
    if (error != DPS_MQTT_OK) {
        dps_mqtt_session_end(s, error);
    }
    return error != DPS_MQTT_OK;
}

static const struct dps_mqtt_delivery delivery = {
    delivery_packet, delivery_keep, delivery_next
};

void dps_mqtt_session_keep(struct dps_mqtt_session *s, struct dps_mqtt_store *store)
{
    store->delivery = &delivery;
    store->resent = 0;
    store->to_resend = 0;
    s->store = store;
}
