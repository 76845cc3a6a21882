/* SPDX-License-Identifier: MIT
 *
 * Fuzz target: the session, with and without a store, against a peer that sends anything.
 * The input is a script: a byte chooses a step, the bytes behind it are its arguments. A
 * step is bytes from the peer, a call, time, output of some bytes, or a new connection
 * with the same store.
 *
 * Oracles, from what crosses the wire: all that is sent decodes, beginning with CONNECT
 * and ending with DISCONNECT; an identifier is not given out while it is in flight, and
 * comes again only with DUP, on another connection; each PUBACK, PUBREC, PUBCOMP answers
 * one packet that came, in order; a QoS 2 message is told once between PUBREC and PUBREL;
 * nothing is sent once the session said CLOSED. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "mqtt/memory.h"
#include "mqtt/server.h"
#include "mqtt/will.h"

enum { HEAD = 64, KEPT = 3, OWED = 300, IDENTIFIERS = 600, LONGEST = 512 };

/* ---- What is known from the wire --------------------------------------------------- */

struct owed {
    uint8_t first;
    uint16_t identifier;
};

/* What a packet identifier stands for, on either side. */
struct known {
    uint16_t identifier;
    uint8_t in_flight;   /* ours: first byte of the packet that holds it; 0: free */
    uint8_t kept;        /* ours: first byte of what the store has, sent or not */
    uint8_t from_before; /* the same, at the start of this connection */
    uint8_t taken_over;  /* the peer's: PUBREC went out, PUBREL did not come */
};

static struct known known[IDENTIFIERS];
static size_t known_count;
static struct owed owed[OWED]; /* acknowledgements, in order */
static size_t owed_count;
static uint8_t out_head[HEAD * 16], in_head[HEAD];
static struct dps_mqtt_reader out_reader, in_reader;
static unsigned packets_out; /* on this connection */
static int said_disconnect, is_clean, is_up, is_closed;

static struct dps_mqtt_session session;
static struct dps_mqtt_memory memory;
static struct dps_mqtt_kept kept[KEPT];
static uint8_t session_head[HEAD];
static int has_store;

static void require(int holds)
{
    if (!holds) {
        abort();
    }
}

static struct known *about(uint16_t identifier)
{
    size_t i;

    for (i = 0; i < known_count && known[i].identifier != identifier; i++) {
    }
    if (i == known_count) {
        require(i < IDENTIFIERS); /* no script of LONGEST bytes has so many */
        memset(&known[i], 0, sizeof known[i]);
        known[i].identifier = identifier;
        known_count++;
    }
    return &known[i];
}

static void owe(uint8_t first, uint16_t identifier)
{
    require(owed_count < OWED);
    owed[owed_count].first = first;
    owed[owed_count++].identifier = identifier;
}

static int is_owed(uint8_t first, uint16_t identifier)
{
    size_t i;

    for (i = 0; i < owed_count; i++) {
        if (owed[i].first == first && owed[i].identifier == identifier) {
            return 1;
        }
    }
    return 0;
}

/* The front of what is owed; a PUBREL only where the PUBREC meant something. */
static void pay(uint8_t first, uint16_t identifier)
{
    size_t at = 0;

    while (at < owed_count && owed[at].first == 0x62
           && (first != 0x62 || owed[at].identifier != identifier)) {
        at++;
    }
    require(at < owed_count && owed[at].first == first
            && owed[at].identifier == identifier);
    owed_count -= at + 1;
    memmove(owed, owed + at + 1, owed_count * sizeof owed[0]);
}

/* ---- Bytes that the session sends -------------------------------------------------- */

static void sent_filters(const struct dps_mqtt_packet *p)
{
    struct dps_bytes rest = p->body, topic_filter;
    struct dps_mqtt_filter filter;

    do {
        require((p->type == DPS_MQTT_SUBSCRIBE
                     ? dps_mqtt_read_filter(&rest, &filter)
                     : dps_mqtt_read_topic_filter(&rest, &topic_filter))
                == DPS_MQTT_OK);
    } while (rest.len != 0);
    require(about(p->packet_identifier)->in_flight == 0);
    about(p->packet_identifier)->in_flight = (uint8_t)(p->type << 4);
}

static void sent_publish(const struct dps_mqtt_packet *p)
{
    if (p->packet_identifier == 0) {
        return;
    }
    if ((p->flags & DPS_MQTT_FLAG_DUP) != 0) {
        require(about(p->packet_identifier)->kept != 0);
        if (about(p->packet_identifier)->in_flight == 0x62) {
            return; /* the PUBREC for its first sending came while it was on its way */
        }
    } else {
        require(about(p->packet_identifier)->in_flight == 0);
    }
    about(p->packet_identifier)->in_flight =
        (uint8_t)(DPS_MQTT_PUBLISH << 4 | (p->flags & DPS_MQTT_FLAG_QOS));
}

