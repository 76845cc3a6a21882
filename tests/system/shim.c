/* SPDX-License-Identifier: MIT
 *
 * What a machine may do to a program, preloaded into it by the system tests:
 *   SHIM_RESOLVE_S=N   getaddrinfo() takes N seconds, as with a dead name server
 *   SHIM_RESOLVE_NO=1  getaddrinfo() knows no name
 *   SHIM_UTC_S=N       the time of day is N seconds after 1970
 *   SHIM_8883=N        an IPv4 connection to port 8883 goes to port N */
#define _GNU_SOURCE

#include <arpa/inet.h>
#include <dlfcn.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

/* dlsym() gives an object pointer, POSIX says that it may hold a function's. */
static void shim_next(void *function, size_t size, const char *name)
{
    void *next = dlsym(RTLD_NEXT, name);

    memcpy(function, &next, size);
}

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
                struct addrinfo **result)
{
    int (*next)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
    const char *seconds = getenv("SHIM_RESOLVE_S");

    if (seconds != NULL) {
        sleep((unsigned)atoi(seconds));
    }
    if (getenv("SHIM_RESOLVE_NO") != NULL) {
        return EAI_NONAME;
    }
    shim_next(&next, sizeof next, "getaddrinfo");
    return next(node, service, hints, result);
}

int connect(int file, const struct sockaddr *address, socklen_t len)
{
    int (*next)(int, const struct sockaddr *, socklen_t);
    const char *port = getenv("SHIM_8883");
    struct sockaddr_in other;

    shim_next(&next, sizeof next, "connect");
    if (port == NULL || address->sa_family != AF_INET) {
        return next(file, address, len);
    }
    memcpy(&other, address, sizeof other);
    if (other.sin_port == htons(8883)) {
        other.sin_port = htons((unsigned short)atoi(port));
    }
    return next(file, (const struct sockaddr *)&other, sizeof other);
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
    int (*next)(clockid_t, struct timespec *);
    const char *seconds = getenv("SHIM_UTC_S");
    int result;

    shim_next(&next, sizeof next, "clock_gettime");
    result = next(clock, now);
    if (result == 0 && clock == CLOCK_REALTIME && seconds != NULL) {
        now->tv_sec = (time_t)atoll(seconds);
    }
    return result;
}

time_t time(time_t *out)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    if (out != NULL) {
        *out = now.tv_sec;
    }
    return now.tv_sec;
}
