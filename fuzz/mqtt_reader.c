/* SPDX-License-Identifier: MIT
 *
 * Fuzz target: the MQTT reader in every role. The first byte of the input chooses role
 * and chunk size, the rest is the peer's bytes.
 *
 * Oracles: the same bytes in another split give the same packets, the same error and the
 * same number of bytes taken; and what was told, written again by the writer, reads back
 * to the same packet. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "mqtt/reader.h"
#include "mqtt/server.h"
#include "mqtt/will.h"
#include "mqtt/writer.h"

enum { HEAD = 512, LOG = 1 << 16, FILTERS = 128 };

/* What a reader told, as bytes; payload pieces joined. */
struct trace {
    uint8_t log[LOG];
    size_t len, taken;
    unsigned error, packets;
    uint8_t in_payload;
};

static void trace_bytes(struct trace *t, const void *at, size_t len)
{
    if (len > sizeof t->log - t->len) {
        len = sizeof t->log - t->len;
    }
    if (len != 0) {
        memcpy(t->log + t->len, at, len);
        t->len += len;
    }
}

static void trace_packet(struct trace *t, const struct dps_mqtt_packet *p)
{
    uint8_t head[10] = {p->type,
                        p->flags,
                        (uint8_t)(p->packet_identifier >> 8),
                        (uint8_t)p->packet_identifier,
                        (uint8_t)p->topic.len,
                        (uint8_t)(p->topic.len >> 8),
                        (uint8_t)p->total,
                        (uint8_t)(p->total >> 8),
                        (uint8_t)(p->total >> 16),
                        (uint8_t)(p->total >> 24)};

    if (!t->in_payload) {
        trace_bytes(t, head, sizeof head);
        trace_bytes(t, p->topic.at, p->topic.len);
    }
    trace_bytes(t, p->body.at, p->body.len);
    t->in_payload = !p->last;
    t->packets += p->last;
}

/* Feeds in chunks of at most `step`, each a heap block of its size. */
static void feed(struct trace *t, enum dps_mqtt_role role, const uint8_t *data,
                 size_t size, size_t step)
{
    uint8_t *head = malloc(HEAD);
    struct dps_mqtt_reader r;

    memset(t, 0, sizeof *t);
    dps_mqtt_reader_init(&r, role, head, HEAD, 0);
    while (t->taken < size && dps_mqtt_reader_error(&r) == DPS_MQTT_OK) {
        size_t n = size - t->taken < step ? size - t->taken : step;
        uint8_t *chunk = malloc(n);
        struct dps_mqtt_packet p;
        size_t at = 0;

        memcpy(chunk, data + t->taken, n);
        while (at < n && dps_mqtt_reader_error(&r) == DPS_MQTT_OK) {
            at += dps_mqtt_reader_input(&r, chunk + at, n - at, &p);
            if (p.type != DPS_MQTT_NONE) {
                trace_packet(t, &p);
            } else if (at < n && dps_mqtt_reader_error(&r) == DPS_MQTT_OK) {
                abort(); /* fewer bytes only with a packet or an error */
            }
        }
        t->taken += at;
        free(chunk);
    }
    t->error = dps_mqtt_reader_error(&r);
    free(head);
}

static void check_splits(enum dps_mqtt_role role, const uint8_t *data, size_t size,
                         size_t step)
{
    static struct trace whole, split;

    feed(&whole, role, data, size, SIZE_MAX);
    feed(&split, role, data, size, step);
    if (whole.len != split.len || whole.taken != split.taken || whole.error != split.error
        || whole.packets != split.packets
        || memcmp(whole.log, split.log, whole.len) != 0) {
        abort();
    }
}

/* ---- What decodes and encodes again decodes to the same ---------------------------- */

/* Writes the packet again; 0: it has no writer, or is not well-formed inside. */
static int write_again(struct dps_mqtt_writer *w, const struct dps_mqtt_packet *p,
                       struct dps_mqtt_connect *connect, struct dps_mqtt_publish *publish,
                       struct dps_mqtt_filter *filters)
{
    struct dps_bytes rest = p->body;
    struct dps_mqtt_will will;
    size_t count = 0;

