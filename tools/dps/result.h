/* SPDX-License-Identifier: MIT
 *
 * How `dps register` ends: which exit status and which words an end has, and how it is
 * printed, as text or as one JSON object.
 *
 *     failure.kind = result_of_failure(dps_client_failure(&client));
 *     failure.message = text;
 *     return result_print_failure(&failure, json); */
#ifndef TOOLS_DPS_RESULT_H
#define TOOLS_DPS_RESULT_H

#include <stdint.h>
#include <stdio.h>

#include "dps/response.h"
#include "tls/stream.h"

/** The ends, a row each of the table of exit statuses. */
enum result_kind {
    RESULT_ASSIGNED = 0,
    RESULT_INTERNAL,
    RESULT_USAGE,
    RESULT_INPUT,
    RESULT_CLOCK,
    RESULT_RESOLVE,
    RESULT_CONNECT,
    RESULT_CLOSED,
    RESULT_HANDSHAKE,
    RESULT_CERTIFICATE,
    RESULT_PROTOCOL,
    RESULT_CONNACK_REFUSED,
    RESULT_CONNACK_UNAUTHORIZED,
    RESULT_CONNACK_UNAVAILABLE,
    RESULT_SUBSCRIPTION,
    RESULT_UNAUTHORIZED,
    RESULT_REJECTED,
    RESULT_FAILED,
    RESULT_DISABLED,
    RESULT_UNASSIGNED,
    RESULT_UNAVAILABLE,
    RESULT_TIMEOUT,
    RESULT_KINDS
};

struct result_words {
    int exit;          /* exit status */
    const char *layer; /* "" with RESULT_ASSIGNED */
    const char *error;
};

/** The exit status and the words of `kind`, below RESULT_KINDS. */
const struct result_words *result_words(enum result_kind kind);

/** Which end a failure of the library is. */
enum result_kind result_of_failure(const struct dps_failure *failure);

struct result_failure {
    enum result_kind kind;
    const char *message;       /* UTF-8; may hold a peer's text */
    uint32_t status_code;      /* of the answer's topic; 0: not known */
    uint32_t error_code;       /* the service's; 0: not known */
    uint32_t retry_after_s;    /* 0: not known */
    const char *tracking_id;   /* "": not known */
};

/** Prints a failure: the message to standard error, and with `json` an object to standard
 * output. Returns the exit status. */
int result_print_failure(const struct result_failure *failure, int json);

struct result_assignment {
    const struct dps_assignment *assignment;
    const char *registration_id, *operation_id;
    FILE *payload;             /* raw JSON, read from its start; null: none came */
    uint32_t polls;            /* sent */
    uint32_t elapsed_ms;
};

/** Prints an assignment to standard output: hub and device ID, a line each, or with
 * `json` one object, in ASCII but for the payload, which stands as it came. Returns the
 * exit status. */
int result_print_assignment(const struct result_assignment *result, int json);

/** Copies JSON to `out` for a terminal: what JSON allows in strings and a terminal should
 * not get (escape_is_harmless(): DEL, C1, bidirectional controls) becomes \uXXXX, and a
 * carriage return between tokens a blank; the value is the same. */
void result_copy_harmless(FILE *out, FILE *json);

#endif
