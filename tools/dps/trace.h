/* SPDX-License-Identifier: MIT
 *
 * A stream between the client and TLS that prints every packet, decoded, on standard
 * error, and passes every byte on as it came: `  > CONNECT ...` to the peer, `  < CONNACK
 * ...` from it. A packet that breaks a rule, or that has not ended when the stream is
 * closed, gets its line then: `  < PUBLISH ..., cut after 128 of 5000 bytes`.
 *
 *     trace_init(&trace, &tls.stream);
 *     dps_client_init(&client, &config, &trace.stream); */
#ifndef TOOLS_DPS_TRACE_H
#define TOOLS_DPS_TRACE_H

#include "mqtt/reader.h"
#include "tls/stream.h"
#include "tools/common/describe.h"

/** Bytes of the longest topic with all that is before it, and of a payload what is shown:
 * 65,535 and 7, and 2 and 600. */
enum { TRACE_HEAD = 66 * 1024 };

/** One direction. */
struct trace_way {
    const char *before; /* what its lines begin with */
    struct dps_mqtt_reader reader;
    struct describe describe;
    int is_over;        /* it is not MQTT, or more than fits: no more lines */
    size_t seen;        /* bytes of the packet that has begun and not ended */
    uint8_t start[TRACE_HEAD]; /* the first of them */
    uint8_t head[TRACE_HEAD];
};

struct trace {
    struct dps_stream stream; /* first: pass &trace.stream to the client */
    struct dps_stream *below; /* borrowed */
    struct trace_way sent, received;
};

/** Makes one over `below`, which it borrows. */
void trace_init(struct trace *trace, struct dps_stream *below);

#endif