static void sent_packet(const struct dps_mqtt_packet *p)
{
    struct dps_mqtt_connect connect;
    struct dps_mqtt_will will;
    uint8_t first = (uint8_t)(p->type << 4 | p->flags);

    require((packets_out++ == 0) == (p->type == DPS_MQTT_CONNECT));
    require(!said_disconnect);
    switch (p->type) {
    case DPS_MQTT_CONNECT:
        require(dps_mqtt_read_connect(p->body, &connect, &will) == DPS_MQTT_OK);
        break;
    case DPS_MQTT_PUBLISH:
        if (p->last) {
            sent_publish(p);
        }
        break;
    case DPS_MQTT_PUBREL:
        require(about(p->packet_identifier)->in_flight >> 4 == DPS_MQTT_PUBREL);
        if (is_owed(first, p->packet_identifier)) { /* or it is sent again */
            pay(first, p->packet_identifier);
        }
        break;
    case DPS_MQTT_PUBREC:
        pay(first, p->packet_identifier);
        about(p->packet_identifier)->taken_over = !is_owed(0x70, p->packet_identifier);
        break;
    case DPS_MQTT_PUBCOMP:
    case DPS_MQTT_PUBACK:
        pay(first, p->packet_identifier);
        break;
    case DPS_MQTT_SUBSCRIBE:
    case DPS_MQTT_UNSUBSCRIBE:
        sent_filters(p);
        break;
    case DPS_MQTT_DISCONNECT:
        said_disconnect = 1;
        break;
    default:
        require(p->type == DPS_MQTT_PINGREQ);
        break;
    }
}

static void take_output(size_t most)
{
    struct dps_mqtt_packet p;
    const uint8_t *at;
    size_t len, done;

    while (most != 0 && (at = dps_mqtt_session_output(&session, &len)) != NULL) {
        require(len != 0 && !is_closed);
        len = len < most ? len : most;
        most -= len;
        for (done = 0; done < len;) {
            done += dps_mqtt_reader_input(&out_reader, at + done, len - done, &p);
            require(dps_mqtt_reader_error(&out_reader) == DPS_MQTT_OK);
            if (p.type != DPS_MQTT_NONE) {
                sent_packet(&p);
            }
        }
        dps_mqtt_session_sent(&session, len);
    }
}

/* ---- Bytes that the peer sends ----------------------------------------------------- */

/* What came in whole, seen by a reader of its own. */
static void came(const struct dps_mqtt_packet *p)
{
    uint16_t identifier = p->packet_identifier;

    if (!p->last || !is_up) {
        return;
    }
    if (p->type == DPS_MQTT_PUBLISH && (p->flags & 0x06) == 0x02) {
        owe(0x40, identifier);
    } else if (p->type == DPS_MQTT_PUBLISH && (p->flags & 0x06) == 0x04) {
        owe(0x50, identifier);
    } else if (p->type == DPS_MQTT_PUBREL) {
        owe(0x70, identifier);
        about(identifier)->taken_over = 0;
    } else if (p->type == DPS_MQTT_PUBREC) {
        /* An earlier connection may have sent it; this one cannot know. */
        if (about(identifier)->in_flight == 0x34
            || about(identifier)->from_before == 0x34) {
            about(identifier)->in_flight = 0x62;
        }
        owe(0x62, identifier);
    } else if (p->type == DPS_MQTT_SUBACK && about(identifier)->in_flight == 0x80) {
        about(identifier)->in_flight = 0;
    } else if (p->type == DPS_MQTT_UNSUBACK && about(identifier)->in_flight == 0xa0) {
        about(identifier)->in_flight = 0;
    }
}

static void told(const struct dps_mqtt_event *event)
{
    const struct dps_mqtt_packet *p = &event->packet;
    size_t i;

    if (event->type == DPS_MQTT_CLOSED) {
        is_closed = 1;
    }
    if (event->type == DPS_MQTT_CONNECTED && p->body.at[0] == 0) {
        for (i = 0; i < known_count; i++) { /* the peer has no session */
            known[i].taken_over = 0;
        }
    }
    if (event->type == DPS_MQTT_CONNECTED) {
        is_up = 1;
    }
    if (event->type == DPS_MQTT_CONNECTED && is_clean) {
        known_count = 0;
    }
    if (event->type == DPS_MQTT_PUBLISHED && p->packet_identifier != 0) {
        struct known *ours = about(p->packet_identifier);
        unsigned holds = ours->in_flight != 0 ? ours->in_flight : ours->from_before;

        /* Each has its own answer, and what is on its way out has none yet. */
        require(holds == (p->type == DPS_MQTT_PUBACK ? 0x32 : 0x62));
        require(p->type == DPS_MQTT_PUBACK || !is_owed(0x62, p->packet_identifier));
        ours->in_flight = 0;
        ours->from_before = 0;
        ours->kept = 0;
    }
    if (event->type == DPS_MQTT_MESSAGE && (p->flags & 0x06) == 0x04) {
        require(has_store && !about(p->packet_identifier)->taken_over);
    }
}

