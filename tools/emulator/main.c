/* SPDX-License-Identifier: MIT
 *
 * dps-emulator: a Device Provisioning Service endpoint on this machine. Options -> files
 * read and checked -> both ports opened -> ports file -> the poll loop, until SIGINT or
 * SIGTERM. Everything that can be wrong is told before a device can connect. */
#include <errno.h>
#include <fcntl.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/common/escape.h"
#include "tools/common/file.h"
#include "tools/common/options.h"
#include "tools/common/random.h"
#include "tools/common/standard.h"
#include "tools/common/version.h"
#include "tools/emulator/credentials.h"
#include "tools/emulator/enrollments.h"
#include "tools/emulator/listen.h"
#include "tools/emulator/log.h"
#include "tools/emulator/loop.h"
#include "tools/emulator/service.h"

enum { MAIN_OK = 0, MAIN_INTERNAL = 1, MAIN_USAGE = 2, MAIN_PORT_TAKEN = 3 };
enum { MAIN_PEM_MAX = 1 << 20, MAIN_ENROLLMENTS_MAX = 64 << 20, MAIN_SHOWN = 256 };

enum {
    OPT_LISTEN, OPT_PORT, OPT_WS_PORT, OPT_PORTS_FILE, OPT_CERTIFICATE, OPT_PRIVATE_KEY,
    OPT_CLIENT_CA, OPT_ENROLLMENTS, OPT_PUBLIC, OPT_LOG, OPT_HELP, OPT_VERSION, OPT_COUNT
};

static const struct option_spec main_spec[OPT_COUNT] = {
    [OPT_LISTEN] = { "listen", "ADDRESS",
                     "IPv4 or IPv6 address to listen on, default\n"
                     "127.0.0.1; another than loopback needs --public" },
    [OPT_PORT] = { "port", "P", "MQTT over TLS, default 8883; 0 takes a free one" },
    [OPT_WS_PORT] = { "ws-port", "P",
                      "MQTT over WebSocket, default 8443; 0 takes a free\n"
                      "one (not yet: connections are closed)" },
    [OPT_PORTS_FILE] = { "ports-file", "FILE",
                         "written once listening: mqtt=PORT and\n"
                         "ws=PORT, a line each" },
    [OPT_CERTIFICATE] = { "certificate", "PEM",
                          "server certificate chain, leaf first;\n"
                          "required" },
    [OPT_PRIVATE_KEY] = { "private-key", "PEM", "its RSA or EC key; required" },
    [OPT_CLIENT_CA] = { "client-ca", "FILE", "anchors for X.509 attestation (not yet)" },
    [OPT_ENROLLMENTS] = { "enrollments", "FILE", "JSON; default: the demo enrollment" },
    [OPT_PUBLIC] = { "public", NULL, "allow --listen to be no loopback address" },
    [OPT_LOG] = { "log", NULL, "a line an event on standard error" },
    [OPT_HELP] = { "help", NULL, "this text" },
    [OPT_VERSION] = { "version", NULL, "the version" },
};

struct main_setup {
    const char *value[OPT_COUNT];
    const char *address;
    uint16_t mqtt_port, websocket_port;
    struct credentials credentials;
    struct enrollments enrollments;
    int mqtt_fd, websocket_fd;
};

/* ---- messages ---------------------------------------------------------------------- */

static int main_usage(const char *what, const char *why)
{
    fprintf(stderr, "dps-emulator: %s: %s\n", what, why);
    return MAIN_USAGE;
}

/* The same about a file that an option names. */
static int main_bad_file(const char *option, const char *name, const char *why)
{
    char shown[MAIN_SHOWN];

    fprintf(stderr, "dps-emulator: %s %s: %s\n", option,
            escape_text(shown, sizeof shown, name, strlen(name)), why);
    return MAIN_USAGE;
}

/* After something was printed on standard output. */
static int main_printed(void)
{
    char error[MAIN_SHOWN];

    if (standard_finish(error, sizeof error)) {
        return MAIN_OK;
    }
    fprintf(stderr, "dps-emulator: %s\n", error);
    return MAIN_INTERNAL;
}

