/* SPDX-License-Identifier: MIT
 *
 * One MQTT packet, one readable line: its name, then its fields in wire order, for
 * `dps decode`, `dps register --trace` and the emulator's log.
 *
 *     PUBLISH QoS 1, packet identifier 2, topic "$dps/registrations/res/202/?$rid=1&
 *     retry-after=3", payload 94 bytes {"operationId":"4.d0a671905ea5b2c8…
 *
 * Topics in full, payloads by length and start; passwords and the signatures of shared
 * access tokens blanked; everything escaped (tools/common/escape.h).
 *
 *     describe_init(&describe);
 *     taken = dps_mqtt_reader_input(&reader, data, len, &packet);
 *     error = describe_packet(&describe, stdout, "", &packet); */
#ifndef TOOLS_COMMON_DESCRIBE_H
#define TOOLS_COMMON_DESCRIBE_H

#include <stdio.h>

#include "mqtt/packet.h"

/** Most bytes of a payload that are shown. */
enum { DESCRIBE_PAYLOAD = 600 };

/** What is kept between the pieces of a PUBLISH. */
struct describe {
    size_t start_len;
    uint8_t start[DESCRIBE_PAYLOAD]; /* of the payload, <= DESCRIBE_PAYLOAD */
};

/** Makes one for a reader: between packets. */
void describe_init(struct describe *describe);

/** Takes what a reader told, DPS_MQTT_NONE too, and prints a line once the packet is
 * whole: `before`, then the packet, then a line end.
 *
 * Returns DPS_MQTT_OK, or the value in 32..95 of the rule that is broken inside a
 * CONNECT, a SUBSCRIBE or an UNSUBSCRIBE, which a reader leaves to the server; then
 * nothing is printed.
 * What cannot be written shows in ferror(out). */
enum dps_mqtt_error describe_packet(struct describe *describe, FILE *out,
                                    const char *before,
                                    const struct dps_mqtt_packet *packet);

/** Prints a line for a packet that a reader has not told to its end.
 *
 * `start_len` bytes at `start`, at least 1, are the packet's first ones; `seen` of its
 * bytes there were in all. With DPS_MQTT_OK it is cut, with another `error` refused: the
 * line then ends with the rule. Of a PUBLISH, topic and payload are shown as far as they
 * are in `start`. */
void describe_unfinished(FILE *out, const char *before, const uint8_t *start,
                         size_t start_len, size_t seen, enum dps_mqtt_error error);

#endif
