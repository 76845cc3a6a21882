/* SPDX-License-Identifier: MIT
 *
 * The handler writes a byte into a pipe that every wait watches, so a signal that comes
 * just before the wait is not slept through. */
#include "tools/dps/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "tls/stream.h"

/* Microseconds that the orderly way has. */
enum { SIGNALS_GRACE_US = 800000 };

static volatile sig_atomic_t signals_first;
static int signals_pipe[2] = { -1, -1 };

static void signals_on_end(int number)
{
    static const struct itimerval grace = { { 0, 0 }, { 0, SIGNALS_GRACE_US } };
    int kept = errno;

    if (signals_first == 0) {
        ssize_t written = write(signals_pipe[1], "", 1);

        (void)written; /* the first byte in the pipe: there is room */
        signals_first = number;
        (void)setitimer(ITIMER_REAL, &grace, NULL);
    }
    errno = kept;
}

static void signals_on_grace_over(int number)
{
    (void)number;
    _exit(128 + signals_first);
}

int signals_catch(void)
{
    struct sigaction end, over;

    memset(&end, 0, sizeof end);
    memset(&over, 0, sizeof over);
    end.sa_handler = signals_on_end; /* no SA_RESTART: what blocks is to return */
    over.sa_handler = signals_on_grace_over;
    return pipe(signals_pipe) == 0 && fcntl(signals_pipe[0], F_SETFD, FD_CLOEXEC) == 0
           && fcntl(signals_pipe[1], F_SETFD, FD_CLOEXEC) == 0
           && sigaction(SIGALRM, &over, NULL) == 0 && sigaction(SIGINT, &end, NULL) == 0
           && sigaction(SIGTERM, &end, NULL) == 0;
}

int signals_caught(void)
{
    return signals_first;
}

void signals_wait(int fd, int wants, uint32_t ms)
{
    struct pollfd polled[2] = { { -1, POLLIN, 0 }, { -1, 0, 0 } };

    polled[0].fd = signals_pipe[0];
    if (wants != 0) {
        polled[1].fd = fd;
        polled[1].events = (short)(((wants & DPS_WANTS_READ) != 0 ? POLLIN : 0)
                                   | ((wants & DPS_WANTS_WRITE) != 0 ? POLLOUT : 0));
    }
    (void)poll(polled, 2, ms > INT_MAX ? -1 : (int)ms);
}

void signals_release(void)
{
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    signal(SIGALRM, SIG_DFL);
}
