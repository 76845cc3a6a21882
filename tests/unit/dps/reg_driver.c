/* SPDX-License-Identifier: MIT
 *
 * Drives a registration with hand-made MQTT events. */
#include <stdio.h>
#include <string.h>

#include "tests/unit/dps/dps_tests.h"

struct dps_config reg_config;
struct dps_registration reg;
struct dps_event reg_event;
uint32_t reg_now_ms;

static int driver_password(void *context, const char *id_scope,
                           const char *registration_id, uint32_t utc_s, char *out,
                           size_t cap)
{
    ck_assert_ptr_null(context);
    ck_assert_str_eq(id_scope, "0ne00ABCDEF");
    ck_assert_str_eq(registration_id, "device-001");
    ck_assert_uint_eq(utc_s, 1800000000);
    ck_assert_uint_gt(cap, 6);
    strcpy(out, "secret");
    return 6;
}

static int driver_random(void *context, uint8_t *out, size_t len)
{
    (void)context;
    ck_assert_uint_eq(len, 2);
    out[0] = 0;
    out[1] = 41;
    return 1;
}

void reg_defaults(void)
{
    memset(&reg_config, 0, sizeof reg_config);
    reg_config.id_scope = "0ne00ABCDEF";
    reg_config.registration_id = "device-001";
    reg_config.password = driver_password;
    reg_config.random.fill = driver_random;
    reg_config.time_limit_ms = 60000;
    reg_config.qos = 1;
    reg_now_ms = 0xffffff00; /* the counter wraps in a quarter of a second */
}

void reg_init(void)
{
    memset(&reg, 0xa5, sizeof reg);
    dps_registration_init(&reg, &reg_config);
    dps_registration_tick(&reg, reg_now_ms);
}

void reg_give(enum dps_mqtt_event_type type)
{
    struct dps_mqtt_event mqtt;

    memset(&mqtt, 0, sizeof mqtt);
    mqtt.type = (uint8_t)type;
    dps_registration_input(&reg, &mqtt, &reg_event);
}

void reg_suback(uint8_t code)
{
    struct dps_mqtt_event mqtt;

    memset(&mqtt, 0, sizeof mqtt);
    mqtt.type = DPS_MQTT_SUBSCRIBED;
    mqtt.packet.body.at = &code;
    mqtt.packet.body.len = 1;
    dps_registration_input(&reg, &mqtt, &reg_event);
}

void reg_message(const char *topic, const char *body)
{
    struct dps_mqtt_event mqtt;

    memset(&mqtt, 0, sizeof mqtt);
    mqtt.type = DPS_MQTT_MESSAGE;
    mqtt.packet.type = DPS_MQTT_PUBLISH;
    mqtt.packet.last = 1;
    mqtt.packet.topic.at = (const uint8_t *)topic;
    mqtt.packet.topic.len = strlen(topic);
    mqtt.packet.body.at = (const uint8_t *)body;
    mqtt.packet.body.len = strlen(body);
    mqtt.packet.total = (uint32_t)strlen(body);
    dps_registration_input(&reg, &mqtt, &reg_event);
}

void reg_answer(unsigned status, unsigned rid, const char *more, const char *body)
{
    char topic[200];

    snprintf(topic, sizeof topic, "$dps/registrations/res/%03u/?$rid=%u%s", status, rid,
             more);
    reg_message(topic, body);
}

enum dps_error reg_connect(uint32_t utc_s, struct dps_mqtt_connect *connect)
{
    union dps_packet packet;
    enum dps_error error;

    memset(&packet, 0xa5, sizeof packet);
    error = dps_registration_packet(&reg, utc_s, &packet);
    *connect = packet.connect;
    return error;
}

void reg_publish(struct dps_mqtt_publish *publish)
{
    union dps_packet packet;

    memset(&packet, 0xa5, sizeof packet);
    ck_assert_uint_eq(dps_registration_packet(&reg, 0, &packet), DPS_OK);
    *publish = packet.publish;
}

void reg_send(void)
{
    struct dps_mqtt_connect connect;
    struct dps_mqtt_publish publish;

    switch (reg.request) {
    case DPS_SEND_CONNECT:
        ck_assert_uint_eq(reg_connect(1800000000, &connect), DPS_OK);
        break;
    case DPS_SEND_REGISTER:
    case DPS_SEND_POLL:
        reg_publish(&publish);
        break;
    case DPS_SEND_NOTHING:
        ck_abort_msg("nothing to send");
        break;
    default:
        break;
    }
    dps_registration_sent(&reg);
    reg_give(DPS_MQTT_NOTHING); /* what goes out is told */
}

void reg_to_register(void)
{
    reg_init();
    reg_send();
    reg_give(DPS_MQTT_OPENED);
    reg_give(DPS_MQTT_CONNECTED);
    reg_send();
    reg_suback(1);
    reg_send();
    ck_assert_uint_eq(reg_event.type, DPS_REGISTERING);
}

void reg_to_wait(void)
{
    reg_to_register();
    reg_answer(202, 42, "&retry-after=1", REG_ASSIGNING);
    ck_assert_uint_eq(reg_event.type, DPS_WAITING);
}

void reg_to_poll(void)
{
    reg_to_wait();
    reg_now_ms += 1000;
    ck_assert_uint_eq(dps_registration_tick(&reg, reg_now_ms), 0);
    reg_send();
    ck_assert_uint_eq(reg_event.type, DPS_POLLING);
}

void reg_expect_failure(enum dps_layer layer, unsigned error, enum dps_advice advice,
                        int32_t detail)
{
    const struct dps_failure *failure = &reg.failure;

    ck_assert_uint_eq(failure->layer, layer);
    ck_assert_uint_eq(failure->error, error);
    ck_assert_uint_eq(failure->advice, advice);
    ck_assert_int_eq(failure->detail, detail);
}