/* The session sees the bytes first, the watching reader the same ones afterwards. */
static void give_input(const uint8_t *data, size_t len)
{
    uint8_t *copy = malloc(len + 1);
    struct dps_mqtt_event event;
    struct dps_mqtt_packet p;
    size_t at = 0, n, seen;

    memcpy(copy, data, len);
    do {
        n = dps_mqtt_session_input(&session, copy + at, len - at, &event);
        require(n <= len - at);
        told(&event);
        for (seen = 0; seen < n && dps_mqtt_reader_error(&in_reader) == DPS_MQTT_OK;) {
            seen += dps_mqtt_reader_input(&in_reader, copy + at + seen, n - seen, &p);
            if (p.type != DPS_MQTT_NONE) {
                came(&p);
            }
        }
        at += n;
        if (event.type == DPS_MQTT_OUTPUT_FIRST) {
            take_output(SIZE_MAX);
        }
    } while (!is_closed && (at < len || event.type != DPS_MQTT_NOTHING));
    free(copy);
}

/* ---- Steps ------------------------------------------------------------------------- */

static void new_connection(int clean_session, int with_will)
{
    static const uint8_t text[] = "client";
    struct dps_mqtt_connect connect = { { text, 6 }, { 0, 0 }, { 0, 0 }, 10, 0 };
    struct dps_mqtt_will will = { { text, 1 }, { text, 6 }, 1, 1 };
    size_t i;

    dps_mqtt_session_init(&session, session_head, sizeof session_head, 300);
    dps_mqtt_reader_init(&out_reader, DPS_MQTT_SERVER, out_head, sizeof out_head, 0);
    dps_mqtt_reader_init(&in_reader, DPS_MQTT_CLIENT, in_head, sizeof in_head, 300);
    if (has_store) {
        dps_mqtt_session_keep(&session, &memory.store);
    }
    connect.clean_session = (uint8_t)clean_session;
    require((with_will ? dps_mqtt_session_connect_with_will(&session, &connect, &will)
                       : dps_mqtt_session_connect(&session, &connect))
            == DPS_MQTT_OK);
    packets_out = 0;
    said_disconnect = 0;
    is_up = 0;
    is_closed = 0;
    owed_count = 0;
    is_clean = clean_session;
    for (i = 0; i < known_count; i++) { /* only messages outlive a connection */
        known[i].from_before = known[i].kept;
        if (!has_store || known[i].in_flight >= 0x80) {
            known[i].in_flight = 0;
        }
    }
}

static void call(unsigned which)
{
    static const uint8_t text[] = "a/b/c";
    static struct dps_mqtt_filter filters[2] = { { { text, 3 }, 2, 0 },
                                                 { { text, 5 }, 0, 0 } };
    struct dps_mqtt_publish publish = { { text, 5 },
                                        { { text, 2 }, { NULL, 0 }, { text, 4 } },
                                        (uint8_t)(which & 3),
                                        (uint8_t)(which >> 2 & 1) };
    uint16_t identifier;

    switch (which >> 5) {
    case 0:
        dps_mqtt_session_subscribe(&session, filters, 1 + (which & 1), &identifier);
        break;
    case 1:
        dps_mqtt_session_unsubscribe(&session, filters, 1 + (which & 1), &identifier);
        break;
    case 2:
        dps_mqtt_session_disconnect(&session);
        break;
    case 3:
        dps_mqtt_session_end(&session, DPS_MQTT_ERR_CLOSED);
        break;
    default:
        if (dps_mqtt_session_publish(&session, &publish, &identifier) == DPS_MQTT_OK
            && identifier != 0) {
            about(identifier)->kept = has_store ? (uint8_t)(0x30 | publish.qos << 1) : 0;
        }
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint32_t now_ms = 0xffffff00u; /* it wraps soon */
    size_t at = 1;

    if (size < 2 || size > LONGEST) {
        return 0;
    }
    known_count = 0;
    has_store = data[0] & 1;
    dps_mqtt_memory_init(&memory, kept, KEPT);
    new_connection(data[0] >> 1 & 1, data[0] >> 2 & 1);
    while (at < size) {
        unsigned step = data[at] >> 6, argument = data[at] & 63;
        size_t left = size - ++at;

        if (step == 0) {
            size_t len = argument < left ? argument : left;

            give_input(data + at, len);
            at += len;
        } else if (step == 1) {
            take_output(argument == 63 ? SIZE_MAX : argument);
        } else if (step == 2 && left != 0) {
            call(data[at++]);
        } else if (argument >= 32) {
            new_connection(argument >> 1 & 1, argument & 1);
        } else {
            now_ms += argument * 1000u;
            dps_mqtt_session_tick(&session, now_ms);
        }
    }
    take_output(SIZE_MAX);
    return 0;
}
