/* SPDX-License-Identifier: MIT
 *
 * dps register: options to settings (settings.c), the host's name to addresses
 * (resolve.c), then TCP, TLS, perhaps the trace, and the client in one loop, whose events
 * are told on standard error as they come; at last the assignment, or why there is none,
 * on standard output (result.c). */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "dps/client.h"
#include "dps/json.h"
#include "sas/wipe.h"
#include "tls/profile.h"
#include "tls/tcp.h"
#include "tls/tls.h"
#include "tools/common/escape.h"
#include "tools/common/random.h"
#include "tools/dps/command.h"
#include "tools/dps/resolve.h"
#include "tools/dps/result.h"
#include "tools/dps/settings.h"
#include "tools/dps/signals.h"
#include "tools/dps/spool.h"
#include "tools/dps/suite.h"
#include "tools/dps/trace.h"

enum {
    REGISTER_RECORD = 16384, /* what a peer may put into one record (RFC 5246 6.2.1) */
    REGISTER_TURN_MS = 250,  /* the longest sleep: while TCP goes through its addresses
                              * nothing but time moves it on */
    REGISTER_GRACE_MS = 300, /* how far past --timeout the last word may go, and how long
                              * a connection may take to end after a signal */
    REGISTER_TEXT = 1024
};

/* One registration: everything from the options to the payload. */
struct register_run {
    struct settings settings;
    struct resolved resolved;
    struct dps_config config;
    struct dps_tls_config secure;
    br_x509_minimal_context x509;
    struct dps_tcp tcp;
    struct dps_tls tls;
    struct trace trace;
    struct dps_stream *top;  /* the one that the client gets */
    struct dps_client client;
    struct spool spool;
    uint32_t started_ms;
    uint32_t limit_ms;       /* --timeout */
    int is_connected;        /* TCP was told */
    int json;
    uint8_t records[REGISTER_RECORD + DPS_TLS_OVERHEAD];
};

static uint32_t register_elapsed_ms(const struct register_run *r)
{
    return dps_tcp_now(NULL).ms - r->started_ms;
}

/* ---- Ends -------------------------------------------------------------------------- */

/* An end that the library has no failure for. */
static int register_refuse(int json, enum result_kind kind, const char *message)
{
    const struct result_failure failure = { kind, message, 0, 0, 0, "" };

    return result_print_failure(&failure, json);
}

static int register_time_out(const struct register_run *r, const char *where)
{
    char text[200];

    snprintf(text, sizeof text, "%s after %lu s (--timeout)", where,
             r->settings.timeout_s);
    return register_refuse(r->json, RESULT_TIMEOUT, text);
}

/* The library's failure. It has no words for an errno, which is the system's. */
static int register_failed(const struct register_run *r)
{
    const struct dps_failure *why = dps_client_failure(&r->client);
    const struct dps_refusal *refusal = dps_client_refusal(&r->client);
    char text[REGISTER_TEXT + 100];
    struct result_failure failure = { result_of_failure(why), text, refusal->status,
                                      refusal->error_code, refusal->retry_after_s,
                                      refusal->tracking_id };

    dps_failure_text(&r->client, text, REGISTER_TEXT);
    if (why->layer == DPS_LAYER_NETWORK && why->detail > 0) {
        size_t len = strlen(text);

        snprintf(text + len, sizeof text - len, "; the system says: %s",
                 strerror((int)why->detail));
    }
    if (why->layer == DPS_LAYER_TIME && why->error == DPS_ERR_RETRY_AFTER
        && why->detail > 0) {
        failure.retry_after_s = (uint32_t)why->detail;
    }
    return result_print_failure(&failure, r->json);
}

static int register_assigned(const struct register_run *r)
{
    const struct result_assignment result = {
        dps_client_assignment(&r->client), r->settings.registration_id,
        dps_client_operation_id(&r->client), r->spool.file, dps_client_polls(&r->client),
        register_elapsed_ms(r),
    };

    return result_print_assignment(&result, r->json);
}

/* ---- Progress ---------------------------------------------------------------------- */

static void register_tell_addresses(const struct resolved *resolved, const char *how,
                                    const char *host)
{
    uint32_t i;

    fprintf(stderr, "%s %s:", how, host); /* the name was checked: harmless */
    for (i = 0; i < resolved->count; i++) {
        fputc(' ', stderr);
        resolve_print(stderr, &resolved->address[i]);
    }
    fputc('\n', stderr);
}

/* The stream below TLS has no event of its own. */
static void register_tell_tcp(struct register_run *r)
{
    struct sockaddr_storage peer;
    socklen_t len = sizeof peer;

    if (!r->is_connected
        && getpeername(dps_tcp_fd(&r->tcp), (struct sockaddr *)&peer, &len) == 0) {
        r->is_connected = 1;
        fputs("TCP connected to ", stderr);
        resolve_print(stderr, &peer);
        fprintf(stderr, " port %lu\n", r->settings.port);
    }
}

