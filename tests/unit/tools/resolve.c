/* SPDX-License-Identifier: MIT
 *
 * tools/dps/resolve.c: literals, a name that every machine has, one that none has. */
#include "tools/dps/resolve.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/wait.h>

#include "tests/unit/tools/tools_tests.h"
#include "tools/dps/signals.h"

static const struct {
    const char *text;
    int family; /* 0: it is no address */
} resolve_row[] = {
    { "127.0.0.1", AF_INET }, { "255.255.255.255", AF_INET }, { "::1", AF_INET6 },
    { "2001:db8::1", AF_INET6 }, { "::ffff:127.0.0.1", AF_INET6 },
    { "", 0 }, { "localhost", 0 }, { "127.1", 0 }, { "127.0.0", 0 }, { "1.2.3.4.5", 0 },
    { "0x7f.0.0.1", 0 }, { "2130706433", 0 }, { "127.0.0.1:80", 0 }, { ":::", 0 },
    { "[::1]", 0 }, { " 127.0.0.1", 0 }, { "256.0.0.1", 0 },
};

START_TEST(resolve_literals)
{
    struct resolved resolved;
    int good = resolve_literal(&resolved, resolve_row[_i].text, 0x1234);

    ck_assert_msg(good == (resolve_row[_i].family != 0), "%s", resolve_row[_i].text);
    if (!good) {
        return;
    }
    ck_assert_uint_eq(resolved.count, 1);
    ck_assert_int_eq(resolved.address[0].ss_family, resolve_row[_i].family);
    ck_assert_uint_eq(
        ntohs(resolve_row[_i].family == AF_INET
                  ? ((struct sockaddr_in *)&resolved.address[0])->sin_port
                  : ((struct sockaddr_in6 *)&resolved.address[0])->sin6_port),
        0x1234);
}
END_TEST

static void resolve_expect_no_child(void)
{
    ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
    ck_assert_int_eq(errno, ECHILD);
}

START_TEST(resolve_names)
{
    struct resolved resolved;

    ck_assert(signals_catch());
    ck_assert_int_eq(resolve_name(&resolved, "localhost", 8883, 5000), RESOLVE_DONE);
    ck_assert_uint_ge(resolved.count, 1);
    resolve_expect_no_child();
    ck_assert_int_eq(resolve_name(&resolved, "a..b", 8883, 5000), RESOLVE_FAILED);
    ck_assert_str_ne(resolved.error, "");
    resolve_expect_no_child();
    ck_assert_int_eq(resolve_name(&resolved, "localhost", 8883, 0), RESOLVE_TIME_OUT);
    resolve_expect_no_child();
}
END_TEST

TCase *tools_resolve_cases(void)
{
    TCase *tcase = tcase_create("resolve");

    tcase_set_timeout(tcase, 20);
    tcase_add_loop_test(tcase, resolve_literals, 0,
                        sizeof resolve_row / sizeof resolve_row[0]);
    tcase_add_test(tcase, resolve_names);
    return tcase;
}
