/* SPDX-License-Identifier: MIT
 *
 * The service's three topics ("Register a device" and "Polling for registration operation
 * status" in Microsoft's article on MQTT and the Device Provisioning Service):
 *
 *     $dps/registrations/PUT/iotdps-register/?$rid={rid}
 *     $dps/registrations/GET/iotdps-get-operationstatus/?$rid={rid}&operationId={id}
 *     $dps/registrations/res/{status}/?$rid={rid}&retry-after={seconds}
 *
 * The first two are written, the third is read:
 *
 *     if (dps_topic_read(&topic, packet.topic) == DPS_OK && topic.status == 202) { ... }
 */
#ifndef DPS_TOPIC_H
#define DPS_TOPIC_H

#include "dps/error.h"
#include "mqtt/packet.h"
#include "sas/text.h"

#ifdef __cplusplus
extern "C" {
#endif

/** The filter to subscribe to before the first request, NUL-terminated. */
enum { DPS_TOPIC_FILTER_LEN = 24 };
extern const char dps_topic_filter[DPS_TOPIC_FILTER_LEN + 1];

/** What an answer's topic says. */
struct dps_topic {
    struct dps_bytes rid;    /* the value of $rid, as it stands there */
    uint32_t retry_after_s; /* seconds; UINT32_MAX also for anything above, and 1 for 0,
                             * which would be a busy loop; 0: absent, or not a number */
    uint16_t status;        /* 200 to 599, as in HTTP */
};

/** Appends the topic of a request to `out`: null registers, else it asks how the
 * operation stands, whose `operation_id` is put in raw, as the service expects.
 *
 * It takes at most 55 bytes, or 79 and the operation ID; `out` is full, see sas/text.h,
 * when it does not fit. */
void dps_topic_write(struct dps_text *out, uint32_t rid, const char *operation_id);

/** Reads the topic `name` of an answer.
 *
 * Name=value pairs come in any order and unknown ones are ignored; names are compared
 * without case. What is not a decimal number, a ';' and more behind it allowed, is no
 * retry-after; of two the last one counts.
 *
 * Lends `topic->rid` out of `name`.
 *
 * Errors, with `topic` not to be used:
 *   DPS_ERR_TOPIC  another beginning, a status that is not 200 to 599, or not exactly
 *                  one $rid */
enum dps_error dps_topic_read(struct dps_topic *topic, struct dps_bytes name);

#ifdef __cplusplus
}
#endif

#endif
