/* SPDX-License-Identifier: MIT
 *
 * A packet to a line. PUBLISH: the start of its payload is gathered until the last piece,
 * then the line is printed; one that breaks off has a function of its own. The fields of
 * CONNECT, SUBSCRIBE and UNSUBSCRIBE are all read before the first one is printed. */
#include "tools/common/describe.h"

#include <string.h>

#include "mqtt/server.h"
#include "mqtt/utf8.h"
#include "tools/common/escape.h"

/* ---- Fields ------------------------------------------------------------------------ */

/* Bytes of a signature's value: up to what ends it in a token, in JSON or in a text. */
static size_t describe_signature(const uint8_t *at, size_t len)
{
    size_t n = 0;

    while (n < len && at[n] > ' ' && strchr("&\"'\\,;", at[n]) == NULL) {
        n++;
    }
    return n;
}

/* Text, with what follows each "sig=" blanked: a token may stand anywhere. */
static void describe_text(FILE *out, const uint8_t *at, size_t len)
{
    static const char name[] = "sig=";
    enum { NAME_LEN = sizeof name - 1 };
    size_t i = 0, shown = 0;

    while (len >= NAME_LEN && i <= len - NAME_LEN) {
        if (memcmp(at + i, name, NAME_LEN) != 0) {
            i++;
            continue;
        }
        escape_print(out, at + shown, i + NAME_LEN - shown);
        fputs("***", out);
        i += NAME_LEN;
        i += describe_signature(at + i, len - i);
        shown = i;
    }
    if (len > shown) {
        escape_print(out, at + shown, len - shown);
    }
}

/* A field of a packet in quotes; nothing when it is absent. */
static void describe_field(FILE *out, const char *name, struct dps_bytes field)
{
    if (field.at != NULL) {
        fprintf(out, ", %s \"", name);
        describe_text(out, field.at, field.len);
        fputc('"', out);
    }
}

/* Of a text that was cut, the bytes that are whole characters. */
static size_t describe_whole(const uint8_t *at, size_t len)
{
    size_t back;

    for (back = 1; back <= 3 && back <= len; back++) {
        if ((at[len - back] & 0xc0u) == 0xc0u) { /* a lead byte (RFC 3629 3) */
            return dps_utf8_is_well_formed(at + len - back, back) ? len : len - back;
        }
    }
    return len;
}

/* `len` bytes of a payload of `total` bytes. */
static void describe_payload(FILE *out, const char *name, const uint8_t *at, size_t len,
                             size_t total)
{
    fprintf(out, ", %s %zu %s", name, total, total == 1 ? "byte" : "bytes");
    if (len != 0) {
        fputc(' ', out);
        describe_text(out, at, len < total ? describe_whole(at, len) : len);
    }
    if (len < total) {
        fputs("...", out);
    }
}

/* ---- Packets, in the order of MQTT 3.1.1 chapter 3 --------------------------------- */

static enum dps_mqtt_error describe_connect(FILE *out, const char *before,
                                            const struct dps_mqtt_packet *packet)
{
    struct dps_mqtt_connect connect;
    struct dps_mqtt_will will;
    enum dps_mqtt_error error = dps_mqtt_read_connect(packet->body, &connect, &will);
    size_t shown = will.message.len;

    if (error != DPS_MQTT_OK) {
        return error;
    }
    if (connect.client_id.len == 0 && connect.clean_session == 0) {
        return DPS_MQTT_ERR_CLIENT_ID; /* [MQTT-3.1.3-7] */
    }
    if (shown > DESCRIBE_PAYLOAD) {
        shown = DESCRIBE_PAYLOAD;
    }
    fprintf(out, "%sCONNECT CleanSession %u, keep alive %u s", before,
            connect.clean_session, connect.keep_alive_s);
    describe_field(out, "client identifier", connect.client_id);
    if (will.topic.at != NULL) {
        fprintf(out, ", will QoS %u%s", will.qos,
                will.retain ? ", will retain" : "");
        describe_field(out, "will topic", will.topic);
        describe_payload(out, "will message", will.message.at, shown,
                         will.message.len);
    }
    describe_field(out, "user name", connect.user_name);
    fputs(connect.password.at != NULL ? ", password ***\n" : "\n", out);
    return DPS_MQTT_OK;
}

