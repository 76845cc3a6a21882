/* SPDX-License-Identifier: MIT
 *
 * What only this room's files share. No public header includes it. */
#ifndef DPS_MQTT_INNER_H
#define DPS_MQTT_INNER_H

#include "mqtt/reader.h"
#include "mqtt/session.h"
#include "mqtt/writer.h"

/** What a field is, and with it which rules it must keep. */
enum dps_mqtt_text_kind {
    DPS_MQTT_TEXT_BINARY,      /* none */
    DPS_MQTT_TEXT_STRING,      /* 1.5.3 */
    DPS_MQTT_TEXT_TOPIC_NAME,  /* 4.7: not empty, no wildcard */
    DPS_MQTT_TEXT_TOPIC_FILTER /* 4.7.1: not empty, wildcards where they may stand */
};

/** The first rule that the text breaks: DPS_MQTT_OK, or the value in 32..95 for what a
 * peer sent, DPS_MQTT_ERR_FIELD_LENGTH where two bytes cannot hold the length (of any
 * kind of field). That of our own text lies DPS_MQTT_TEXT_OWN below it. */
enum dps_mqtt_error dps_mqtt_text_check(const uint8_t *text, size_t len,
                                        enum dps_mqtt_text_kind kind);

/* These values stand in both ranges in the same order. */
enum { DPS_MQTT_TEXT_OWN = DPS_MQTT_ERR_UTF8 - DPS_MQTT_ERR_STRING_UTF8 };

/** 3.1.2.3: the bits of the Connect Flags, and their place among the bytes that the
 * writer makes. */
enum {
    DPS_MQTT_CONNECT_FLAGS = DPS_MQTT_FIXED_HEADER + 7,
    DPS_MQTT_CONNECT_CLEAN_SESSION = 0x02,
    DPS_MQTT_CONNECT_WILL = 0x04,
    DPS_MQTT_CONNECT_WILL_QOS_SHIFT = 3,
    DPS_MQTT_CONNECT_WILL_RETAIN = 0x20,
    DPS_MQTT_CONNECT_PASSWORD = 0x40,
    DPS_MQTT_CONNECT_USER_NAME = 0x80
};

/** A CONNECT in two halves [MQTT-3.1.3-1]: up to the client identifier, and from the user
 * name on. A will stands between them. */
void dps_mqtt_connect_begin(struct dps_mqtt_writer *writer,
                            const struct dps_mqtt_connect *connect);
enum dps_mqtt_error dps_mqtt_connect_end(struct dps_mqtt_writer *writer,
                                         const struct dps_mqtt_connect *connect);

/** Puts a string with its length (1.5.3), and checks it. */
void dps_mqtt_writer_string(struct dps_mqtt_writer *writer,
                            const struct dps_bytes *string,
                            enum dps_mqtt_text_kind kind);

/** Where a reader stands, in wire order. Behind the fixed header it gathers the head
 * until `payload_total` bytes are left; then it tells. */
enum dps_mqtt_reader_state {
    DPS_MQTT_READER_FIRST,  /* between packets */
    DPS_MQTT_READER_LENGTH, /* the remaining length; one more for each bit known of it */
    DPS_MQTT_READER_BODY = DPS_MQTT_READER_LENGTH + 4 * 7
};

/** Takes a byte of anything but a payload. Returns DPS_MQTT_OK, or the value in 32..95 of
 * the rule that it breaks: then the reader has failed. */
enum dps_mqtt_error dps_mqtt_head_byte(struct dps_mqtt_reader *reader, uint8_t byte);

/** Where a session stands, in an order that makes questions comparisons: above ENDED
 * bytes pass, above CONNECTED something is awaited whatever else is, from CONNECTING on
 * it is CONNACK. */
enum dps_mqtt_session_state {
    DPS_MQTT_SESSION_NEW, /* CONNECT not yet queued */
    DPS_MQTT_SESSION_ENDED,
    DPS_MQTT_SESSION_CONNECTED,
    DPS_MQTT_SESSION_DISCONNECTING,   /* DISCONNECT is to go out */
    DPS_MQTT_SESSION_CONNECTING,      /* CONNECT queued or out, no CONNACK yet */
    DPS_MQTT_SESSION_CONNECTING_CLEAN /* the same, with CleanSession 1 */
};

/** What its writer holds: one of these, or the first byte of an acknowledgement, ack[0],
 * which stays there until it is out, of PINGREQ or DISCONNECT. */
enum dps_mqtt_writing {
    DPS_MQTT_WRITING_NOTHING,
    DPS_MQTT_WRITING_RESEND,  /* nothing yet: what was kept goes out next */
    DPS_MQTT_WRITING_REQUEST, /* it will be answered: all but a PUBLISH of QoS 0 */
    DPS_MQTT_WRITING_QOS_0,   /* such a PUBLISH */
    DPS_MQTT_WRITING_QOS_0_OUT /* nothing: it is out and not yet told */
};

/** A PUBLISH's QoS, in its first byte; QoS 3 does not get past the reader. */
enum {
    DPS_MQTT_FLAG_QOS_1 = 1 << DPS_MQTT_FLAG_QOS_SHIFT,
    DPS_MQTT_FLAG_QOS_2 = 2 << DPS_MQTT_FLAG_QOS_SHIFT
};

/** What mqtt/delivery.c adds to a session that has a store. */
struct dps_mqtt_delivery {
    /* In the place of dps_mqtt_session_packet(). */
    enum dps_mqtt_error (*packet)(struct dps_mqtt_session *, struct dps_mqtt_event *);
    /* A message is in the writer, its identifier in `slot`; an error has undone both. */
    enum dps_mqtt_error (*keep)(struct dps_mqtt_session *,
                                const struct dps_mqtt_publish *, uint16_t *slot);
    /* The writer is empty. 1: not any more, or the session has ended. */
    int (*next)(struct dps_mqtt_session *);
};

/** Checks a packet that came against what is awaited: an event, an acknowledgement to
 * send, or the error that ends the session. */
enum dps_mqtt_error dps_mqtt_session_packet(struct dps_mqtt_session *session,
                                            struct dps_mqtt_event *event);

/** Where `identifier` is in flight, 0 finds a free place; null: nowhere. */
uint16_t *dps_mqtt_session_slot(struct dps_mqtt_session *session, uint16_t identifier);

/** Moves on to the next identifier that is free. */
void dps_mqtt_session_next_identifier(struct dps_mqtt_session *session);

/** Whether the request of this identifier is still on its way out: nothing answers it. */
static inline int dps_mqtt_session_is_unsent(const struct dps_mqtt_session *session,
                                             uint16_t identifier)
{
    return session->writing == DPS_MQTT_WRITING_REQUEST
           && session->identifier == identifier;
}

/** Queues an acknowledgement; input saw to it that a slot is free. */
void dps_mqtt_session_acknowledge(struct dps_mqtt_session *session, uint8_t first,
                                  uint16_t identifier);

/** Whether a request may go into the writer, in this state of the session. */
enum dps_mqtt_error dps_mqtt_session_may(const struct dps_mqtt_session *session,
                                         unsigned state);

/** The last part of a connect: `error` is what became of the first ones. */
enum dps_mqtt_error dps_mqtt_session_connecting(struct dps_mqtt_session *session,
                                                const struct dps_mqtt_connect *connect,
                                                enum dps_mqtt_error error);

#endif
