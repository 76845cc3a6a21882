/* SPDX-License-Identifier: MIT
 *
 * Standard input, output and error. */
#include "tools/common/standard.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sas/wipe.h"

static char standard_buffer[8192]; /* a derived key passes through */

void standard_prepare(void)
{
    /* Opened the wrong way round: reading a closed standard input, or writing to a closed
     * standard output, stays an error. Nobody misses standard error. */
    static const int mode[] = { O_WRONLY, O_RDONLY, O_WRONLY };
    int fd;

    for (fd = 0; fd < 3; fd++) {
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", mode[fd]) < 0) {
            _exit(1);
        }
    }
    signal(SIGPIPE, SIG_IGN);
    setvbuf(stdout, standard_buffer, isatty(STDOUT_FILENO) ? _IOLBF : _IOFBF,
            sizeof standard_buffer);
    setvbuf(stderr, NULL, _IOLBF, BUFSIZ);
}

int standard_finish(char *error, size_t error_cap)
{
    int lost = ferror(stdout);

    errno = 0;
    lost |= fflush(stdout);
    dps_wipe(standard_buffer, sizeof standard_buffer);
    if (!lost) {
        return 1;
    }
    snprintf(error, error_cap, "standard output cannot be written%s%s",
             errno != 0 ? ": " : "", errno != 0 ? strerror(errno) : "");
    return 0;
}
