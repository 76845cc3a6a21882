/* SPDX-License-Identifier: MIT
 *
 * A client of our own rooms that does what it is told, a line at a time: the tests that
 * tell it are in Python. It keeps its store over its connections, so that a session
 * outlives a broker. The Makefile builds it twice: with the library, which has one message
 * in flight, and as broker_client_8.
 *
 *     broker_client POOL [CA.pem]     payloads are pieces of the file POOL; with a CA: TLS
 *
 *     will TOPIC QOS RETAIN START LENGTH    for all that connect after it
 *     connect PORT CLIENT-ID CLEAN-SESSION  then: connected SESSION-PRESENT
 *     subscribe FILTER QOS ...              then: subscribed GRANTED ...
 *     unsubscribe FILTER ...                then: unsubscribed
 *     publish TOPIC QOS RETAIN START LENGTH then: published, at its PUBACK or PUBCOMP
 *     disconnect                            then: closed
 *
 * publish only queues the message: it goes out as soon as it may, on this connection or a
 * later one. What comes is told as
 *
 *     message TOPIC QOS RETAIN DUP LENGTH SHA-256
 *
 * `closed LAYER ERROR` is a connection that failed, `refused WHY` a call. The end of
 * standard input ends the program, without a DISCONNECT. */
#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "mqtt/client.h"
#include "mqtt/memory.h"
#include "mqtt/will.h"
#include "tls/anchors.h"
#include "tls/profile.h"
#include "tls/tcp.h"
#include "tls/tls.h"

enum { MESSAGES = 12000, FILTERS = 8, WORDS = 2 * FILTERS + 2, TEXT_MAX = 64 };

/* A message that waits for its turn, or for its acknowledgement. */
struct queued {
    char topic[TEXT_MAX];
    struct dps_mqtt_publish publish;
};

static uint8_t pool[1 << 19];
static size_t pool_len;
static struct queued queue[MESSAGES];
static unsigned queued, asked; /* messages: asked <= queued <= MESSAGES */

static struct dps_mqtt_kept entries[64];
static struct dps_mqtt_memory store;
static char client_id[TEXT_MAX], will_topic[TEXT_MAX], filter_text[FILTERS][TEXT_MAX];
static struct dps_mqtt_will will;
static struct dps_mqtt_filter filters[FILTERS];
static size_t filter_count;

static struct dps_mqtt_client client;
static struct dps_tcp tcp;
static struct dps_tls tls;
static struct dps_tls_config secure;
static int is_up; /* from connect to DPS_MQTT_CLOSED */
static br_sha256_context digest;

/* ---- What is told ------------------------------------------------------------------ */

static void tell_message(const struct dps_mqtt_packet *packet)
{
    uint8_t sum[br_sha256_SIZE];
    size_t i;

    if (packet->offset == 0) {
        br_sha256_init(&digest);
    }
    br_sha256_update(&digest, packet->body.at, packet->body.len);
    if (!packet->last) {
        return;
    }
    br_sha256_out(&digest, sum);
    printf("message %.*s %d %d %d %lu ", (int)packet->topic.len,
           (const char *)packet->topic.at,
           (packet->flags & DPS_MQTT_FLAG_QOS) >> DPS_MQTT_FLAG_QOS_SHIFT,
           (packet->flags & DPS_MQTT_FLAG_RETAIN) != 0,
           (packet->flags & DPS_MQTT_FLAG_DUP) != 0, (unsigned long)packet->total);
    for (i = 0; i < sizeof sum; i++) {
        printf("%02x", sum[i]);
    }
    putchar('\n');
}

static void tell_granted(void)
{
    size_t i;

    printf("subscribed");
    for (i = 0; i < filter_count; i++) {
        printf(" %u", filters[i].granted);
    }
    putchar('\n');
}

static void tell_closed(void)
{
    const struct dps_failure *failure = dps_mqtt_client_failure(&client);

    is_up = 0;
    if (failure->layer == DPS_LAYER_NONE) {
        puts("closed");
    } else {
        printf("closed %u %u\n", failure->layer, failure->error);
    }
}

static void tell(const struct dps_mqtt_event *event)
{
    switch (event->type) {
    case DPS_MQTT_CONNECTED:
        printf("connected %u\n", event->packet.body.at[0]);
        break;
    case DPS_MQTT_SUBSCRIBED:
        tell_granted();
        break;
    case DPS_MQTT_UNSUBSCRIBED:
        puts("unsubscribed");
        break;
    case DPS_MQTT_PUBLISHED:
        puts("published");
        break;
    case DPS_MQTT_MESSAGE:
        tell_message(&event->packet);
        break;
    case DPS_MQTT_CLOSED:
        tell_closed();
        break;
    default:
        break;
    }
    fflush(stdout);
}

/* ---- What it is told --------------------------------------------------------------- */

static void refused(const char *why)
{
    printf("refused %s\n", why);
    fflush(stdout);
}

