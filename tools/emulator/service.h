/* SPDX-License-Identifier: MIT
 *
 * The Device Provisioning Service's device endpoint, over MQTT packets and not over
 * bytes: what arrives is handed in, what it answers goes to the client's outbox, and
 * nothing here knows a socket. The rules are the service's own where they are known
 * ("Communicate with DPS using the MQTT protocol"), and the likeliest where they are not.
 *
 *     service_client_init(&service, &client, "127.0.0.1:40000");
 *     switch (service_packet(&service, &client, &packet, now_ms)) { ... }
 *     service_client_free(&service, &client);
 */
#ifndef TOOLS_EMULATOR_SERVICE_H
#define TOOLS_EMULATOR_SERVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "mqtt/packet.h"
#include "tools/emulator/admission.h"
#include "tools/emulator/enrollments.h"
#include "tools/emulator/outbox.h"
#include "tools/emulator/registry.h"

/** Most bytes of a message from a device ("IoT Hub DPS limits": 96 KB). */
enum { SERVICE_MESSAGE_MAX = 96 * 1024 };

/** Bytes of a request identifier and of an operation ID that are echoed or compared. */
enum { SERVICE_RID_MAX = 128, SERVICE_OPERATION_MAX = 128 };

struct service_client;

struct service {
    struct enrollments *enrollments; /* borrowed */
    struct service_client *clients;  /* connected ones */
    struct registry registry;
};

/** A PUBLISH whose payload is still coming. */
struct service_request {
    uint8_t kind;            /* enum of service.c; 0: none */
    uint8_t qos;
    uint16_t packet_identifier;
    char rid[SERVICE_RID_MAX + 1];
    char operation_id[SERVICE_OPERATION_MAX + 1];
    char *body;              /* register's, owned; null: empty */
    size_t body_len;
};

/** One connection, as the service sees it. */
struct service_client {
    struct outbox outbox;
    bool replaced;           /* a newer connection has its client ID: close this one */
    uint16_t keep_alive_s;   /* 0: off, or not connected */
    bool connected;          /* its CONNECT was accepted, or is to be by script */

    /* Private. */
    struct service_client *next;
    const char *peer;        /* borrowed */
    struct admission device; /* settled by its CONNECT */
    bool subscribed;
    uint8_t granted;         /* QoS */
    struct service_request request;
};

enum service_verdict {
    SERVICE_GOES_ON,
    SERVICE_CLOSE, /* once what waits in the outbox is out; take nothing more */
    SERVICE_RESET  /* at once, and not orderly */
};

void service_init(struct service *service, struct enrollments *enrollments);
void service_free(struct service *service);

/** Makes a client for a new connection; `peer` is borrowed for the log. */
void service_client_init(struct service_client *client, const char *peer);
void service_client_free(struct service *service, struct service_client *client);

/** Takes one packet, or one piece of a PUBLISH, that a reader in the server's role told.
 * Whatever breaks a rule is logged, with the rule. */
enum service_verdict service_packet(struct service *service,
                                    struct service_client *client,
                                    const struct dps_mqtt_packet *packet,
                                    uint64_t now_ms);

/** Logs that `what` broke a rule of MQTT or a limit of this side; SERVICE_CLOSE. */
enum service_verdict service_violation(const struct service_client *client,
                                       const char *what, enum dps_mqtt_error error);

#endif
