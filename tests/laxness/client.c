/* SPDX-License-Identifier: MIT
 *
 * Our side of the table of laxness: mqtt/client over plain TCP to a server that peer.py
 * plays. It connects with CleanSession 1, subscribes to one filter and tells what it sees.
 *
 *     laxness_client PORT
 *
 * A line an event on standard output: `opened`, `connected`, `subscribed, granted 1`,
 * `message TOPIC, 1 bytes, adler32 00790079`, and last `closed [RULE] why`. Before it waits
 * it says `waits`: all that came was handled. The exit status is 0 but where the command
 * line is wrong. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "mqtt/client.h"
#include "tls/tcp.h"

#define TEXT(literal) { (const uint8_t *)(literal), sizeof(literal) - 1 }

enum { HEAD = 8192, PAYLOAD_MAX = 16 << 20, ADLER_MODULUS = 65521 };

static struct dps_mqtt_client client;
static struct dps_mqtt_filter filter = { .topic_filter = TEXT("#"), .qos = 1 };

/* Adler-32 (RFC 1950) of a message's payload, over all its pieces. */
static uint32_t adler_low, adler_high;

static void on_message(const struct dps_mqtt_packet *packet)
{
    size_t i;

    if (packet->offset == 0) {
        adler_low = 1;
        adler_high = 0;
    }
    for (i = 0; i < packet->body.len; i++) {
        adler_low = (adler_low + packet->body.at[i]) % ADLER_MODULUS;
        adler_high = (adler_high + adler_low) % ADLER_MODULUS;
    }
    if (packet->last) {
        fputs("message ", stdout);
        fwrite(packet->topic.at, 1, packet->topic.len, stdout);
        printf(", %lu bytes, adler32 %08lx\n", (unsigned long)packet->total,
               (unsigned long)(adler_high << 16 | adler_low));
    }
}

/* The rule where MQTT has one; what another layer says is told by its numbers. */
static void on_closed(void)
{
    const struct dps_failure *failure = dps_mqtt_client_failure(&client);
    enum dps_mqtt_error error = (enum dps_mqtt_error)failure->error;

    if (failure->layer != DPS_LAYER_MQTT) {
        printf("closed, layer %u, error %u, detail %ld\n", failure->layer,
               failure->error, (long)failure->detail);
        return;
    }
    printf("closed [%s] %s\n", dps_mqtt_error_rule(error), dps_mqtt_error_text(error));
}

static void on_event(const struct dps_mqtt_event *event)
{
    switch (event->type) {
    case DPS_MQTT_OPENED:
        puts("opened");
        break;
    case DPS_MQTT_CONNECTED:
        puts("connected");
        if (dps_mqtt_session_subscribe(&client.session, &filter, 1, NULL) != DPS_MQTT_OK) {
            puts("not subscribed");
        }
        break;
    case DPS_MQTT_SUBSCRIBED:
        printf("subscribed, granted %u\n", filter.granted);
        break;
    case DPS_MQTT_MESSAGE:
        on_message(&event->packet);
        break;
    case DPS_MQTT_CLOSED:
        on_closed();
        break;
    default:
        break;
    }
}

static void run(struct dps_tcp *tcp)
{
    struct dps_mqtt_event event;

    do {
        dps_mqtt_client_step(&client, dps_tcp_now(NULL), &event);
        on_event(&event);
        if (event.type == DPS_MQTT_NOTHING) {
            int wants;
            uint32_t ms = dps_mqtt_client_wait(&client, &wants);

            puts("waits");
            dps_tcp_wait(tcp, ms, wants);
        }
    } while (event.type != DPS_MQTT_CLOSED);
}

int main(int argc, char **argv)
{
    static uint8_t head[HEAD];
    static struct sockaddr_storage address;
    static struct dps_tcp tcp;
    const struct dps_mqtt_connect connect = {
        .client_id = TEXT("laxness"), .clean_session = 1 };
    struct sockaddr_in *ipv4 = (struct sockaddr_in *)(void *)&address;

    if (argc != 2) {
        fputs("laxness_client PORT\n", stderr);
        return 2;
    }
    setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
    ipv4->sin_family = AF_INET;
    ipv4->sin_port = htons((uint16_t)atoi(argv[1]));
    ipv4->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    dps_tcp_init(&tcp, &address, 1);
    dps_mqtt_client_init(&client, &tcp.stream, head, sizeof head, PAYLOAD_MAX);
    if (dps_mqtt_session_connect(&client.session, &connect) != DPS_MQTT_OK) {
        return 2;
    }
    run(&tcp);
    return 0;
}
