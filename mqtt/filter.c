/* SPDX-License-Identifier: MIT
 *
 * Filter and topic side by side, a byte at a time. '+' stands for the bytes of one level,
 * which may be none; '#' for all that is left, and with the '/' before it for nothing at
 * all: "sport/#" also matches "sport" (4.7.1.2). */
#include "mqtt/filter.h"

int dps_mqtt_filter_matches(struct dps_bytes topic_filter, struct dps_bytes topic)
{
    const uint8_t *f = topic_filter.at, *t = topic.at;
    const uint8_t *f_end = f + topic_filter.len, *t_end = t + topic.len;

    if (t != t_end && *t == '$' && f != f_end && *f != '$') {
        return 0; /* [MQTT-4.7.2-1]; any other first byte differs anyway */
    }
    for (; f != f_end && *f != '#'; f++) {
        if (*f == '+') {
            while (t != t_end && *t != '/') {
                t++;
            }
        } else if (t != t_end && *t == *f) {
            t++;
        } else {
            /* The topic is over, or differs: only "/#" can still match its end. */
            return t == t_end && f_end - f == 2 && f[0] == '/' && f[1] == '#';
        }
    }
    return f != f_end || t == t_end;
}
