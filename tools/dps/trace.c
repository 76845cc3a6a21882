/* SPDX-License-Identifier: MIT
 *
 * A byte that the client writes goes down, and what the stream below took of it into a
 * reader in the server's role; a byte that is read goes into one in the client's role,
 * and up. The first bytes of each packet are kept until it has ended, to be told if it
 * does not. A direction that breaks a rule is told once; what it means is the client's
 * business. */
#include "tools/dps/trace.h"

#include <stdio.h>
#include <string.h>

#include "sas/wipe.h"

static struct trace *trace_of(const struct dps_stream *stream)
{
    return (struct trace *)(uintptr_t)stream; /* its first member */
}

/* Keeps the first bytes of the packet in progress. */
static void trace_keep(struct trace_way *way, const uint8_t *data, size_t len)
{
    size_t room = way->seen < TRACE_HEAD ? TRACE_HEAD - way->seen : 0;

    memcpy(way->start + TRACE_HEAD - room, data, len < room ? len : room);
    way->seen += len;
}

/* Tells the packet in progress, where there is one. */
static void trace_unfinished(const struct trace_way *way, enum dps_mqtt_error error)
{
    if (way->seen != 0 && !way->is_over) {
        describe_unfinished(stderr, way->before, way->start,
                            way->seen < TRACE_HEAD ? way->seen : TRACE_HEAD, way->seen,
                            error);
    }
}

static void trace_bytes(struct trace_way *way, const uint8_t *data, size_t len)
{
    struct dps_mqtt_packet packet;
    enum dps_mqtt_error error;

    while (len != 0 && !way->is_over) {
        size_t taken = dps_mqtt_reader_input(&way->reader, data, len, &packet);

        trace_keep(way, data, taken);
        data += taken;
        len -= taken;
        error = dps_mqtt_reader_error(&way->reader);
        if (error == DPS_MQTT_OK) {
            error = describe_packet(&way->describe, stderr, way->before, &packet);
        }
        if (error != DPS_MQTT_OK) {
            trace_unfinished(way, error);
            way->is_over = 1;
        } else if (packet.type != DPS_MQTT_NONE && packet.last) {
            way->seen = 0;
        }
    }
}

static void trace_way_init(struct trace_way *way, enum dps_mqtt_role role,
                           const char *before)
{
    way->before = before;
    way->is_over = 0;
    way->seen = 0;
    dps_mqtt_reader_init(&way->reader, role, way->head, sizeof way->head, 0);
    describe_init(&way->describe);
}

/* The connection ends. The buffers have held a CONNECT with its password. */
static void trace_way_end(struct trace_way *way)
{
    trace_unfinished(way, DPS_MQTT_OK);
    dps_wipe(way->start, sizeof way->start);
    dps_wipe(way->head, sizeof way->head);
}

static void trace_ways_begin(struct trace *t)
{
    trace_way_init(&t->sent, DPS_MQTT_SERVER, "  > ");
    trace_way_init(&t->received, DPS_MQTT_CLIENT, "  < ");
}

/* ---- The verbs --------------------------------------------------------------------- */

static int trace_open(struct dps_stream *stream, struct dps_now now)
{
    struct dps_stream *below = trace_of(stream)->below;

    return below->vtable->open(below, now);
}

static int trace_read(struct dps_stream *stream, uint8_t *buf, size_t cap)
{
    struct trace *t = trace_of(stream);
    int n = t->below->vtable->read(t->below, buf, cap);

    if (n > 0) {
        trace_bytes(&t->received, buf, (size_t)n);
    }
    return n;
}

static int trace_write(struct dps_stream *stream, const uint8_t *data, size_t len)
{
    struct trace *t = trace_of(stream);
    int n = t->below->vtable->write(t->below, data, len);

    if (n > 0) {
        trace_bytes(&t->sent, data, (size_t)n);
    }
    return n;
}

static int trace_flush(struct dps_stream *stream)
{
    struct dps_stream *below = trace_of(stream)->below;

    return below->vtable->flush(below);
}

static int trace_close(struct dps_stream *stream, int at_once)
{
    struct trace *t = trace_of(stream);

    trace_way_end(&t->sent);
    trace_way_end(&t->received);
    trace_ways_begin(t);
    return t->below->vtable->close(t->below, at_once);
}

static int trace_wants(const struct dps_stream *stream)
{
    const struct dps_stream *below = trace_of(stream)->below;

    return below->vtable->wants(below);
}

static void trace_why(const struct dps_stream *stream, struct dps_failure *failure)
{
    const struct dps_stream *below = trace_of(stream)->below;

    below->vtable->why(below, failure);
}

void trace_init(struct trace *t, struct dps_stream *below)
{
    static const struct dps_stream_class verbs = {
        trace_open,  trace_read,  trace_write, trace_flush,
        trace_close, trace_wants, trace_why,
    };

    t->stream.vtable = &verbs;
    t->below = below;
    trace_ways_begin(t);
}
