/* SPDX-License-Identifier: MIT
 *
 * What only a server reads: the fields inside CONNECT, SUBSCRIBE and UNSUBSCRIBE. The
 * reader gathers these bodies whole and checks their frame; these functions check the
 * rest, so that a client's image carries none of it.
 *
 *     case DPS_MQTT_SUBSCRIBE:
 *         for (rest = packet.body; rest.len != 0 || first; first = 0) {
 *             error = dps_mqtt_read_filter(&rest, &filter);
 *             ...
 */
#ifndef DPS_MQTT_SERVER_H
#define DPS_MQTT_SERVER_H

#include "mqtt/packet.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Reads the body of a CONNECT; without a will `will->topic.at` is null.
 *
 * Lends the strings of `connect` and `will` out of `body`. A field that is present and
 * empty has a length of 0 and an `.at` that is not null.
 *
 * Returns DPS_MQTT_OK or the value in 32..95 of the first rule broken, in wire
 * order; `connect` and `will` are then all zero. DPS_MQTT_ERR_PROTOCOL_LEVEL is to be
 * answered with CONNACK code 1 [MQTT-3.1.2-2], the others without an answer
 * [MQTT-3.1.4-1].
 *
 * MQTT 3.1.1 section 3.1. */
enum dps_mqtt_error dps_mqtt_read_connect(struct dps_bytes body,
                                          struct dps_mqtt_connect *connect,
                                          struct dps_mqtt_will *will);

/** Takes one topic filter with its QoS off the body of a SUBSCRIBE.
 *
 * Moves `rest` behind it; at the end `rest->len` is 0. Lends the filter out of the
 * body. A body without any filter is an error on the first call [MQTT-3.8.3-3], so
 * call it at least once.
 *
 * Returns DPS_MQTT_OK or the value in 32..95 of the first rule broken; `rest` and
 * `filter` are then untouched.
 *
 * MQTT 3.1.1 section 3.8.3. */
enum dps_mqtt_error dps_mqtt_read_filter(struct dps_bytes *rest,
                                         struct dps_mqtt_filter *filter);

/** Takes one topic filter off the body of an UNSUBSCRIBE: as dps_mqtt_read_filter(), but
 * without a QoS. A body without any: DPS_MQTT_ERR_UNSUBSCRIBE_EMPTY [MQTT-3.10.3-2].
 *
 * MQTT 3.1.1 section 3.10.3. */
enum dps_mqtt_error dps_mqtt_read_topic_filter(struct dps_bytes *rest,
                                               struct dps_bytes *topic_filter);

#ifdef __cplusplus
}
#endif

#endif
