/* SPDX-License-Identifier: MIT
 *
 * A CONNECT with a will (3.1.2.5); who has none links nothing of it. */
#ifndef DPS_MQTT_WILL_H
#define DPS_MQTT_WILL_H

#include "mqtt/session.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Begins a CONNECT (3.1) that carries a will.
 *
 * Errors: those of dps_mqtt_write_connect(), and of the will's topic
 * DPS_MQTT_ERR_TOPIC_EMPTY, DPS_MQTT_ERR_TOPIC_WILDCARD, DPS_MQTT_ERR_STRING_UTF8,
 * DPS_MQTT_ERR_STRING_NUL; DPS_MQTT_ERR_STRING_LENGTH; DPS_MQTT_ERR_QOS_VALUE. */
enum dps_mqtt_error
dps_mqtt_write_connect_with_will(struct dps_mqtt_writer *writer,
                                 const struct dps_mqtt_connect *connect,
                                 const struct dps_mqtt_will *will);

/** Queues such a CONNECT: dps_mqtt_session_connect() with a will. Borrows the will's
 * strings as those of `connect`. */
enum dps_mqtt_error
dps_mqtt_session_connect_with_will(struct dps_mqtt_session *session,
                                   const struct dps_mqtt_connect *connect,
                                   const struct dps_mqtt_will *will);

#ifdef __cplusplus
}
#endif

#endif