static void describe_connack(FILE *out, const struct dps_mqtt_packet *packet)
{
    /* Table 3.1 of 3.2.2.3 */
    static const char *const code[] = {
        "accepted", "unacceptable protocol version", "identifier rejected",
        "server unavailable", "bad user name or password", "not authorized",
    };
    unsigned value = packet->body.at[1];

    fprintf(out, " session present %u, return code %u (%s)", packet->body.at[0], value,
            value < sizeof code / sizeof code[0] ? code[value] : "reserved");
}

/* All but the payload. */
static void describe_publish_head(FILE *out, const char *before,
                                  const struct dps_mqtt_packet *packet)
{
    fprintf(out, "%sPUBLISH QoS %u", before,
            (unsigned)(packet->flags & DPS_MQTT_FLAG_QOS) >> DPS_MQTT_FLAG_QOS_SHIFT);
    fputs((packet->flags & DPS_MQTT_FLAG_DUP) != 0 ? ", DUP" : "", out);
    fputs((packet->flags & DPS_MQTT_FLAG_RETAIN) != 0 ? ", RETAIN" : "", out);
    if (packet->packet_identifier != 0) {
        fprintf(out, ", packet identifier %u", packet->packet_identifier);
    }
    describe_field(out, "topic", packet->topic);
}

/* Keeps the start of the payload; prints with the last piece. */
static void describe_publish(struct describe *d, FILE *out, const char *before,
                             const struct dps_mqtt_packet *packet)
{
    size_t n = packet->body.len;

    if (packet->offset == 0) {
        d->start_len = 0;
    }
    if (n > DESCRIBE_PAYLOAD - d->start_len) {
        n = DESCRIBE_PAYLOAD - d->start_len;
    }
    if (n != 0) {
        memcpy(d->start + d->start_len, packet->body.at, n);
        d->start_len += n;
    }
    if (!packet->last) {
        return;
    }
    describe_publish_head(out, before, packet);
    describe_payload(out, "payload", d->start, d->start_len, packet->total);
    fputc('\n', out);
}

static enum dps_mqtt_error describe_subscribe(FILE *out, const char *before,
                                              const struct dps_mqtt_packet *packet)
{
    struct dps_bytes rest = packet->body;
    struct dps_mqtt_filter filter;
    enum dps_mqtt_error error;

    do {
        error = dps_mqtt_read_filter(&rest, &filter);
        if (error != DPS_MQTT_OK) {
            return error;
        }
    } while (rest.len != 0);
    fprintf(out, "%sSUBSCRIBE packet identifier %u", before, packet->packet_identifier);
    for (rest = packet->body; rest.len != 0;) {
        (void)dps_mqtt_read_filter(&rest, &filter); /* all of them were read above */
        describe_field(out, "topic filter", filter.topic_filter);
        fprintf(out, " QoS %u", filter.qos);
    }
    fputc('\n', out);
    return DPS_MQTT_OK;
}

static void describe_suback(FILE *out, const struct dps_mqtt_packet *packet)
{
    size_t i;

    fprintf(out, " packet identifier %u", packet->packet_identifier);
    for (i = 0; i < packet->body.len; i++) {
        if (packet->body.at[i] == DPS_MQTT_SUBACK_FAILURE) {
            fputs(", failure", out);
        } else {
            fprintf(out, ", granted QoS %u", packet->body.at[i]);
        }
    }
}

static enum dps_mqtt_error describe_unsubscribe(FILE *out, const char *before,
                                                const struct dps_mqtt_packet *packet)
{
    struct dps_bytes rest = packet->body, topic_filter;
    enum dps_mqtt_error error;

    do {
        error = dps_mqtt_read_topic_filter(&rest, &topic_filter);
        if (error != DPS_MQTT_OK) {
            return error;
        }
    } while (rest.len != 0);
    fprintf(out, "%sUNSUBSCRIBE packet identifier %u", before, packet->packet_identifier);
    for (rest = packet->body; rest.len != 0;) {
        (void)dps_mqtt_read_topic_filter(&rest, &topic_filter); /* as above */
        describe_field(out, "topic filter", topic_filter);
    }
    fputc('\n', out);
    return DPS_MQTT_OK;
}

/* ---- Packets without an end -------------------------------------------------------- */

/* Bytes of the fixed header (2.2), 0: not all of them are there; `remaining` gets the
 * remaining length. */
