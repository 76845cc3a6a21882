/* SPDX-License-Identifier: MIT
 *
 * dps decode: MQTT packets on standard input, a line each on standard output. A byte goes
 * through the hex decoder, where it is hex, into a reader, whose packets
 * tools/common/describe.c prints. Nothing is kept but the head of one packet, so payloads
 * may be of any size. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "mqtt/reader.h"
#include "tools/common/describe.h"
#include "tools/common/options.h"
#include "tools/dps/command.h"
#include "tools/dps/signals.h"

enum { DECODE_HEX, DECODE_BINARY, DECODE_FROM, DECODE_OPTIONS };

static const struct option_spec decode_spec[DECODE_OPTIONS] = {
    { "hex", NULL, "the input is hex, blanks and line ends between bytes" },
    { "binary", NULL, "the input is the bytes themselves" },
    { "from", "client|server", "refuses what that side may not send" },
};

enum {
    DECODE_HEAD = 512 * 1024, /* the longest CONNECT has 327,695 bytes */
    DECODE_CHUNK = 64 * 1024,
    DECODE_LOOK = 4 /* bytes that tell hex from binary, see decode_looks_hex() */
};

struct decode {
    struct dps_mqtt_reader reader;
    struct describe describe;
    unsigned long long offset; /* bytes of MQTT taken */
    int is_hex;
    int half;                  /* a hex digit that waits for its second one, or -1 */
};

/* ---- Hex --------------------------------------------------------------------------- */

/* 0 to 15, or -1. */
static int decode_digit(uint8_t c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = c == 0 ? NULL : strchr(digits, c >= 'A' && c <= 'F' ? c + 32 : c);

    return at == NULL ? -1 : (int)(at - digits);
}

static int decode_is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Whether the input is hex, by its first bytes. No MQTT packet begins with four bytes
 * that are all hex digits, blanks or line ends: of the first bytes that are, only CONNACK
 * (' '), PUBLISH ('0' to '9') and PUBREL ('b') exist. The second byte of CONNACK and
 * PUBREL is 2. A PUBLISH whose remaining length is such a byte has at most 102 bytes to
 * come, so the third, the high byte of its topic length, is 0. */
static int decode_looks_hex(const uint8_t *data, size_t len)
{
    size_t i;

    for (i = 0; i < len && i < DECODE_LOOK; i++) {
        if (decode_digit(data[i]) < 0 && !decode_is_blank(data[i])) {
            return 0;
        }
    }
    return 1;
}

/* Turns hex into bytes in place; returns how many, or -1: it is not hex. */
static long decode_hex(struct decode *d, uint8_t *data, size_t len)
{
    size_t i;
    long n = 0;

    for (i = 0; i < len; i++) {
        int digit = decode_digit(data[i]);

        if (digit < 0 && (d->half >= 0 || !decode_is_blank(data[i]))) {
            return -1;
        }
        if (digit < 0) {
            continue;
        }
        if (d->half < 0) {
            d->half = digit;
        } else {
            data[n++] = (uint8_t)(d->half << 4 | digit);
            d->half = -1;
        }
    }
    return n;
}

/* ---- Packets ----------------------------------------------------------------------- */

/* Says on both streams which rule is broken, and where. */
static int decode_broken(const struct decode *d, enum dps_mqtt_error error)
{
    const char *rule = dps_mqtt_error_rule(error);

    printf("refused at byte %llu: %s%s%s\n", d->offset, rule, rule[0] != '\0' ? ": " : "",
           dps_mqtt_error_text(error));
    fprintf(stderr, "dps decode: refused at byte %llu%s%s\n", d->offset,
            rule[0] != '\0' ? ": " : "", rule);
    return COMMAND_MQTT;
}

/* Takes MQTT bytes; returns the exit status. */
static int decode_bytes(struct decode *d, const uint8_t *data, size_t len)
{
    struct dps_mqtt_packet packet;
    enum dps_mqtt_error error;

    while (len != 0) {
        size_t taken = dps_mqtt_reader_input(&d->reader, data, len, &packet);

        d->offset += taken;
        data += taken;
        len -= taken;
        error = dps_mqtt_reader_error(&d->reader);
        if (error == DPS_MQTT_OK) {
            error = describe_packet(&d->describe, stdout, "", &packet);
        }
        if (error != DPS_MQTT_OK) {
            return decode_broken(d, error);
        }
    }
    return COMMAND_DONE;
}

