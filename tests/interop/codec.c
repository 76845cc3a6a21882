/* SPDX-License-Identifier: MIT
 *
 * Our reader and writers as a filter, to be compared with another codec's: a line in, a
 * line out, until standard input ends.
 *
 *     codec decode    a packet's bytes in hexadecimal -> its fields
 *     codec encode    its fields -> its bytes
 *
 * The fields are words in a fixed order. Numbers are decimal. A string is `x` and its bytes
 * in hexadecimal; `-` is one that is absent.
 *
 *     CONNECT clean-session keep-alive client-id user-name password
 *             will-topic will-message will-qos will-retain
 *     CONNACK session-present code
 *     PUBLISH dup qos retain id topic payload
 *     SUBSCRIBE id filter qos ...        SUBACK id code ...
 *     UNSUBSCRIBE id filter ...          PUBACK id, and so on; PINGREQ, and so on
 *
 * A packet that is refused is the line `refused`, and why. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mqtt/reader.h"
#include "mqtt/server.h"
#include "mqtt/will.h"
#include "mqtt/writer.h"

enum { BYTES_MAX = 3 << 20, HEAD_MAX = 1 << 20, FILTERS_MAX = 16, WORDS_MAX = 40 };

static const char digits[] = "0123456789abcdef";

/* ---- Words ------------------------------------------------------------------------- */

static void print_hex(struct dps_bytes bytes)
{
    size_t i;

    for (i = 0; i < bytes.len; i++) {
        putchar(digits[bytes.at[i] >> 4]);
        putchar(digits[bytes.at[i] & 15]);
    }
}

static void print_string(struct dps_bytes string)
{
    fputs(string.at == NULL ? " -" : " x", stdout);
    print_hex(string);
}

/* Bytes of a line of hexadecimal, put at `out`. */
static struct dps_bytes hex_bytes(const char *hex, uint8_t *out)
{
    struct dps_bytes bytes = { out, 0 };

    while (hex[0] != '\0' && hex[1] != '\0') {
        const char *high = strchr(digits, hex[0]), *low = strchr(digits, hex[1]);

        if (high == NULL || low == NULL) {
            break;
        }
        out[bytes.len++] = (uint8_t)((high - digits) << 4 | (low - digits));
        hex += 2;
    }
    return bytes;
}

/* The words of a line, taken one after the other. */
static char *words[WORDS_MAX];
static size_t word, word_count;
static uint8_t strings[BYTES_MAX]; /* of the words, `strings_len` of them taken */
static size_t strings_len;

static void split(char *line)
{
    word = 0;
    word_count = 0;
    strings_len = 0;
    while (word_count < WORDS_MAX
           && (words[word_count] = strtok(word_count == 0 ? line : NULL, " \n")) != NULL) {
        word_count++;
    }
}

static const char *take_word(void)
{
    return word < word_count ? words[word++] : "-";
}

static uint16_t take_number(void)
{
    return (uint16_t)atoi(take_word());
}

static struct dps_bytes take_string(void)
{
    const char *text = take_word();
    struct dps_bytes string = { NULL, 0 };

    if (text[0] == 'x') {
        string = hex_bytes(text + 1, strings + strings_len);
        strings_len += string.len;
    }
    return string;
}

/* ---- Decode ------------------------------------------------------------------------ */

static enum dps_mqtt_error print_connect(struct dps_bytes body)
{
    struct dps_mqtt_connect connect;
    struct dps_mqtt_will will;
    enum dps_mqtt_error error = dps_mqtt_read_connect(body, &connect, &will);

    if (error == DPS_MQTT_OK) {
        printf(" %u %u", connect.clean_session, connect.keep_alive_s);
        print_string(connect.client_id);
        print_string(connect.user_name);
        print_string(connect.password);
        print_string(will.topic);
        print_string(will.message);
        printf(" %u %u", will.qos, will.retain);
    }
    return error;
}

static enum dps_mqtt_error print_filters(struct dps_bytes rest)
{
    enum dps_mqtt_error error;
    struct dps_mqtt_filter filter;

    do {
        error = dps_mqtt_read_filter(&rest, &filter);
        if (error == DPS_MQTT_OK) {
            print_string(filter.topic_filter);
            printf(" %u", filter.qos);
        }
    } while (error == DPS_MQTT_OK && rest.len != 0);
    return error;
}

