/* SPDX-License-Identifier: MIT
 *
 * Every event in every state of the registration: what is told, what is to be done then,
 * and how it has failed. The chart is written from the service's article, not from the
 * machine's table. */
#include <string.h>

#include "tests/unit/dps/dps_tests.h"

enum state {
    OPEN,
    CONNECT,
    SUBSCRIBE,
    REGISTER,
    WAIT,
    POLL,
    ASSIGNED,
    REFUSED,
    OVER,
    STATES
};

static void go_to(enum state state)
{
    reg_defaults();
    switch (state) {
    case OPEN:
        reg_init();
        reg_send();
        break;
    case CONNECT:
        reg_init();
        reg_send();
        reg_give(DPS_MQTT_OPENED);
        break;
    case SUBSCRIBE:
        go_to(CONNECT);
        reg_give(DPS_MQTT_CONNECTED);
        reg_send();
        break;
    case REGISTER:
        reg_to_register();
        break;
    case WAIT:
        reg_to_wait();
        break;
    case POLL:
        reg_to_poll();
        break;
    case ASSIGNED:
        reg_to_register();
        reg_answer(200, 42, "", REG_ASSIGNED);
        reg_send();
        break;
    case REFUSED:
        reg_to_register();
        reg_answer(401, 42, "", "{}");
        reg_send();
        break;
    case OVER:
    default:
        go_to(ASSIGNED);
        reg_give(DPS_MQTT_CLOSED);
        break;
    }
}

enum event {
    OPENED,
    CONNACK,
    SUBACK,
    SUBACK_80,
    PUBACK,
    ASSIGNING_42,
    ASSIGNED_42,
    REFUSED_42,
    ASSIGNING_43,
    ASSIGNED_43,
    REFUSED_43,
    STALE,
    FOREIGN,
    LATER,
    LATE,
    CLOSED,
    FAILED,
    NOTHING,
    EVENTS
};

static const char *const event_name[EVENTS] = {
    "stream open", "CONNACK", "SUBACK 1", "SUBACK 0x80", "PUBACK", "assigning, $rid 42",
    "assigned, $rid 42", "401, $rid 42", "assigning, $rid 43", "assigned, $rid 43",
    "401, $rid 43", "$rid 41", "a topic that is no answer's", "a second later",
    "the time limit", "closed", "a failure of the stream", "nothing",
};

static void give(enum event event)
{
    static const struct dps_failure broken = { DPS_LAYER_TLS, DPS_STREAM_ERR_RECORD,
                                               DPS_ADVICE_RETRY, 7 };
    unsigned rid = event >= ASSIGNING_43 ? 43 : 42;

    memset(&reg_event, 0, sizeof reg_event);
    switch (event) {
    case OPENED:
        reg_give(DPS_MQTT_OPENED);
        break;
    case CONNACK:
        reg_give(DPS_MQTT_CONNECTED);
        break;
    case SUBACK:
        reg_suback(1);
        break;
    case SUBACK_80:
        reg_suback(0x80);
        break;
    case PUBACK:
        reg_give(DPS_MQTT_PUBLISHED);
        break;
    case ASSIGNING_42:
    case ASSIGNING_43:
        reg_answer(202, rid, "&retry-after=1", REG_ASSIGNING);
        break;
    case ASSIGNED_42:
    case ASSIGNED_43:
        reg_answer(200, rid, "", REG_ASSIGNED);
        break;
    case REFUSED_42:
    case REFUSED_43:
        reg_answer(401, rid, "", "{}");
        break;
    case STALE:
        reg_answer(200, 41, "", REG_ASSIGNED);
        break;
    case FOREIGN:
        reg_message("$dps/registrations/other", "{}");
        break;
    case LATER:
        reg_now_ms += 1000;
        dps_registration_tick(&reg, reg_now_ms);
        break;
    case LATE:
        reg_now_ms += 60000;
        dps_registration_tick(&reg, reg_now_ms);
        break;
    case CLOSED:
        reg_give(DPS_MQTT_CLOSED);
        break;
    case FAILED:
        dps_registration_fail(&reg, &broken);
        break;
    case NOTHING:
    default:
        reg_give(DPS_MQTT_NOTHING);
        break;
    }
}

/* What comes of a pair. A pair that has no row: nothing is told, nothing is to be done,
 * what had failed before has failed as before. */
