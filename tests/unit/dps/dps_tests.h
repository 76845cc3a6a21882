/* SPDX-License-Identifier: MIT
 *
 * What the files of this suite share: their cases, bytes written as text, and what a JSON
 * reader tells, written down. */
#ifndef DPS_TESTS_UNIT_DPS_H
#define DPS_TESTS_UNIT_DPS_H

#include <check.h>
#include <stddef.h>
#include <stdint.h>

#include "dps/json.h"
#include "dps/registration.h"

TCase *dps_topic_cases(void);
TCase *dps_json_cases(void);
TCase *dps_json_oracle_cases(void);
TCase *dps_response_cases(void);
TCase *dps_registration_cases(void);
TCase *dps_matrix_cases(void);
TCase *dps_client_cases(void);
TCase *dps_text_cases(void);

/* A literal's bytes and their number, NULs inside it among them. */
#define BYTES(text) (const uint8_t *)(text), sizeof(text) - 1

/* The keys that the JSON tests ask for: names that begin alike, one in several places,
 * one beyond ASCII, raw ones. */
enum {
    KEY_ROOT,
    KEY_A,         /* a */
    KEY_AB,        /* ab */
    KEY_E_ACUTE,   /* U+00E9 */
    KEY_STATE,     /* state */
    KEY_STATE_A,   /* state.a */
    KEY_DEEP,      /* state.deep */
    KEY_DEEP_A,    /* state.deep.a */
    KEY_STATE_RAW, /* state.raw, raw */
    KEY_RAW,       /* raw, raw */
    KEY_COUNT
};
extern const char json_keys[];

/* What a reader tells, one value after the other: the key's number, a letter for the type
 * ({ [ s n t f 0), the bytes in < >: "0s<text>3{<>4n<1>". */
struct json_trace {
    size_t len;
    int inside; /* the value goes on */
    enum dps_error error;
    char at[4096];
};

/* Reads `len` bytes at `text`, in pieces of `step`, the first of them of `first` bytes;
 * each piece is a heap block of its own size. */
void json_trace(struct json_trace *trace, const uint8_t *text, size_t len, size_t first,
                size_t step);

/* ---- A registration driven by hand ------------------------------------------------- */

/* device-001 of 0ne00ABCDEF, password "secret", 60 s; the random source says 41, so the
 * first $rid is 42. reg_init() makes it anew from `reg_config`. */
extern struct dps_config reg_config;
extern struct dps_registration reg;
extern struct dps_event reg_event; /* what the last call told */
extern uint32_t reg_now_ms;
void reg_defaults(void);
void reg_init(void);

/* Each gives one MQTT event. An answer is one PUBLISH of the topic status, the $rid and
 * whatever follows it ("&retry-after=1"), in one piece. */
void reg_give(enum dps_mqtt_event_type type);
void reg_suback(uint8_t code);
void reg_message(const char *topic, const char *body);
void reg_answer(unsigned status, unsigned rid, const char *more, const char *body);

/* The packet that it wants sent; whatever was there before is gone. */
enum dps_error reg_connect(uint32_t utc_s, struct dps_mqtt_connect *connect);
void reg_publish(struct dps_mqtt_publish *publish);

/* What it wants sent goes out. */
void reg_send(void);

/* From init on to the state where the answer to the first, or the second, $rid is
 * awaited; or to the wait between them, of one second. */
void reg_to_register(void);
void reg_to_wait(void);
void reg_to_poll(void);

#define REG_ASSIGNING "{\"operationId\":\"op-1\",\"status\":\"assigning\"}"
#define REG_ASSIGNED                                                                     \
    "{\"operationId\":\"op-1\",\"status\":\"assigned\",\"registrationState\":{"          \
    "\"assignedHub\":\"hub.example.net\",\"deviceId\":\"device-one\",\"substatus\":"     \
    "\"initialAssignment\"}}"

void reg_expect_failure(enum dps_layer layer, unsigned error, enum dps_advice advice,
                        int32_t detail);

#endif