/* Copies a word to where it stays as long as it is borrowed. */
static struct dps_bytes keep_text(char *place, const char *word)
{
    struct dps_bytes text;

    snprintf(place, TEXT_MAX, "%s", word);
    text.at = (const uint8_t *)place;
    text.len = strlen(place);
    return text;
}

static struct dps_bytes piece_of_pool(const char *start, const char *length)
{
    const size_t at = strtoul(start, NULL, 10), len = strtoul(length, NULL, 10);
    struct dps_bytes piece = { pool, 0 };

    if (at <= pool_len && len <= pool_len - at) {
        piece.at = pool + at;
        piece.len = len;
    }
    return piece;
}

/* Each is given the words of a line, its own name first; 0: later, the session is busy. */
static int do_will(char **words, size_t count)
{
    (void)count;
    will.topic = keep_text(will_topic, words[1]);
    will.qos = (uint8_t)atoi(words[2]);
    will.retain = (uint8_t)atoi(words[3]);
    will.message = piece_of_pool(words[4], words[5]);
    return 1;
}

static int do_connect(char **words, size_t count)
{
    static struct sockaddr_storage address;
    static uint8_t head[256];
    struct sockaddr_in *ipv4 = (struct sockaddr_in *)(void *)&address;
    struct dps_mqtt_connect connect = { .keep_alive_s = 30 };
    enum dps_mqtt_error error;

    (void)count;
    if (is_up) {
        return 0;
    }
    ipv4->sin_family = AF_INET;
    ipv4->sin_port = htons((uint16_t)atoi(words[1]));
    ipv4->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connect.client_id = keep_text(client_id, words[2]);
    connect.clean_session = (uint8_t)atoi(words[3]);
    dps_tcp_init(&tcp, &address, 1);
    dps_tls_init(&tls, &tcp.stream, &secure);
    dps_mqtt_client_init(&client, secure.anchor_count != 0 ? &tls.stream : &tcp.stream,
                         head, sizeof head, 0);
    dps_mqtt_session_keep(&client.session, &store.store);
    error = will.topic.len != 0
                ? dps_mqtt_session_connect_with_will(&client.session, &connect, &will)
                : dps_mqtt_session_connect(&client.session, &connect);
    is_up = error == DPS_MQTT_OK;
    if (!is_up) {
        refused(dps_mqtt_error_text(error));
    }
    return 1;
}

static int answered(enum dps_mqtt_error error)
{
    if (error != DPS_MQTT_OK && error != DPS_MQTT_ERR_BUSY) {
        refused(dps_mqtt_error_text(error));
    }
    return error != DPS_MQTT_ERR_BUSY;
}

static int do_subscribe(char **words, size_t count)
{
    size_t i;

    filter_count = (count - 1) / 2;
    for (i = 0; i < filter_count; i++) {
        filters[i].topic_filter = keep_text(filter_text[i], words[1 + 2 * i]);
        filters[i].qos = (uint8_t)atoi(words[2 + 2 * i]);
    }
    return answered(dps_mqtt_session_subscribe(&client.session, filters, filter_count,
                                               NULL));
}

static int do_unsubscribe(char **words, size_t count)
{
    size_t i;

    filter_count = count - 1;
    for (i = 0; i < filter_count; i++) {
        filters[i].topic_filter = keep_text(filter_text[i], words[1 + i]);
        filters[i].qos = 0;
    }
    return answered(dps_mqtt_session_unsubscribe(&client.session, filters, filter_count,
                                                 NULL));
}

static int do_publish(char **words, size_t count)
{
    struct queued *last = &queue[queued];

    (void)count;
    if (queued == MESSAGES) {
        refused("the queue is full");
        return 1;
    }
    last->publish.topic = keep_text(last->topic, words[1]);
    last->publish.qos = (uint8_t)atoi(words[2]);
    last->publish.retain = (uint8_t)atoi(words[3]);
    last->publish.payload[0] = piece_of_pool(words[4], words[5]);
    queued++;
    return 1;
}

static int do_disconnect(char **words, size_t count)
{
    (void)words;
    (void)count;
    return answered(dps_mqtt_session_disconnect(&client.session));
}

static const struct command {
    const char *name;
    size_t words; /* at least, the name counted */
    int (*run)(char **words, size_t count);
} commands[] = {
    { "will", 6, do_will },           { "connect", 4, do_connect },
    { "subscribe", 3, do_subscribe }, { "unsubscribe", 2, do_unsubscribe },
    { "publish", 6, do_publish },     { "disconnect", 1, do_disconnect },
};

/* Returns 0 when the line is to be run again later. */
static int run_line(const char *line)
{
    char copy[512];
    char *words[WORDS];
    size_t count = 0, i;

    snprintf(copy, sizeof copy, "%s", line);
    words[0] = strtok(copy, " ");
    while (words[count] != NULL && count < WORDS - 1) {
        words[++count] = strtok(NULL, " ");
    }
    for (i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        if (count >= commands[i].words && strcmp(words[0], commands[i].name) == 0) {
            return commands[i].run(words, count);
        }
    }
    refused("no such command");
    return 1;
}