static int main_help(void)
{
    printf(
        "dps-emulator --certificate PEM --private-key PEM [OPTIONS]\n\n"
        "A Device Provisioning Service endpoint on this machine: MQTT 3.1.1 over\n"
        "TLS 1.2. Stops on SIGINT and SIGTERM. Exit: 0 stopped, 2 an option or a file\n"
        "is wrong, 3 a port is taken, 1 anything else.\n\n");
    options_help(stdout, main_spec, OPT_COUNT);
    return main_printed();
}

static int main_version(void)
{
    printf("dps-emulator %s\n", TINYDPS_VERSION);
    return main_printed();
}

/* ---- options ----------------------------------------------------------------------- */

static bool main_port(const char *text, uint16_t *port)
{
    unsigned long number = *port;

    if (text != NULL && !number_parse(text, 0, 65535, &number)) {
        return false;
    }
    *port = (uint16_t)number;
    return true;
}

static int main_check_options(struct main_setup *setup)
{
    bool loopback;

    setup->address =
        setup->value[OPT_LISTEN] == NULL ? "127.0.0.1" : setup->value[OPT_LISTEN];
    setup->mqtt_port = 8883;
    setup->websocket_port = 8443;
    if (!main_port(setup->value[OPT_PORT], &setup->mqtt_port)) {
        return main_usage("--port", "must be a number from 0 to 65535");
    }
    if (!main_port(setup->value[OPT_WS_PORT], &setup->websocket_port)) {
        return main_usage("--ws-port", "must be a number from 0 to 65535");
    }
    if (!listen_is_address(setup->address, &loopback)) {
        return main_usage("--listen", "must be an IPv4 or IPv6 address");
    }
    if (!loopback && setup->value[OPT_PUBLIC] == NULL) {
        return main_usage("--listen", "not a loopback address: others could reach this "
                                      "emulator; say --public if they may");
    }
    if (setup->value[OPT_CLIENT_CA] != NULL) {
        return main_usage("--client-ca", "X.509 attestation: not yet");
    }
    if (setup->value[OPT_CERTIFICATE] == NULL) {
        return main_usage("--certificate", "required: the server's chain in PEM");
    }
    if (setup->value[OPT_PRIVATE_KEY] == NULL) {
        return main_usage("--private-key", "required: the certificate's key in PEM");
    }
    return MAIN_OK;
}

/* ---- files ------------------------------------------------------------------------- */

static int main_load_credentials(struct main_setup *setup)
{
    static const char *const options[] = { "--certificate", "--private-key" };
    const char *const names[] = { setup->value[OPT_CERTIFICATE],
                                  setup->value[OPT_PRIVATE_KEY] };
    struct file files[2] = { { NULL, 0 }, { NULL, 0 } };
    char error[MAIN_SHOWN];
    const char *why = NULL;
    int which = 0, result = MAIN_OK;

    if (!file_read_option(&files[0], options[0], names[0], MAIN_PEM_MAX, error,
                          sizeof error)
        || !file_read_option(&files[1], options[1], names[1], MAIN_PEM_MAX, error,
                             sizeof error)) {
        fprintf(stderr, "dps-emulator: %s\n", error);
        result = MAIN_USAGE;
    } else {
        why = credentials_load(&setup->credentials, files[0].data, files[0].len,
                               files[1].data, files[1].len, &which);
    }
    if (why != NULL) {
        result = main_bad_file(options[which], names[which], why);
    }
    file_free(&files[0]);
    file_free(&files[1]);
    return result;
}

static int main_load_enrollments(struct main_setup *setup)
{
    const char *name = setup->value[OPT_ENROLLMENTS];
    struct file file = { NULL, 0 };
    struct document_why why;
    char error[MAIN_SHOWN];
    int result = MAIN_OK;

    if (name != NULL
        && !file_read_option(&file, "--enrollments", name, MAIN_ENROLLMENTS_MAX, error,
                             sizeof error)) {
        fprintf(stderr, "dps-emulator: %s\n", error);
        result = MAIN_USAGE;
    } else if (enrollments_read(&setup->enrollments, file.data, file.len, &why) != 0) {
        result = main_bad_file("--enrollments", name, why.text);
    }
    file_free(&file);
    return result;
}