static enum dps_mqtt_error print_topic_filters(struct dps_bytes rest)
{
    enum dps_mqtt_error error;
    struct dps_bytes topic_filter;

    do {
        error = dps_mqtt_read_topic_filter(&rest, &topic_filter);
        if (error == DPS_MQTT_OK) {
            print_string(topic_filter);
        }
    } while (error == DPS_MQTT_OK && rest.len != 0);
    return error;
}

static void print_publish(const struct dps_mqtt_packet *packet)
{
    if (packet->offset == 0) {
        printf(" %d %d %d %u", (packet->flags & DPS_MQTT_FLAG_DUP) != 0,
               (packet->flags & DPS_MQTT_FLAG_QOS) >> DPS_MQTT_FLAG_QOS_SHIFT,
               packet->flags & DPS_MQTT_FLAG_RETAIN, packet->packet_identifier);
        print_string(packet->topic);
        fputs(" x", stdout);
    }
    print_hex(packet->body);
}

static enum dps_mqtt_error print_packet(const struct dps_mqtt_packet *packet)
{
    size_t i;

    if (packet->offset == 0) {
        fputs(dps_mqtt_packet_name(packet->type), stdout);
    }
    if (packet->type == DPS_MQTT_PUBLISH) {
        print_publish(packet);
        return DPS_MQTT_OK;
    }
    if (packet->packet_identifier != 0) {
        printf(" %u", packet->packet_identifier);
    }
    switch (packet->type) {
    case DPS_MQTT_CONNECT:
        return print_connect(packet->body);
    case DPS_MQTT_SUBSCRIBE:
        return print_filters(packet->body);
    case DPS_MQTT_UNSUBSCRIBE:
        return print_topic_filters(packet->body);
    default: /* CONNACK's two bytes, SUBACK's codes, or nothing */
        for (i = 0; i < packet->body.len; i++) {
            printf(" %u", packet->body.at[i]);
        }
        return DPS_MQTT_OK;
    }
}

static enum dps_mqtt_error decode(char *line)
{
    static uint8_t wire[BYTES_MAX], head[HEAD_MAX];
    struct dps_mqtt_reader reader;
    struct dps_bytes left = hex_bytes(line, wire);
    enum dps_mqtt_error error = DPS_MQTT_OK;

    dps_mqtt_reader_init(&reader, DPS_MQTT_EITHER, head, sizeof head, 0);
    while (left.len != 0 && error == DPS_MQTT_OK) {
        struct dps_mqtt_packet packet;
        size_t taken = dps_mqtt_reader_input(&reader, left.at, left.len, &packet);

        left.at += taken;
        left.len -= taken;
        error = dps_mqtt_reader_error(&reader);
        if (packet.type != DPS_MQTT_NONE) {
            error = print_packet(&packet);
        }
    }
    if (!dps_mqtt_reader_is_between_packets(&reader)) {
        fputs(" unfinished", stdout);
    }
    return error;
}

/* ---- Encode ------------------------------------------------------------------------ */

static enum dps_mqtt_error write_connect(struct dps_mqtt_writer *writer)
{
    struct dps_mqtt_connect connect;
    struct dps_mqtt_will will;

    connect.clean_session = (uint8_t)take_number();
    connect.keep_alive_s = take_number();
    connect.client_id = take_string();
    connect.user_name = take_string();
    connect.password = take_string();
    will.topic = take_string();
    will.message = take_string();
    will.qos = (uint8_t)take_number();
    will.retain = (uint8_t)take_number();
    if (will.topic.at == NULL) {
        return dps_mqtt_write_connect(writer, &connect);
    }
    return dps_mqtt_write_connect_with_will(writer, &connect, &will);
}

static enum dps_mqtt_error write_publish(struct dps_mqtt_writer *writer)
{
    struct dps_mqtt_publish publish = { .qos = 0 };
    const int dup = take_number();
    uint16_t identifier;

    publish.qos = (uint8_t)take_number();
    publish.retain = (uint8_t)take_number();
    identifier = take_number();
    publish.topic = take_string();
    publish.payload[0] = take_string();
    return dps_mqtt_write_publish(writer, &publish, dup, identifier);
}

