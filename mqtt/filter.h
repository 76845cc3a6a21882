/* SPDX-License-Identifier: MIT
 *
 * Whether a topic filter matches a topic name (4.7): for a client that tells its messages
 * apart, and for a server. */
#ifndef DPS_MQTT_FILTER_H
#define DPS_MQTT_FILTER_H

#include "mqtt/packet.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Whether `topic_filter` matches `topic`: 1 or 0.
 *
 * Both are well-formed: the filter as dps_mqtt_write_subscribe() takes it, the topic as a
 * PUBLISH brings it; of others the answer means nothing. Characters are compared as they
 * are [MQTT-4.7.3-4]; a filter that begins with a wildcard does not match a topic that
 * begins with '$' [MQTT-4.7.2-1]. */
int dps_mqtt_filter_matches(struct dps_bytes topic_filter, struct dps_bytes topic);

#ifdef __cplusplus
}
#endif

#endif