static void register_tell(const struct register_run *r, const struct dps_event *event)
{
    switch (event->type) {
    case DPS_OPENED:
        fprintf(stderr, "TLS 1.2 with %s, certificate of %s verified\n",
                suite_name(dps_tls_cipher_suite(&r->tls)), r->settings.host);
        break;
    case DPS_CONNECTED:
        fputs("CONNECT accepted\n", stderr);
        break;
    case DPS_SUBSCRIBED:
        fprintf(stderr, "SUBSCRIBE granted QoS %u\n", event->granted);
        break;
    case DPS_REGISTERING:
        fprintf(stderr, "register sent for %s\n", r->settings.registration_id);
        break;
    case DPS_WAITING:
        fprintf(stderr, "the service is assigning: wait %u s\n",
                (unsigned)((event->wait_ms + 999) / 1000));
        break;
    case DPS_POLLING:
        fprintf(stderr, "poll %u sent\n", (unsigned)dps_client_polls(&r->client));
        break;
    case DPS_ASSIGNED:
        fputs("assigned\n", stderr);
        break;
    default: /* DPS_PAYLOAD, and DPS_FAILED, which the end tells */
        break;
    }
}

/* ---- The loop ---------------------------------------------------------------------- */

static void register_wait(struct register_run *r)
{
    int wants = 0;
    uint32_t ms = dps_client_wait(&r->client, &wants);

    signals_wait(dps_tcp_fd(&r->tcp), wants,
                 ms < REGISTER_TURN_MS ? ms : REGISTER_TURN_MS);
}

/* After a signal: the connection has a moment to end. */
static void register_cancel(struct register_run *r)
{
    uint32_t since_ms = register_elapsed_ms(r);
    struct dps_event event;

    dps_client_cancel(&r->client);
    do {
        dps_client_step(&r->client, dps_tcp_now(NULL), &event);
    } while (event.type < DPS_ASSIGNED
             && register_elapsed_ms(r) - since_ms < REGISTER_GRACE_MS);
}

/* What an event asks for besides being told; 0: a piece of the payload cannot be kept. */
static int register_take(struct register_run *r, const struct dps_event *event)
{
    switch (event->type) {
    case DPS_WAITING:
        spool_free(&r->spool); /* of an answer that was not the last one */
        return 1;
    case DPS_PAYLOAD:
        return spool_take(&r->spool, event);
    default:
        return 1;
    }
}

static int register_loop(struct register_run *r)
{
    struct dps_event event;
    char text[200];

    for (;;) {
        dps_client_step(&r->client, dps_tcp_now(NULL), &event);
        register_tell_tcp(r);
        register_tell(r, &event);
        if (!register_take(r, &event)) {
            snprintf(text, sizeof text,
                     "the payload cannot be kept in a temporary file: %s",
                     strerror(errno));
            return register_refuse(r->json, RESULT_INTERNAL, text);
        }
        if (event.type == DPS_ASSIGNED) {
            return register_assigned(r);
        }
        if (event.type == DPS_FAILED) {
            return register_failed(r);
        }
        if (signals_caught()) {
            register_cancel(r);
            return COMMAND_DONE; /* main knows */
        }
        if (register_elapsed_ms(r) >= r->limit_ms + REGISTER_GRACE_MS) {
            return register_time_out(r, "the connection did not end");
        }
        if (event.type == DPS_NOTHING) {
            register_wait(r);
        }
    }
}

/* ---- Streams and client ------------------------------------------------------------ */

/* Settings to what the library takes. */
static void register_configure(struct register_run *r)
{
    const struct settings *s = &r->settings;

    r->secure.server_name = s->host;
    r->secure.anchors = s->anchors;
    r->secure.anchor_count = s->anchor_count;
    r->secure.profile = dps_tls_profile;
    r->secure.x509 = &r->x509;
    r->secure.random.fill = random_fill;
    r->secure.in = r->records; /* one buffer, like a device's */
    r->secure.in_len = sizeof r->records;

    r->config.id_scope = s->id_scope;
    r->config.registration_id = s->registration_id;
    r->config.api_version = s->api_version;
    r->config.payload.at = (const uint8_t *)s->payload.data;
    r->config.payload.len = s->payload.len;
    r->config.password = dps_sas_password;
    r->config.password_context = &r->settings.key.signer;
    r->config.random.fill = random_fill;
    r->config.time_limit_ms = r->limit_ms;
    r->config.qos = (uint8_t)s->qos;
}

/* TCP, TLS, perhaps the trace, the client: each stands on the one before. */
static void register_compose(struct register_run *r, uint32_t left_ms, int with_trace)
{
    r->config.time_limit_ms = left_ms;
    dps_tcp_init(&r->tcp, r->resolved.address, r->resolved.count);
    dps_tls_init(&r->tls, &r->tcp.stream, &r->secure);
    r->top = &r->tls.stream;
    if (with_trace) {
        trace_init(&r->trace, r->top);
        r->top = &r->trace.stream;
    }
    dps_client_init(&r->client, &r->config, r->top);
}