/* ---- ports ------------------------------------------------------------------------- */

static int main_open_port(const struct main_setup *setup, const char *option,
                          uint16_t *port, int *fd)
{
    const char *hint = "";
    bool wrong_address;

    *fd = listen_open(setup->address, port);
    if (*fd >= 0) {
        return MAIN_OK;
    }
    wrong_address = errno == EADDRNOTAVAIL || errno == EAFNOSUPPORT;
    if (errno == EADDRINUSE) {
        hint = "; take another one, or 0 for a free one";
    }
    fprintf(stderr, "dps-emulator: %s: cannot listen on %s port %u: %s%s\n",
            wrong_address ? "--listen" : option, setup->address, *port, strerror(errno),
            hint);
    return wrong_address ? MAIN_USAGE : MAIN_PORT_TAKEN;
}

static int main_bad_ports(const char *name, const char *why)
{
    return main_bad_file("--ports-file", name, why);
}

/* Whether the ports file may be removed or replaced: only a regular file is. A symbolic
 * link is refused wherever it leads, because rename() would replace the link, and not
 * what it leads to; and a device such as /dev/full would be gone from the machine. */
static int main_check_ports_file(const char *name)
{
    struct stat there;

    if (lstat(name, &there) == 0 && !S_ISREG(there.st_mode)) {
        return main_bad_ports(name, "the ports file must be a regular file, or not be "
                                    "there yet; this is something else, left as it is");
    }
    return MAIN_OK;
}

/* The ports file of an earlier run would mislead, whatever becomes of this one. */
static int main_remove_ports(const struct main_setup *setup)
{
    const char *name = setup->value[OPT_PORTS_FILE];
    int result = name == NULL ? MAIN_OK : main_check_ports_file(name);

    if (name != NULL && result == MAIN_OK && unlink(name) != 0 && errno != ENOENT) {
        return main_bad_ports(name, strerror(errno));
    }
    return result;
}

/* Writes a file that is not there yet, and leaves none behind when that fails. */
static int main_write_new(const struct main_setup *setup, const char *name)
{
    FILE *out = fopen(name, "wx");
    bool written;
    int error;

    if (out == NULL) {
        return main_bad_ports(name, strerror(errno));
    }
    written = fprintf(out, "mqtt=%u\nws=%u\n", setup->mqtt_port, setup->websocket_port)
              > 0;
    if (fclose(out) == 0 && written) {
        return MAIN_OK;
    }
    error = errno;
    unlink(name);
    return main_bad_ports(name, strerror(error));
}

/* Writes a temporary file beside it and renames that, so that a reader sees all or
 * nothing. */
static int main_write_ports(const struct main_setup *setup)
{
    const char *name = setup->value[OPT_PORTS_FILE];
    size_t size = strlen(name) + 32;
    char *temporary = malloc(size);
    int result;

    if (temporary == NULL) {
        return main_bad_ports(name, "not enough memory");
    }
    snprintf(temporary, size, "%s.%ld.tmp", name, (long)getpid());
    result = main_write_new(setup, temporary);
    if (result == MAIN_OK) {
        result = main_check_ports_file(name); /* it may have come in the meantime */
        if (result == MAIN_OK && rename(temporary, name) != 0) {
            result = main_bad_ports(name, strerror(errno));
        }
        if (result != MAIN_OK) {
            unlink(temporary);
        }
    }
    free(temporary);
    return result;
}

static int main_open_ports(struct main_setup *setup)
{
    int result =
        main_open_port(setup, "--port", &setup->mqtt_port, &setup->mqtt_fd);

    if (result == MAIN_OK) {
        result = main_open_port(setup, "--ws-port", &setup->websocket_port,
                                &setup->websocket_fd);
    }
    if (result == MAIN_OK && setup->value[OPT_PORTS_FILE] != NULL) {
        result = main_write_ports(setup);
    }
    return result;
}

