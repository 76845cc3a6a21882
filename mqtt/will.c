/* SPDX-License-Identifier: MIT
 *
 * The will stands in the middle of CONNECT [MQTT-3.1.3-1]: behind the client identifier,
 * before the user name. */
#include "mqtt/will.h"

#include "mqtt/inner.h"

enum dps_mqtt_error
dps_mqtt_write_connect_with_will(struct dps_mqtt_writer *w,
                                 const struct dps_mqtt_connect *connect,
                                 const struct dps_mqtt_will *will)
{
    unsigned flags = DPS_MQTT_CONNECT_WILL
                     | (unsigned)will->qos << DPS_MQTT_CONNECT_WILL_QOS_SHIFT;

    if (will->retain != 0) {
        flags |= DPS_MQTT_CONNECT_WILL_RETAIN;
    }
    dps_mqtt_connect_begin(w, connect);
    w->made[DPS_MQTT_CONNECT_FLAGS] |= (uint8_t)flags;
    if (will->qos > 2) {
        w->error = DPS_MQTT_ERR_QOS_VALUE; /* [MQTT-3.1.2-14] */
    }
    dps_mqtt_writer_string(w, &will->topic, DPS_MQTT_TEXT_TOPIC_NAME);
    dps_mqtt_writer_string(w, &will->message, DPS_MQTT_TEXT_BINARY);
    return dps_mqtt_connect_end(w, connect);
}

enum dps_mqtt_error
dps_mqtt_session_connect_with_will(struct dps_mqtt_session *s,
                                   const struct dps_mqtt_connect *connect,
                                   const struct dps_mqtt_will *will)
{
    enum dps_mqtt_error error = dps_mqtt_session_may(s, DPS_MQTT_SESSION_NEW);

    if (error == DPS_MQTT_OK) {
        error = dps_mqtt_write_connect_with_will(&s->writer, connect, will);
    }
    return dps_mqtt_session_connecting(s, connect, error);
}
