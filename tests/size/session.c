/* SPDX-License-Identifier: MIT
 *
 * What a product links that speaks MQTT with everything a session has, QoS 2 and
 * redelivery, and nothing of DPS: the calls that `make size` keeps, as the linker's garbage
 * collection does. Never run.
 *
 * How its bytes move (mqtt/client.h, or a loop of the product's own) and where it keeps
 * its messages (mqtt/memory.h, or its flash) is not counted. */
#include "mqtt/delivery.h"

static struct dps_mqtt_session mqtt;
static uint8_t head[64];

/* The product's own. */
extern struct dps_mqtt_store product_store;
extern const struct dps_mqtt_connect product_connect;
extern const struct dps_mqtt_publish product_message;
extern struct dps_mqtt_filter product_filters[2];
uint32_t product_now_ms(void);
size_t product_write(const uint8_t *at, size_t len);
size_t product_read(const uint8_t **at);
int product_tell(const struct dps_mqtt_event *event);

void session(void);
void session(void)
{
    struct dps_mqtt_event event;
    const uint8_t *at;
    size_t len;

    dps_mqtt_session_init(&mqtt, head, sizeof head, 0);
    dps_mqtt_session_keep(&mqtt, &product_store);
    dps_mqtt_session_connect(&mqtt, &product_connect);
    do {
        dps_mqtt_session_tick(&mqtt, product_now_ms());
        while ((at = dps_mqtt_session_output(&mqtt, &len)) != NULL) {
            dps_mqtt_session_sent(&mqtt, product_write(at, len));
        }
        len = product_read(&at);
        dps_mqtt_session_input(&mqtt, at, len, &event);
        switch (product_tell(&event)) {
        case 1:
            dps_mqtt_session_subscribe(&mqtt, product_filters, 2, NULL);
            break;
        case 2:
            dps_mqtt_session_unsubscribe(&mqtt, product_filters, 2, NULL);
            break;
        case 3:
            dps_mqtt_session_publish(&mqtt, &product_message, NULL);
            break;
        case 4:
            dps_mqtt_session_disconnect(&mqtt);
            break;
        default:
            break;
        }
    } while (event.type != DPS_MQTT_CLOSED);
    product_tell((const struct dps_mqtt_event *)(dps_mqtt_session_error(&mqtt, NULL)
                                                     != DPS_MQTT_OK
                                                 ? &event : NULL));
}