static const struct {
    uint8_t state, event;
    uint8_t tells;         /* enum dps_event_type */
    uint8_t wants;         /* enum dps_request */
    uint8_t layer, error;  /* of the failure there is now */
} chart[] = {
    /* The way that succeeds. */
    { OPEN, OPENED, DPS_OPENED, 0, 0, 0 },
    { CONNECT, CONNACK, DPS_CONNECTED, DPS_SEND_SUBSCRIBE, 0, 0 },
    { SUBSCRIBE, SUBACK, DPS_SUBSCRIBED, DPS_SEND_REGISTER, 0, 0 },
    { REGISTER, ASSIGNING_42, DPS_WAITING, 0, 0, 0 },
    { REGISTER, ASSIGNED_42, 0, DPS_SEND_DISCONNECT, 0, 0 },
    { WAIT, LATER, 0, DPS_SEND_POLL, 0, 0 },
    { POLL, ASSIGNING_43, DPS_WAITING, 0, 0, 0 },
    { POLL, ASSIGNED_43, 0, DPS_SEND_DISCONNECT, 0, 0 },
    { ASSIGNED, CLOSED, DPS_ASSIGNED, 0, 0, 0 },

    /* The service says no: a good-bye, then the end. */
    { SUBSCRIBE, SUBACK_80, 0, DPS_SEND_DISCONNECT, DPS_LAYER_MQTT,
      DPS_MQTT_ERR_SUBSCRIPTION_REFUSED },
    { REGISTER, REFUSED_42, 0, DPS_SEND_DISCONNECT, DPS_LAYER_SERVICE,
      DPS_ERR_UNAUTHORIZED },
    { POLL, REFUSED_43, 0, DPS_SEND_DISCONNECT, DPS_LAYER_SERVICE, DPS_ERR_UNAUTHORIZED },
    { REFUSED, CLOSED, DPS_FAILED, 0, DPS_LAYER_SERVICE, DPS_ERR_UNAUTHORIZED },

    /* An event of the connection in another place than its own. */
    { OPEN, CONNACK, 0, DPS_CLOSE, DPS_LAYER_SERVICE, DPS_ERR_OUT_OF_ORDER },
    { OPEN, SUBACK, 0, DPS_CLOSE, DPS_LAYER_SERVICE, DPS_ERR_OUT_OF_ORDER },
    { OPEN, SUBACK_80, 0, DPS_CLOSE, DPS_LAYER_SERVICE, DPS_ERR_OUT_OF_ORDER },
    { CONNECT, OPENED, 0, DPS_CLOSE, DPS_LAYER_SERVICE, DPS_ERR_OUT_OF_ORDER },
    { CONNECT, SUBACK, 0, DPS_CLOSE, DPS_LAYER_SERVICE, DPS_ERR_OUT_OF_ORDER },
    { CONNECT, SUBACK_80, 0, DPS_CLOSE, DPS_LAYER_SERVICE, DPS_ERR_OUT_OF_ORDER },
    { SUBSCRIBE, OPENED, 0, DPS_CLOSE, DPS_LAYER_SERVICE, DPS_ERR_OUT_OF_ORDER },
    { SUBSCRIBE, CONNACK, 0, DPS_CLOSE, DPS_LAYER_SERVICE, DPS_ERR_OUT_OF_ORDER },
    { REGISTER, OPENED, 0, DPS_CLOSE, DPS_LAYER_SERVICE, DPS_ERR_OUT_OF_ORDER },
    { REGISTER, CONNACK, 0, DPS_CLOSE, DPS_LAYER_SERVICE, DPS_ERR_OUT_OF_ORDER },
    { REGISTER, SUBACK, 0, DPS_CLOSE, DPS_LAYER_SERVICE, DPS_ERR_OUT_OF_ORDER },
    { REGISTER, SUBACK_80, 0, DPS_CLOSE, DPS_LAYER_SERVICE, DPS_ERR_OUT_OF_ORDER },
    { WAIT, OPENED, 0, DPS_CLOSE, DPS_LAYER_SERVICE, DPS_ERR_OUT_OF_ORDER },
    { WAIT, CONNACK, 0, DPS_CLOSE, DPS_LAYER_SERVICE, DPS_ERR_OUT_OF_ORDER },
    { WAIT, SUBACK, 0, DPS_CLOSE, DPS_LAYER_SERVICE, DPS_ERR_OUT_OF_ORDER },
    { WAIT, SUBACK_80, 0, DPS_CLOSE, DPS_LAYER_SERVICE, DPS_ERR_OUT_OF_ORDER },
    { POLL, OPENED, 0, DPS_CLOSE, DPS_LAYER_SERVICE, DPS_ERR_OUT_OF_ORDER },
    { POLL, CONNACK, 0, DPS_CLOSE, DPS_LAYER_SERVICE, DPS_ERR_OUT_OF_ORDER },
    { POLL, SUBACK, 0, DPS_CLOSE, DPS_LAYER_SERVICE, DPS_ERR_OUT_OF_ORDER },
    { POLL, SUBACK_80, 0, DPS_CLOSE, DPS_LAYER_SERVICE, DPS_ERR_OUT_OF_ORDER },

    /* No answer's topic: nothing else was subscribed to. */
    { OPEN, FOREIGN, 0, DPS_CLOSE, DPS_LAYER_SERVICE, DPS_ERR_TOPIC },
    { CONNECT, FOREIGN, 0, DPS_CLOSE, DPS_LAYER_SERVICE, DPS_ERR_TOPIC },
    { SUBSCRIBE, FOREIGN, 0, DPS_CLOSE, DPS_LAYER_SERVICE, DPS_ERR_TOPIC },
    { REGISTER, FOREIGN, 0, DPS_CLOSE, DPS_LAYER_SERVICE, DPS_ERR_TOPIC },
    { WAIT, FOREIGN, 0, DPS_CLOSE, DPS_LAYER_SERVICE, DPS_ERR_TOPIC },
    { POLL, FOREIGN, 0, DPS_CLOSE, DPS_LAYER_SERVICE, DPS_ERR_TOPIC },

    /* The time limit; once the outcome is decided it cuts the good-bye short. */
    { OPEN, LATE, 0, DPS_CLOSE, DPS_LAYER_TIME, DPS_ERR_TIME_OUT },
    { CONNECT, LATE, 0, DPS_CLOSE, DPS_LAYER_TIME, DPS_ERR_TIME_OUT },
    { SUBSCRIBE, LATE, 0, DPS_CLOSE, DPS_LAYER_TIME, DPS_ERR_TIME_OUT },
    { REGISTER, LATE, 0, DPS_CLOSE, DPS_LAYER_TIME, DPS_ERR_TIME_OUT },
    { WAIT, LATE, 0, DPS_CLOSE, DPS_LAYER_TIME, DPS_ERR_TIME_OUT },
    { POLL, LATE, 0, DPS_CLOSE, DPS_LAYER_TIME, DPS_ERR_TIME_OUT },
    { ASSIGNED, LATE, 0, DPS_CLOSE, 0, 0 },
    { REFUSED, LATE, 0, DPS_CLOSE, DPS_LAYER_SERVICE, DPS_ERR_UNAUTHORIZED },

    /* The connection is gone, and nobody said why; or the stream has failed. */
    { OPEN, CLOSED, DPS_FAILED, 0, DPS_LAYER_SERVICE, DPS_ERR_OUT_OF_ORDER },
    { CONNECT, CLOSED, DPS_FAILED, 0, DPS_LAYER_SERVICE, DPS_ERR_OUT_OF_ORDER },
    { SUBSCRIBE, CLOSED, DPS_FAILED, 0, DPS_LAYER_SERVICE, DPS_ERR_OUT_OF_ORDER },
    { REGISTER, CLOSED, DPS_FAILED, 0, DPS_LAYER_SERVICE, DPS_ERR_OUT_OF_ORDER },
    { WAIT, CLOSED, DPS_FAILED, 0, DPS_LAYER_SERVICE, DPS_ERR_OUT_OF_ORDER },
    { POLL, CLOSED, DPS_FAILED, 0, DPS_LAYER_SERVICE, DPS_ERR_OUT_OF_ORDER },
    { OPEN, FAILED, 0, DPS_CLOSE, DPS_LAYER_TLS, DPS_STREAM_ERR_RECORD },
    { CONNECT, FAILED, 0, DPS_CLOSE, DPS_LAYER_TLS, DPS_STREAM_ERR_RECORD },
    { SUBSCRIBE, FAILED, 0, DPS_CLOSE, DPS_LAYER_TLS, DPS_STREAM_ERR_RECORD },
    { REGISTER, FAILED, 0, DPS_CLOSE, DPS_LAYER_TLS, DPS_STREAM_ERR_RECORD },
    { WAIT, FAILED, 0, DPS_CLOSE, DPS_LAYER_TLS, DPS_STREAM_ERR_RECORD },
    { POLL, FAILED, 0, DPS_CLOSE, DPS_LAYER_TLS, DPS_STREAM_ERR_RECORD },
};

