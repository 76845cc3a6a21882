/* SPDX-License-Identifier: MIT
 *
 * The client's side of one MQTT connection, a machine: it does no I/O and keeps
 * no clock. It reads and writes packets, answers what must be answered, keeps the
 * connection alive and ends it when the peer breaks a rule.
 *
 *     dps_mqtt_session_init(&session, head, sizeof head, 0);
 *     dps_mqtt_session_connect(&session, &connect);
 *     do {
 *         wait = dps_mqtt_session_tick(&session, now_ms);
 *         while ((at = dps_mqtt_session_output(&session, &len)) != NULL) {
 *             dps_mqtt_session_sent(&session, write(at, len));
 *         }
 *         taken = dps_mqtt_session_input(&session, data, len, &event);
 *         ...
 *     } while (event.type != DPS_MQTT_CLOSED);
 *
 * mqtt/client.h is this loop, over a stream. */
#ifndef DPS_MQTT_SESSION_H
#define DPS_MQTT_SESSION_H

#include "mqtt/config.h"
#include "mqtt/packet.h"
#include "mqtt/reader.h"
#include "mqtt/writer.h"

#ifdef __cplusplus
extern "C" {
#endif

/** What an event tells. One that a packet brings has that packet's number. */
enum dps_mqtt_event_type {
    DPS_MQTT_NOTHING,
    DPS_MQTT_OUTPUT_FIRST, /* send what output lends, then offer the rest again */
    DPS_MQTT_CONNECTED,    /* CONNACK 0; packet.body[0] bit 0 is Session Present */
    DPS_MQTT_MESSAGE,      /* a piece of a PUBLISH */
    DPS_MQTT_PUBLISHED,    /* QoS 0: all out; 1: PUBACK; 2: PUBCOMP; told which */
    DPS_MQTT_OPENED,       /* told by mqtt/client.h only: the stream is open */
    DPS_MQTT_CLOSED,       /* it is over: see the error, DPS_MQTT_OK after DISCONNECT */
    DPS_MQTT_SUBSCRIBED = DPS_MQTT_SUBACK, /* the filters' `granted` are set */
    DPS_MQTT_UNSUBSCRIBED = DPS_MQTT_UNSUBACK
};

struct dps_mqtt_event {
    uint8_t type; /* enum dps_mqtt_event_type */
    struct dps_mqtt_packet packet;
};

struct dps_mqtt_store; /* mqtt/delivery.h */

/** An acknowledgement to send: its first byte (2.2). */
struct dps_mqtt_ack {
    uint16_t packet_identifier;
    uint8_t first;
};

struct dps_mqtt_session {
    /* Private: the fields are here so that you can place one; use the functions. The
     * small ones come first: Thumb reaches the first 32 bytes in the short encoding. */
    uint8_t state;   /* enum of inner.h */
    uint8_t writing; /* what the writer holds; 0: nothing, and all was told */
    uint8_t error;   /* enum dps_mqtt_error; the first one stays */
    uint8_t detail;
    uint8_t ping;
    uint8_t acks;  /* that wait to be sent */
    uint8_t timed; /* asked_ms is set; 0: the next tick sets it */
    uint8_t filters_answer;      /* the type of packet that `filters_identifier` awaits */
    uint16_t keep_alive_s;       /* 0: off */
    uint16_t identifier;         /* of the request in the writer, or of the next one */
    uint16_t filters_identifier; /* of SUBSCRIBE or UNSUBSCRIBE; 0: none waits */
    uint16_t filter_count;       /* codes in the answer */
    uint16_t in_flight[DPS_MQTT_IN_FLIGHT]; /* not yet acknowledged; 0: free */
    uint32_t now_ms;
    uint32_t sent_ms;  /* when the last byte was taken: [MQTT-3.1.2-23] */
    uint32_t asked_ms; /* since when what is awaited is */
    struct dps_mqtt_store *store;    /* borrowed; null: QoS 0 and 1, one connection */
    struct dps_mqtt_filter *filters; /* borrowed: of the SUBSCRIBE that waits */
    struct dps_mqtt_ack ack[DPS_MQTT_ACKS]; /* in order */
    struct dps_mqtt_writer writer;
    struct dps_mqtt_reader reader; /* last: all before it begins with 0 */
};

/** Makes a session for one connection.
 *
 * `head`, `head_cap` and `payload_max` are dps_mqtt_reader_init()'s.
 * Borrows `head` as long as the session is used. */
void dps_mqtt_session_init(struct dps_mqtt_session *session, uint8_t *head,
                           size_t head_cap, uint32_t payload_max);

/** Queues CONNECT; one with a will: mqtt/will.h. Its answer is the event
 * DPS_MQTT_CONNECTED, or DPS_MQTT_CLOSED with a DPS_MQTT_ERR_REFUSED_ value.
 *
 * Borrows the strings until they are out (dps_mqtt_session_is_idle()).
 * Errors: DPS_MQTT_ERR_STATE after the first, and those of dps_mqtt_write_connect(). */
enum dps_mqtt_error dps_mqtt_session_connect(struct dps_mqtt_session *session,
                                             const struct dps_mqtt_connect *connect);

/** Queues SUBSCRIBE. Its answer is the event DPS_MQTT_SUBSCRIBED; a refused filter is
 * told by its `granted`, it does not end the connection; nor does one below or above the
 * QoS that was asked for.
 *
 * Borrows `filters` and their strings until that event, and sets `granted` there.
 * `packet_identifier` may be null.
 * Errors: DPS_MQTT_ERR_STATE, DPS_MQTT_ERR_BUSY (another packet is going out, or another
 * SUBSCRIBE or UNSUBSCRIBE waits), those of dps_mqtt_write_subscribe(). */
enum dps_mqtt_error dps_mqtt_session_subscribe(struct dps_mqtt_session *session,
                                               struct dps_mqtt_filter *filters,
                                               size_t count, uint16_t *packet_identifier);

/** Queues UNSUBSCRIBE. Its answer is the event DPS_MQTT_UNSUBSCRIBED; messages on their
 * way may still come [MQTT-3.10.4-3].
 *
 * Borrows `filters` and their strings until they are out. `packet_identifier` may be
 * null.
 * Errors: as dps_mqtt_session_subscribe(). */
enum dps_mqtt_error dps_mqtt_session_unsubscribe(struct dps_mqtt_session *session,
                                                 const struct dps_mqtt_filter *filters,
                                                 size_t count,
                                                 uint16_t *packet_identifier);

/** Queues PUBLISH of QoS 0 or 1; of QoS 2 only with a store (mqtt/delivery.h). Its answer
 * is the event DPS_MQTT_PUBLISHED; until it is told, one of QoS 0 keeps the session busy.
 *
 * Borrows topic and payload until they are out; a store may borrow them for longer.
 * `packet_identifier` may be null; 0 is told for QoS 0.
 * Errors: DPS_MQTT_ERR_STATE, DPS_MQTT_ERR_BUSY, DPS_MQTT_ERR_IN_FLIGHT_FULL,
 * DPS_MQTT_ERR_QOS_VALUE, DPS_MQTT_ERR_STORE_FULL, and those of
 * dps_mqtt_write_publish(). */
enum dps_mqtt_error dps_mqtt_session_publish(struct dps_mqtt_session *session,
                                             const struct dps_mqtt_publish *publish,
                                             uint16_t *packet_identifier);

/** Queues DISCONNECT behind what is on its way out and the acknowledgements that wait;
 * nothing follows it [MQTT-3.14.4-2]. Then the event is DPS_MQTT_CLOSED with DPS_MQTT_OK.
 * Errors: DPS_MQTT_ERR_STATE when not connected. */
enum dps_mqtt_error dps_mqtt_session_disconnect(struct dps_mqtt_session *session);

/** Takes bytes from the peer until there is one event to tell. Call it with `len` 0 too:
 * what tick, sent and end bring about is told here.
 *
 * `len` bytes at `data`, any split. Returns how many were taken: fewer only when `event`
 * tells something; offer the rest again. DPS_MQTT_OUTPUT_FIRST: all DPS_MQTT_ACKS
 * acknowledgements wait, and the next packet might need one more.
 *
 * Lends what `event->packet` points to, from the head buffer and from `data`, until the
 * next call.
 *
 * An acknowledgement is queued when the last piece of its message is told: who cannot
 * keep the message closes before the next output.
 *
 * When it is over every call says DPS_MQTT_CLOSED and takes nothing. */
size_t dps_mqtt_session_input(struct dps_mqtt_session *session, const uint8_t *data,
                              size_t len, struct dps_mqtt_event *event);

/** Ends it from outside: the connection is gone (DPS_MQTT_ERR_CLOSED), or cannot be used
 * any more. The next input says DPS_MQTT_CLOSED; the error is `error`, but DPS_MQTT_OK
 * where a DISCONNECT was queued or out, and the first one where there is one. */
void dps_mqtt_session_end(struct dps_mqtt_session *session, enum dps_mqtt_error error);

/** Lends the next bytes to send, until dps_mqtt_session_sent(); null: nothing. */
const uint8_t *dps_mqtt_session_output(struct dps_mqtt_session *session, size_t *len);

/** Moves on by the `len` bytes that were taken, at most what output lent. */
void dps_mqtt_session_sent(struct dps_mqtt_session *session, size_t len);

/** Tells the time, before the other verbs of a turn; acts on what is due. Returns the
 * milliseconds until something will be: 0 now, UINT32_MAX never.
 *
 * The peer has DPS_MQTT_ANSWER_MS for each answer; one that comes, and a request that
 * moves, begin that time anew for all that are awaited. DISCONNECT has DPS_MQTT_CLOSE_MS
 * to get out. Limits are below 2^31 ms, and so is the time between two calls. */
uint32_t dps_mqtt_session_tick(struct dps_mqtt_session *session, uint32_t now_ms);

/** Whether everything queued is out and told, and no acknowledgement waits to be sent.
 * When it is over: whether no packet was cut off. */
int dps_mqtt_session_is_idle(const struct dps_mqtt_session *session);

/** Whether a CONNECT, SUBSCRIBE, UNSUBSCRIBE or PUBLISH is still on its way out, and with
 * it what that call borrowed. Acknowledgements may wait behind it: those do not count. A
 * request that the end of the session cut off stays so. */
int dps_mqtt_session_is_sending(const struct dps_mqtt_session *session);

/** Why it ended, DPS_MQTT_OK while it has not or after DISCONNECT. `detail`, which may be
 * null, is the CONNACK return code where there is one. */
enum dps_mqtt_error dps_mqtt_session_error(const struct dps_mqtt_session *session,
                                           uint8_t *detail);

#ifdef __cplusplus
}
#endif

#endif