/* Takes input as it came. */
static int decode_input(struct decode *d, uint8_t *data, size_t len)
{
    long n = (long)len; /* DECODE_CHUNK at most */

    if (d->is_hex) {
        n = decode_hex(d, data, len);
    }
    if (n < 0) {
        return command_refuse(&command_decode, "the input is not hex: two digits a byte, "
                                               "blanks and line ends between bytes");
    }
    return decode_bytes(d, data, (size_t)n);
}

/* The input is over. */
static int decode_end(const struct decode *d)
{
    if (d->half >= 0) {
        return command_refuse(&command_decode,
                              "the input is not hex: it ends inside a byte");
    }
    if (!dps_mqtt_reader_is_between_packets(&d->reader)) {
        printf("cut at byte %llu: MQTT 2.2.3: the input ends before the packet does\n",
               d->offset);
        fprintf(stderr, "dps decode: cut at byte %llu: MQTT 2.2.3\n", d->offset);
        return COMMAND_MQTT;
    }
    return COMMAND_DONE;
}

/* Reads at least the bytes that tell hex from binary, where there are as many. */
static long decode_read(uint8_t *data, size_t at_least)
{
    size_t len = 0;

    do {
        ssize_t n = read(STDIN_FILENO, data + len, DECODE_CHUNK - len);

        if (n < 0) {
            return -1;
        }
        if (n == 0) {
            break;
        }
        len += (size_t)n;
    } while (len < at_least);
    return (long)len;
}

static int decode_all(struct decode *d, int is_told)
{
    static uint8_t data[DECODE_CHUNK];
    size_t at_least = DECODE_LOOK;
    int status;
    long n;

    for (;;) {
        n = decode_read(data, at_least);
        if (n < 0 && signals_caught()) {
            return COMMAND_DONE; /* main knows */
        }
        if (n < 0) {
            return command_refuse(&command_decode, strerror(errno));
        }
        if (n == 0) {
            return decode_end(d);
        }
        if (at_least != 0 && !is_told) {
            d->is_hex = decode_looks_hex(data, (size_t)n);
        }
        at_least = 0;
        status = decode_input(d, data, (size_t)n);
        if (status != COMMAND_DONE) {
            return status;
        }
        if (fflush(stdout) != 0) { /* who watches a pipe sees each packet when it comes */
            return COMMAND_INTERNAL;
        }
    }
}

static int decode_run(const char *const value[])
{
    static uint8_t head[DECODE_HEAD];
    enum dps_mqtt_role role = DPS_MQTT_EITHER;
    struct decode d;

    if (value[DECODE_HEX] != NULL && value[DECODE_BINARY] != NULL) {
        return command_refuse(&command_decode, "--hex and --binary: give one of them");
    }
    if (value[DECODE_FROM] != NULL) {
        if (strcmp(value[DECODE_FROM], "client") == 0) {
            role = DPS_MQTT_SERVER; /* who reads what a client sent */
        } else if (strcmp(value[DECODE_FROM], "server") == 0) {
            role = DPS_MQTT_CLIENT;
        } else {
            return command_refuse(&command_decode, "--from: client or server");
        }
    }
    dps_mqtt_reader_init(&d.reader, role, head, sizeof head, 0);
    describe_init(&d.describe);
    d.offset = 0;
    d.half = -1;
    d.is_hex = value[DECODE_HEX] != NULL;
    return decode_all(&d, value[DECODE_HEX] != NULL || value[DECODE_BINARY] != NULL);
}

const struct command command_decode = {
    "decode",
    "prints MQTT packets, a line each",
    "[OPTIONS] <FILE",
    "Prints the MQTT 3.1.1 packets on standard input, hex or binary, a line each. Stops\n"
    "at the first one that breaks a rule, and names the rule and the last byte read.\n"
    "Each is looked at by itself, not what only their order can break.",
    decode_spec, DECODE_OPTIONS, decode_run, NULL,
};
