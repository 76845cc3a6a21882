/* SPDX-License-Identifier: MIT
 *
 * The poll loop: two listening sockets, one pipe that says stop, and all connections. */
#ifndef TOOLS_EMULATOR_LOOP_H
#define TOOLS_EMULATOR_LOOP_H

#include "tools/emulator/credentials.h"
#include "tools/emulator/service.h"

struct loop {
    int stop_fd;      /* readable: end */
    int mqtt_fd;      /* listening */
    int websocket_fd; /* listening; every connection is closed at once */
    struct service *service;
    const struct credentials *credentials;
};

/** Serves until `stop_fd` is readable; all connections are closed and freed then. Returns
 * 0, or -1 when poll fails or memory runs out. Closes no descriptor of `loop`. */
int loop_run(const struct loop *loop);

#endif
