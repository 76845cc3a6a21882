/* SPDX-License-Identifier: MIT
 *
 * getrandom(2), without waiting: right after boot the kernel's pool may not be filled,
 * and "not yet" is an answer that the library has a place for. */
#include "tools/common/random.h"

#include <errno.h>
#include <sys/random.h>

int random_fill(void *unused, uint8_t *out, size_t len)
{
    (void)unused;
    while (len != 0) {
        ssize_t n = getrandom(out, len, GRND_NONBLOCK);

        if (n < 0) {
            return errno == EAGAIN || errno == EINTR ? 0 : -1;
        }
        out += n;
        len -= (size_t)n;
    }
    return 1;
}
