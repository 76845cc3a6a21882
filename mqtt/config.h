/* SPDX-License-Identifier: MIT
 *
 * The room's constants. Override with -D; every value is checked here. */
#ifndef DPS_MQTT_CONFIG_H
#define DPS_MQTT_CONFIG_H

/* Acknowledgements that may wait to be sent. A step up costs 4 bytes of RAM. A
 * half-duplex peer that puts more QoS 1 messages than this into one TLS record
 * ends the connection with DPS_MQTT_ERR_ACKS_FULL. */
#ifndef DPS_MQTT_ACKS
#define DPS_MQTT_ACKS 4
#endif
#if DPS_MQTT_ACKS < 1 || DPS_MQTT_ACKS > 255
#error "DPS_MQTT_ACKS: 1 to 255"
#endif

/* Messages of QoS 1 and 2 sent and not yet acknowledged. A step up costs 2 bytes. */
#ifndef DPS_MQTT_IN_FLIGHT
#define DPS_MQTT_IN_FLIGHT 1
#endif
#if DPS_MQTT_IN_FLIGHT < 1 || DPS_MQTT_IN_FLIGHT > 255
#error "DPS_MQTT_IN_FLIGHT: 1 to 255"
#endif

/* Bytes the client moves from the stream to the reader at a time. */
#ifndef DPS_MQTT_CHUNK
#define DPS_MQTT_CHUNK 128
#endif
#if DPS_MQTT_CHUNK < 1 || DPS_MQTT_CHUNK > 32767
#error "DPS_MQTT_CHUNK: 1 to 32767"
#endif

/* How long the session waits for each answer (CONNACK, SUBACK, PUBACK, PINGRESP and the
 * like); how long the client gives a stream to open and to close. Milliseconds. */
#ifndef DPS_MQTT_ANSWER_MS
#define DPS_MQTT_ANSWER_MS 30000
#endif
#ifndef DPS_MQTT_OPEN_MS
#define DPS_MQTT_OPEN_MS 20000
#endif
#ifndef DPS_MQTT_CLOSE_MS
#define DPS_MQTT_CLOSE_MS 2000
#endif
#if DPS_MQTT_ANSWER_MS < 1 || DPS_MQTT_OPEN_MS < 1 || DPS_MQTT_CLOSE_MS < 1
#error "a time limit of 0 ms ends everything at once"
#endif

#endif