    switch (p->type) {
    case DPS_MQTT_CONNECT:
        return dps_mqtt_read_connect(p->body, connect, &will) == DPS_MQTT_OK
               && (connect->client_id.len != 0 || connect->clean_session != 0)
               && ((will.topic.at != NULL
                        ? dps_mqtt_write_connect_with_will(w, connect, &will)
                        : dps_mqtt_write_connect(w, connect))
                       == DPS_MQTT_OK
                   || (abort(), 0));
    case DPS_MQTT_CONNACK:
        dps_mqtt_write_connack(w, p->body.at[0], p->body.at[1]);
        return 1;
    case DPS_MQTT_PUBLISH:
        memset(publish, 0, sizeof *publish);
        publish->topic = p->topic;
        publish->payload[0] = p->body;
        publish->qos =
            (uint8_t)((p->flags & DPS_MQTT_FLAG_QOS) >> DPS_MQTT_FLAG_QOS_SHIFT);
        publish->retain = p->flags & DPS_MQTT_FLAG_RETAIN;
        return dps_mqtt_write_publish(w, publish, p->flags & DPS_MQTT_FLAG_DUP,
                                      p->packet_identifier)
                   == DPS_MQTT_OK
               || (abort(), 0);
    case DPS_MQTT_PUBACK:
        dps_mqtt_write_puback(w, p->packet_identifier);
        return 1;
    case DPS_MQTT_SUBSCRIBE:
        do {
            if (count == FILTERS
                || dps_mqtt_read_filter(&rest, &filters[count++]) != DPS_MQTT_OK) {
                return 0;
            }
        } while (rest.len != 0);
        return dps_mqtt_write_subscribe(w, filters, count, p->packet_identifier)
                   == DPS_MQTT_OK
               || (abort(), 0);
    case DPS_MQTT_SUBACK:
        dps_mqtt_write_suback(w, p->body, p->packet_identifier);
        return 1;
    case DPS_MQTT_PINGREQ:
        dps_mqtt_write_pingreq(w);
        return 1;
    case DPS_MQTT_PINGRESP:
        dps_mqtt_write_pingresp(w);
        return 1;
    case DPS_MQTT_DISCONNECT:
        dps_mqtt_write_disconnect(w);
        return 1;
    default:
        return 0;
    }
}

static void check_again(const struct dps_mqtt_packet *p)
{
    static struct dps_mqtt_filter filters[FILTERS];
    static struct trace first, second;
    static uint8_t wire[LOG];
    struct dps_mqtt_connect connect;
    struct dps_mqtt_publish publish;
    struct dps_mqtt_writer w;
    const uint8_t *at;
    size_t n, len = 0;

    if (!write_again(&w, p, &connect, &publish, filters)) {
        return;
    }
    while ((at = dps_mqtt_writer_output(&w, &n)) != NULL) {
        if (n == 0 || n > sizeof wire - len) {
            abort();
        }
        memcpy(wire + len, at, n);
        len += n;
        dps_mqtt_writer_sent(&w, n);
    }
    memset(&first, 0, sizeof first);
    trace_packet(&first, p);
    feed(&second, DPS_MQTT_EITHER, wire, len, SIZE_MAX);
    if (second.error != DPS_MQTT_OK || second.packets != 1 || second.len != first.len
        || memcmp(first.log, second.log, first.len) != 0) {
        abort();
    }
}

static void check_round_trip(enum dps_mqtt_role role, const uint8_t *data, size_t size)
{
    static uint8_t head[HEAD];
    struct dps_mqtt_reader r;
    struct dps_mqtt_packet p;
    size_t at = 0;

    dps_mqtt_reader_init(&r, role, head, sizeof head, 0);
    while (at < size && dps_mqtt_reader_error(&r) == DPS_MQTT_OK) {
        at += dps_mqtt_reader_input(&r, data + at, size - at, &p);
        if (p.type != DPS_MQTT_NONE && p.last && p.offset == 0) {
            check_again(&p);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum dps_mqtt_role role;

    if (size == 0 || size > LOG / 2) {
        return 0;
    }
    role = (enum dps_mqtt_role)(DPS_MQTT_CLIENT + data[0] % 3);
    check_splits(role, data + 1, size - 1, 1u + data[0] / 3u % 7u);
    check_round_trip(role, data + 1, size - 1);
    return 0;
}