static size_t describe_fixed_header(const uint8_t *start, size_t len, size_t *remaining)
{
    size_t i;

    *remaining = 0;
    for (i = 1; i < len && i <= 4; i++) {
        *remaining |= (size_t)(start[i] & 0x7fu) << 7 * (i - 1);
        if ((start[i] & 0x80u) == 0) {
            return i + 1;
        }
    }
    return 0;
}

/* A PUBLISH (3.3): `len` bytes behind the fixed header are there, of `remaining`. */
static void describe_unfinished_publish(FILE *out, const char *before, unsigned flags,
                                        const uint8_t *at, size_t len, size_t remaining)
{
    struct dps_mqtt_packet packet;
    size_t topic_len = len < 2 ? 0 : (size_t)at[0] << 8 | at[1];
    size_t around = 2 + topic_len + ((flags & DPS_MQTT_FLAG_QOS) != 0 ? 2 : 0);
    size_t shown;

    memset(&packet, 0, sizeof packet);
    packet.flags = (uint8_t)flags;
    if (len > 2) {
        packet.topic.at = at + 2;
        packet.topic.len =
            topic_len <= len - 2 ? topic_len : describe_whole(at + 2, len - 2);
    }
    if (len < around || remaining < around) {
        describe_publish_head(out, before, &packet);
        return;
    }
    if (around > 2 + topic_len) {
        packet.packet_identifier =
            (uint16_t)((unsigned)at[around - 2] << 8 | at[around - 1]);
    }
    describe_publish_head(out, before, &packet);
    shown = len - around < DESCRIBE_PAYLOAD ? len - around : DESCRIBE_PAYLOAD;
    describe_payload(out, "payload", at + around, shown, remaining - around);
}

void describe_unfinished(FILE *out, const char *before, const uint8_t *start,
                         size_t start_len, size_t seen, enum dps_mqtt_error error)
{
    unsigned type = (unsigned)start[0] >> 4;
    const char *name = dps_mqtt_packet_name(type);
    const char *rule = dps_mqtt_error_rule(error);
    size_t remaining, header = describe_fixed_header(start, start_len, &remaining);

    if (type == DPS_MQTT_PUBLISH) {
        describe_unfinished_publish(out, before, start[0] & 0x0fu, start + header,
                                    header == 0 ? 0 : start_len - header, remaining);
    } else if (name[0] != '\0') {
        fprintf(out, "%s%s", before, name);
    } else {
        fprintf(out, "%spacket type %u", before, type);
    }
    fprintf(out, ", %s after %zu", error == DPS_MQTT_OK ? "cut" : "refused", seen);
    if (header != 0) {
        fprintf(out, " of %zu", header + remaining);
    }
    fputs(" bytes", out);
    if (error != DPS_MQTT_OK) {
        fprintf(out, ": %s", dps_mqtt_error_text(error));
    }
    if (rule[0] != '\0') {
        fprintf(out, " (%s)", rule);
    }
    fputc('\n', out);
}

/* ---- The verbs --------------------------------------------------------------------- */

void describe_init(struct describe *d)
{
    d->start_len = 0;
}

enum dps_mqtt_error describe_packet(struct describe *d, FILE *out, const char *before,
                                    const struct dps_mqtt_packet *packet)
{
    switch (packet->type) {
    case DPS_MQTT_NONE:
        return DPS_MQTT_OK;
    case DPS_MQTT_CONNECT:
        return describe_connect(out, before, packet);
    case DPS_MQTT_PUBLISH:
        describe_publish(d, out, before, packet);
        return DPS_MQTT_OK;
    case DPS_MQTT_SUBSCRIBE:
        return describe_subscribe(out, before, packet);
    case DPS_MQTT_UNSUBSCRIBE:
        return describe_unsubscribe(out, before, packet);
    default:
        break;
    }
    fprintf(out, "%s%s", before, dps_mqtt_packet_name(packet->type));
    if (packet->type == DPS_MQTT_CONNACK) {
        describe_connack(out, packet);
    } else if (packet->type == DPS_MQTT_SUBACK) {
        describe_suback(out, packet);
    } else if (packet->packet_identifier != 0) {
        fprintf(out, " packet identifier %u", packet->packet_identifier);
    }
    fputc('\n', out);
    return DPS_MQTT_OK;
}