/* ---- signals ----------------------------------------------------------------------- */

static int main_stop_pipe[2] = { -1, -1 };

static void main_on_signal(int signal_number)
{
    int error = errno;
    ssize_t written = write(main_stop_pipe[1], "", 1);

    (void)signal_number;
    (void)written; /* a full pipe says it as well */
    errno = error;
}

static bool main_catch_signals(void)
{
    struct sigaction action;

    if (pipe(main_stop_pipe) != 0 || fcntl(main_stop_pipe[1], F_SETFL, O_NONBLOCK) != 0) {
        return false;
    }
    memset(&action, 0, sizeof action);
    action.sa_handler = main_on_signal;
    sigemptyset(&action.sa_mask);
    return sigaction(SIGINT, &action, NULL) == 0
           && sigaction(SIGTERM, &action, NULL) == 0;
}

/* ---- all of it --------------------------------------------------------------------- */

static int main_serve(struct main_setup *setup)
{
    struct service service;
    struct loop loop = { main_stop_pipe[0], setup->mqtt_fd, setup->websocket_fd, &service,
                         &setup->credentials };
    int result;

    if (setup->value[OPT_LOG] != NULL) {
        log_open();
    }
    fprintf(stderr, "dps-emulator: ID scope %s; listening on %s, MQTT %u, WebSocket %u\n",
            setup->enrollments.id_scope, setup->address, setup->mqtt_port,
            setup->websocket_port);
    service_init(&service, &setup->enrollments);
    result = loop_run(&loop);
    service_free(&service);
    if (result != 0) {
        fprintf(stderr, "dps-emulator: poll: %s\n", strerror(errno));
        return MAIN_INTERNAL;
    }
    return MAIN_OK;
}

static int main_run(struct main_setup *setup)
{
    uint8_t probe[1];
    int result;

    if (random_fill(NULL, probe, sizeof probe) != 1 || !main_catch_signals()) {
        fprintf(stderr,
                "dps-emulator: the system gives no random numbers or no signals\n");
        return MAIN_INTERNAL;
    }
    result = main_remove_ports(setup);
    if (result == MAIN_OK) {
        result = main_check_options(setup);
    }
    if (result == MAIN_OK) {
        result = main_load_credentials(setup);
    }
    if (result == MAIN_OK) {
        result = main_load_enrollments(setup);
    }
    if (result == MAIN_OK) {
        result = main_open_ports(setup);
    }
    return result == MAIN_OK ? main_serve(setup) : result;
}

static void main_close(int fd)
{
    if (fd >= 0) {
        close(fd);
    }
}

/* What a connection took goes back to the system when it ends. glibc would keep most of
 * it, more from one burst of devices to the next, and that looks like a leak. */
static void main_keep_no_memory(void)
{
#ifdef __GLIBC__
    mallopt(M_MMAP_THRESHOLD, 16384); /* the TLS records have a mapping of their own */
    mallopt(M_TRIM_THRESHOLD, 16384);
    mallopt(M_TOP_PAD, 0);
#endif
}

int main(int argc, char **argv)
{
    static struct main_setup setup; /* large; and zero, so that all of it may be freed */
    struct options options = { main_spec, OPT_COUNT, setup.value, "" };
    int result;

    standard_prepare();
    main_keep_no_memory();
    setup.mqtt_fd = setup.websocket_fd = -1;
    if (!options_parse(&options, argc, argv)) {
        fprintf(stderr, "dps-emulator: %s\n", options.error);
        main_remove_ports(&setup);
        return MAIN_USAGE;
    }
    if (setup.value[OPT_HELP] != NULL) {
        return main_help();
    }
    if (setup.value[OPT_VERSION] != NULL) {
        return main_version();
    }
    result = main_run(&setup);
    main_close(setup.mqtt_fd);
    main_close(setup.websocket_fd);
    main_close(main_stop_pipe[0]);
    main_close(main_stop_pipe[1]);
    credentials_free(&setup.credentials);
    enrollments_free(&setup.enrollments);
    return result;
}
