/* SPDX-License-Identifier: MIT
 *
 * A client of our own rooms against somebody else's broker: tcp, tls and mqtt/client,
 * with one TLS buffer. It connects, subscribes asking for QoS 2, publishes messages to
 * itself at QoS 0 and 1, compares what comes back byte by byte, and disconnects.
 *
 *     mosquitto_client PORT CA.pem
 *
 * A line an event on standard output; the last one is `done`, or `failed` and why. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "mqtt/client.h"
#include "tls/anchors.h"
#include "tls/profile.h"
#include "tls/tcp.h"
#include "tls/tls.h"

#define TEXT(literal) { (const uint8_t *)(literal), sizeof(literal) - 1 }

enum { LARGE = 20000, LIMIT_MS = 20000 };

/* What is published, in this order; the topic's last letter tells them apart. */
static uint8_t large[LARGE];
static const struct dps_mqtt_publish messages[] = {
    { .topic = TEXT("tinydps/test/0"), .payload = { TEXT("at most once") }, .qos = 0 },
    { .topic = TEXT("tinydps/test/1"), .payload = { TEXT("at least once") }, .qos = 1 },
    { .topic = TEXT("tinydps/test/2"), .qos = 1 },
    { .topic = TEXT("tinydps/test/3"), .payload = { { large, LARGE } }, .qos = 1 },
};
enum { MESSAGES = sizeof messages / sizeof messages[0] };

static struct dps_mqtt_client client;
static struct dps_mqtt_filter filter = {
    .topic_filter = TEXT("tinydps/test/#"), .qos = 2 };
static unsigned asked, published, received; /* messages; at most MESSAGES */
static int subscribed, leaving, spoiled;

static int fail(const char *why)
{
    printf("failed: %s\n", why);
    return 1;
}

static int file_random(void *file, uint8_t *out, size_t len)
{
    return fread(out, 1, len, file) == len ? 1 : -1;
}

/* Whether a piece of a message is what was published at its place. */
static int piece_is_good(const struct dps_mqtt_packet *packet)
{
    const struct dps_mqtt_publish *message = &messages[received];

    return packet->topic.len == message->topic.len
        && memcmp(packet->topic.at, message->topic.at, packet->topic.len) == 0
        && (packet->flags & DPS_MQTT_FLAG_QOS) >> DPS_MQTT_FLAG_QOS_SHIFT == message->qos
        && packet->total == message->payload[0].len
        && packet->offset + packet->body.len <= packet->total
        && (packet->body.len == 0
            || memcmp(packet->body.at, message->payload[0].at + packet->offset,
                      packet->body.len) == 0);
}

/* The next message once the one before is acknowledged and has come back; after the last
 * one DISCONNECT. Whether something was queued is told by `asked`. */
static enum dps_mqtt_error go_on(void)
{
    if (!subscribed || published != asked || received != asked || leaving
        || !dps_mqtt_session_is_idle(&client.session)) {
        return DPS_MQTT_OK;
    }
    if (asked == MESSAGES) {
        leaving = 1;
        return dps_mqtt_session_disconnect(&client.session);
    }
    return dps_mqtt_session_publish(&client.session, &messages[asked++], NULL);
}

static enum dps_mqtt_error on_event(const struct dps_mqtt_event *event)
{
    switch (event->type) {
    case DPS_MQTT_OPENED:
        puts("opened");
        break;
    case DPS_MQTT_CONNECTED:
        puts("connected");
        return dps_mqtt_session_subscribe(&client.session, &filter, 1, NULL);
    case DPS_MQTT_SUBSCRIBED:
        printf("subscribed, granted %u\n", filter.granted);
        subscribed = 1;
        break;
    case DPS_MQTT_PUBLISHED:
        published++;
        break;
    case DPS_MQTT_MESSAGE:
        spoiled |= received == MESSAGES || !piece_is_good(&event->packet);
        if (event->packet.last) {
            printf("received %.*s, %u bytes\n", (int)event->packet.topic.len,
                   (const char *)event->packet.topic.at, (unsigned)event->packet.total);
            received++;
        }
        break;
    default:
        break;
    }
    return go_on();
}

static size_t read_file(const char *path, char *out, size_t cap)
{
    FILE *file = fopen(path, "rb");
    size_t len = file == NULL ? 0 : fread(out, 1, cap, file);

    if (file != NULL) {
        fclose(file);
    }
    return len;
}

static int run(struct dps_tcp *tcp)
{
    const uint32_t start = dps_tcp_now(NULL).ms;
    struct dps_mqtt_event event;

    do {
        const struct dps_now now = dps_tcp_now(NULL);
        const unsigned before = asked;
        enum dps_mqtt_error error;

        dps_mqtt_client_step(&client, now, &event);
        error = on_event(&event);
        if (error != DPS_MQTT_OK) {
            return fail(dps_mqtt_error_text(error));
        }
        if (spoiled || now.ms - start > LIMIT_MS) {
            return fail(spoiled ? "a message is not as it was published" : "time is out");
        }
        if (event.type == DPS_MQTT_NOTHING && asked == before) {
            int wants;
            uint32_t ms = dps_mqtt_client_wait(&client, &wants);

            dps_tcp_wait(tcp, ms < 1000 ? ms : 1000, wants);
        }
    } while (event.type != DPS_MQTT_CLOSED);
    return 0;
}

int main(int argc, char **argv)
{
    static uint8_t records[16384 + DPS_TLS_OVERHEAD], head[64];
    static uint8_t space[DPS_TLS_ANCHOR_SPACE];
    static char pem[8192];
    static struct sockaddr_storage address;
    static struct dps_tcp tcp;
    static struct dps_tls tls;
    static br_x509_trust_anchor anchor;
    static br_x509_minimal_context x509;
    const struct dps_mqtt_connect connect = {
        .client_id = TEXT("tinydps"), .keep_alive_s = 30, .clean_session = 1 };
    struct dps_tls_config secure = {
        .server_name = "localhost", .anchors = &anchor, .anchor_count = 1,
        .profile = dps_tls_profile, .x509 = &x509,
        .in = records, .in_len = sizeof records };
    struct sockaddr_in *ipv4 = (struct sockaddr_in *)(void *)&address;
    const struct dps_failure *failure;
    size_t i;

    if (argc != 3) {
        return fail("mosquitto_client PORT CA.pem");
    }
    for (i = 0; i < LARGE; i++) {
        large[i] = (uint8_t)(i * 31 >> 3);
    }
    ipv4->sin_family = AF_INET;
    ipv4->sin_port = htons((uint16_t)atoi(argv[1]));
    ipv4->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (dps_tls_anchors_from_pem(&anchor, 1, pem, read_file(argv[2], pem, sizeof pem),
                                 space, sizeof space) != 1) {
        return fail("no trust anchor");
    }
    secure.random.fill = file_random;
    secure.random.context = fopen("/dev/urandom", "rb");
    dps_tcp_init(&tcp, &address, 1);
    dps_tls_init(&tls, &tcp.stream, &secure);
    dps_mqtt_client_init(&client, &tls.stream, head, sizeof head, 0);
    if (dps_mqtt_session_connect(&client.session, &connect) != DPS_MQTT_OK
        || run(&tcp) != 0) {
        return 1;
    }
    failure = dps_mqtt_client_failure(&client);
    if (failure->layer != DPS_LAYER_NONE || received != MESSAGES) {
        printf("failed: layer %u, error %u, detail %ld\n", failure->layer, failure->error,
               (long)failure->detail);
        return 1;
    }
    puts("done");
    return 0;
}