enum { ROWS = sizeof chart / sizeof chart[0] };

/* What the chart says of a pair. */
static void expect(unsigned state, unsigned event)
{
    unsigned tells = DPS_NOTHING, wants = DPS_SEND_NOTHING;
    unsigned layer = state == REFUSED ? DPS_LAYER_SERVICE : DPS_LAYER_NONE;
    unsigned error = state == REFUSED ? DPS_ERR_UNAUTHORIZED : DPS_OK;
    const struct dps_failure *failure = &reg.failure;
    size_t i;

    for (i = 0; i < ROWS; i++) {
        if (chart[i].state == state && chart[i].event == event) {
            tells = chart[i].tells;
            wants = chart[i].wants;
            layer = chart[i].layer;
            error = chart[i].error;
        }
    }
    ck_assert_msg(reg_event.type == tells, "%s in state %u tells %u", event_name[event],
                  state, reg_event.type);
    ck_assert_msg(reg.request == wants, "%s in state %u wants %d",
                  event_name[event], state, reg.request);
    ck_assert_msg(failure->layer == layer && failure->error == error,
                  "%s in state %u fails with %u %u", event_name[event], state,
                  failure->layer, failure->error);
    ck_assert_int_eq(dps_registration_tick(&reg, reg_now_ms) == UINT32_MAX,
                     state == OVER || tells >= DPS_ASSIGNED);
    /* Whatever it was: the end of the connection ends it, once. */
    reg_give(DPS_MQTT_CLOSED);
    if (tells < DPS_ASSIGNED && state != OVER) {
        ck_assert_uint_eq(reg_event.type,
                          failure->layer == 0 ? DPS_ASSIGNED : DPS_FAILED);
    }
    reg_give(DPS_MQTT_CLOSED);
    ck_assert_uint_eq(reg_event.type, DPS_NOTHING);
    ck_assert_uint_eq(reg.request, DPS_SEND_NOTHING);
    ck_assert_uint_eq(dps_registration_tick(&reg, reg_now_ms + 100000), UINT32_MAX);
}