static enum dps_mqtt_error write_filters(struct dps_mqtt_writer *writer,
                                         enum dps_mqtt_packet_type type)
{
    static struct dps_mqtt_filter filters[FILTERS_MAX];
    const uint16_t identifier = take_number();
    size_t count = 0;

    while (word < word_count && count < FILTERS_MAX) {
        filters[count].topic_filter = take_string();
        filters[count++].qos = type == DPS_MQTT_SUBSCRIBE ? (uint8_t)take_number() : 0;
    }
    return dps_mqtt_write_filters(writer, type, filters, count, identifier);
}

static void write_suback(struct dps_mqtt_writer *writer)
{
    static uint8_t codes[FILTERS_MAX];
    const uint16_t identifier = take_number();
    struct dps_bytes all = { codes, 0 };

    while (word < word_count && all.len < FILTERS_MAX) {
        codes[all.len++] = (uint8_t)take_number();
    }
    dps_mqtt_write_suback(writer, all, identifier);
}

static enum dps_mqtt_error write_packet(struct dps_mqtt_writer *writer, unsigned type)
{
    int session_present;

    switch (type) {
    case DPS_MQTT_CONNECT:
        return write_connect(writer);
    case DPS_MQTT_CONNACK:
        session_present = take_number();
        dps_mqtt_write_connack(writer, session_present, (uint8_t)take_number());
        break;
    case DPS_MQTT_PUBLISH:
        return write_publish(writer);
    case DPS_MQTT_PUBACK:
        dps_mqtt_write_puback(writer, take_number());
        break;
    case DPS_MQTT_PUBREC:
        dps_mqtt_write_pubrec(writer, take_number());
        break;
    case DPS_MQTT_PUBREL:
        dps_mqtt_write_pubrel(writer, take_number());
        break;
    case DPS_MQTT_PUBCOMP:
        dps_mqtt_write_pubcomp(writer, take_number());
        break;
    case DPS_MQTT_SUBSCRIBE:
    case DPS_MQTT_UNSUBSCRIBE:
        return write_filters(writer, (enum dps_mqtt_packet_type)type);
    case DPS_MQTT_SUBACK:
        write_suback(writer);
        break;
    case DPS_MQTT_UNSUBACK:
        dps_mqtt_write_unsuback(writer, take_number());
        break;
    case DPS_MQTT_PINGREQ:
        dps_mqtt_write_pingreq(writer);
        break;
    case DPS_MQTT_PINGRESP:
        dps_mqtt_write_pingresp(writer);
        break;
    case DPS_MQTT_DISCONNECT:
        dps_mqtt_write_disconnect(writer);
        break;
    default:
        return DPS_MQTT_ERR_PACKET_TYPE;
    }
    return DPS_MQTT_OK;
}

static enum dps_mqtt_error encode(char *line)
{
    struct dps_mqtt_writer writer;
    struct dps_bytes piece;
    enum dps_mqtt_error error;
    const char *name;
    unsigned type = 0;

    split(line);
    name = take_word();
    do {
        type++;
    } while (type <= DPS_MQTT_DISCONNECT && strcmp(name, dps_mqtt_packet_name(type)) != 0);
    dps_mqtt_writer_init(&writer);
    error = write_packet(&writer, type);
    while ((piece.at = dps_mqtt_writer_output(&writer, &piece.len)) != NULL) {
        print_hex(piece);
        dps_mqtt_writer_sent(&writer, piece.len);
    }
    return error;
}

int main(int argc, char **argv)
{
    char *line = NULL;
    size_t cap = 0;

    if (argc != 2 || (strcmp(argv[1], "decode") != 0 && strcmp(argv[1], "encode") != 0)) {
        fputs("codec decode|encode\n", stderr);
        return 2;
    }
    while (getline(&line, &cap, stdin) > 0) {
        enum dps_mqtt_error error = argv[1][0] == 'd' ? decode(line) : encode(line);

        if (error != DPS_MQTT_OK) {
            printf("refused: %s", dps_mqtt_error_text(error));
        }
        putchar('\n');
    }
    free(line);
    return 0;
}