/* Gives the session the messages that it has room for. Returns whether there were any. */
static int publish_more(void)
{
    const unsigned before = asked;

    while (is_up && asked < queued) {
        enum dps_mqtt_error error =
            dps_mqtt_session_publish(&client.session, &queue[asked].publish, NULL);

        if (error == DPS_MQTT_ERR_BUSY || error == DPS_MQTT_ERR_IN_FLIGHT_FULL
            || error == DPS_MQTT_ERR_STORE_FULL || error == DPS_MQTT_ERR_STATE) {
            break;
        }
        asked++;
        if (error != DPS_MQTT_OK) {
            refused(dps_mqtt_error_text(error));
        }
    }
    return asked != before;
}

/* ---- The loop ---------------------------------------------------------------------- */

static char input[4096];
static size_t input_len;
static int is_waiting; /* the first line of `input` is to be run again */

/* Returns whether a line was run. */
static int run_input(void)
{
    char *line = input, *end;
    const size_t before = input_len;

    is_waiting = 0;
    while ((end = memchr(line, '\n', input_len - (size_t)(line - input))) != NULL) {
        *end = '\0';
        if (!run_line(line)) {
            *end = '\n';
            is_waiting = 1;
            break;
        }
        line = end + 1;
    }
    input_len -= (size_t)(line - input);
    memmove(input, line, input_len);
    return input_len != before;
}

/* Sleeps until the connection or standard input has something; 0: that one has ended. */
static int wait_for_more(void)
{
    struct pollfd ready[2] = { { .fd = STDIN_FILENO, .events = POLLIN }, { .fd = -1 } };
    uint32_t ms = UINT32_MAX;
    ssize_t n;
    int wants = 0;

    if (is_up) {
        ms = dps_mqtt_client_wait(&client, &wants);
        ready[1].fd = dps_tcp_fd(&tcp);
        ready[1].events = (short)(((wants & DPS_WANTS_READ) != 0 ? POLLIN : 0)
                                  | ((wants & DPS_WANTS_WRITE) != 0 ? POLLOUT : 0));
    }
    if (is_waiting) {
        ready[0].fd = -1;
    }
    if (poll(ready, 2, ms > INT32_MAX ? -1 : (int)ms) <= 0 || ready[0].revents == 0) {
        return 1;
    }
    n = read(STDIN_FILENO, input + input_len, sizeof input - input_len);
    if (n <= 0) {
        return 0;
    }
    input_len += (size_t)n;
    return 1;
}

static void run_all(void)
{
    struct dps_mqtt_event event;
    int lines, messages;

    do {
        event.type = DPS_MQTT_NOTHING;
        if (is_up) {
            dps_mqtt_client_step(&client, dps_tcp_now(NULL), &event);
            tell(&event);
        }
        lines = run_input();
        messages = publish_more();
    } while (event.type != DPS_MQTT_NOTHING || lines || messages || wait_for_more());
}

/* ---- The beginning ----------------------------------------------------------------- */

static size_t read_file(const char *path, void *out, size_t cap)
{
    FILE *file = fopen(path, "rb");
    size_t len = file == NULL ? 0 : fread(out, 1, cap, file);

    if (file != NULL) {
        fclose(file);
    }
    return len;
}

static int file_random(void *file, uint8_t *out, size_t len)
{
    return fread(out, 1, len, file) == len ? 1 : -1;
}

static size_t set_up_tls(const char *ca)
{
    static uint8_t in[16384 + DPS_TLS_OVERHEAD], out[4096 + DPS_TLS_OVERHEAD];
    static uint8_t space[DPS_TLS_ANCHOR_SPACE];
    static char pem[8192];
    static br_x509_trust_anchor anchor;
    static br_x509_minimal_context x509;

    secure.server_name = "localhost";
    secure.anchors = &anchor;
    secure.anchor_count = (size_t)dps_tls_anchors_from_pem(
        &anchor, 1, pem, read_file(ca, pem, sizeof pem), space, sizeof space);
    secure.profile = dps_tls_profile;
    secure.x509 = &x509;
    secure.random.fill = file_random;
    secure.random.context = fopen("/dev/urandom", "rb");
    secure.in = in;
    secure.in_len = sizeof in;
    secure.out = out;
    secure.out_len = sizeof out;
    return secure.anchor_count;
}

int main(int argc, char **argv)
{
    if (argc < 2 || argc > 3) {
        refused("broker_client POOL [CA.pem]");
        return 1;
    }
    pool_len = read_file(argv[1], pool, sizeof pool);
    if (argc == 3 && set_up_tls(argv[2]) != 1) {
        refused("no trust anchor");
        return 1;
    }
    dps_mqtt_memory_init(&store, entries, sizeof entries / sizeof entries[0]);
    run_all();
    return 0;
}