START_TEST(registration_every_event_in_a_state)
{
    unsigned event;

    for (event = 0; event < EVENTS; event++) {
        go_to((enum state)_i);
        give((enum event)event);
        expect((unsigned)_i, event);
    }
}
END_TEST

/* Two events in a row from every state: whatever the pair, the end is told once, and a
 * failure that is there stays. */
START_TEST(registration_every_two_events)
{
    unsigned first, second;

    for (first = 0; first < EVENTS; first++) {
        for (second = 0; second < EVENTS; second++) {
            struct dps_failure before;
            unsigned ends;

            go_to((enum state)_i);
            give((enum event)first);
            ends = reg_event.type >= DPS_ASSIGNED;
            before = reg.failure;
            give((enum event)second);
            ends += reg_event.type >= DPS_ASSIGNED;
            if (before.layer != DPS_LAYER_NONE) {
                reg_expect_failure((enum dps_layer)before.layer, before.error,
                                   (enum dps_advice)before.advice, before.detail);
            }
            reg_give(DPS_MQTT_CLOSED);
            ends += reg_event.type >= DPS_ASSIGNED;
            ck_assert_msg(ends == (_i != OVER), "state %d, %s, %s: %u ends", _i,
                          event_name[first], event_name[second], ends);
        }
    }
}
END_TEST

TCase *dps_matrix_cases(void)
{
    TCase *cases = tcase_create("registration, every event");

    tcase_set_timeout(cases, 60); /* where sanitizers and a busy machine meet */
    tcase_add_loop_test(cases, registration_every_event_in_a_state, 0, STATES);
    tcase_add_loop_test(cases, registration_every_two_events, 0, STATES);
    return cases;
}