static int register_connect(struct register_run *r, int with_trace)
{
    uint32_t elapsed_ms = register_elapsed_ms(r);
    int status;

    if (elapsed_ms >= r->limit_ms) {
        return register_time_out(r, "no time was left to connect");
    }
    register_compose(r, r->limit_ms - elapsed_ms, with_trace);
    status = register_loop(r);
    r->top->vtable->close(r->top, 1);
    dps_wipe(&r->client, sizeof r->client);
    return status;
}

static int register_resolve(struct register_run *r, int with_trace)
{
    const struct settings *s = &r->settings;
    char text[500];

    if (s->is_connect) {
        r->resolved = s->address;
        register_tell_addresses(&r->resolved, "address given for", s->host);
        return register_connect(r, with_trace);
    }
    switch (resolve_name(&r->resolved, s->host, (uint16_t)s->port, r->limit_ms)) {
    case RESOLVE_DONE:
        register_tell_addresses(&r->resolved, "resolved", s->host);
        return register_connect(r, with_trace);
    case RESOLVE_SIGNAL:
        return COMMAND_DONE; /* main knows */
    case RESOLVE_TIME_OUT:
        return register_time_out(r, "the name server was silent: no address of the host");
    case RESOLVE_FAILED:
    default:
        snprintf(text, sizeof text, "%s cannot be resolved: %s", s->host,
                 r->resolved.error);
        return register_refuse(r->json, RESULT_RESOLVE, text);
    }
}

/* The payload is an object, settings.c has seen to it; yet it does not go out. */
static int register_refuse_payload(const struct register_run *r, const char *name)
{
    char shown[160], text[400];
    struct dps_json json;
    struct dps_json_event event;
    enum dps_error error;

    dps_json_init(&json, "", 0); /* no keys: in one go */
    dps_json_input(&json, r->config.payload.at, r->config.payload.len, &event);
    error = dps_json_end(&json);
    escape_text(shown, sizeof shown, name, strlen(name));
    if (error == DPS_OK) {
        snprintf(text, sizeof text, "--payload %s: with it the register request has more "
                 "than the 96 KB that DPS takes", shown);
    } else if (error == DPS_ERR_JSON_DEPTH) {
        snprintf(text, sizeof text, "--payload %s: objects and arrays nested deeper than "
                 "%d, the reader's limit", shown, DPS_JSON_DEPTH);
    } else {
        snprintf(text, sizeof text, "--payload %s: %s", shown, dps_error_text(error));
    }
    return register_refuse(r->json, RESULT_INPUT, text);
}

/* What the library would refuse is refused before a name server hears of it. */
static int register_check_and_run(struct register_run *r, const char *const value[])
{
    const struct dps_failure *why;

    register_configure(r);
    dps_client_init(&r->client, &r->config, &r->tls.stream);
    why = dps_client_failure(&r->client);
    if (why->layer == DPS_LAYER_NONE) {
        return register_resolve(r, value[SETTINGS_TRACE] != NULL);
    }
    return result_of_failure(why) == RESULT_INPUT
               ? register_refuse_payload(r, value[SETTINGS_PAYLOAD])
               : register_failed(r);
}

/* ---- The command ------------------------------------------------------------------- */

/* Nothing on standard error from now on, whoever writes there. */
static void register_be_quiet(const char *const value[])
{
    if (value[SETTINGS_QUIET] != NULL) {
        FILE *quiet = freopen("/dev/null", "w", stderr);

        (void)quiet; /* null: standard error is closed, which is quiet too */
    }
}

static int register_mistaken(const char *const value[], const char *message)
{
    register_be_quiet(value);
    return register_refuse(value[SETTINGS_JSON] != NULL, RESULT_USAGE, message);
}

static int register_run(const char *const value[])
{
    static struct register_run r;
    char error[REGISTER_TEXT];
    enum result_kind kind;
    int status;

    register_be_quiet(value);
    r.started_ms = dps_tcp_now(NULL).ms;
    r.json = value[SETTINGS_JSON] != NULL;
    kind = settings_read(&r.settings, value, error, sizeof error);
    r.limit_ms = (uint32_t)(r.settings.timeout_s * 1000); /* a day at most */
    if (kind != RESULT_ASSIGNED) {
        status = signals_caught() ? COMMAND_DONE : register_refuse(r.json, kind, error);
    } else {
        status = register_check_and_run(&r, value);
    }
    settings_free(&r.settings);
    spool_free(&r.spool);
    return status;
}

const struct command command_register = {
    "register",
    "registers a device, prints its hub and device ID",
    "--id-scope S --registration-id R --ca FILE [OPTIONS]",
    "Registers a device with DPS; prints the assigned hub and the device ID, a line\n"
    "each. Progress goes to standard error. Exactly one key, given one way, attests the\n"
    "device. SIGINT and SIGTERM end it without a result, with exit status 130 and 143.",
    settings_spec, SETTINGS_OPTIONS, register_run, register_mistaken,
};
