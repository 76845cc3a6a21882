/* SPDX-License-Identifier: MIT
 *
 * Every error of the room has words of its own, and the advice of its range. */
#include <check.h>
#include <string.h>

#include "tls/anchors.h"
#include "tls/inner.h"

static const struct {
    enum dps_stream_error error;
    enum dps_advice advice;
} errors[] = {
    { DPS_STREAM_ERR_NO_ADDRESS, DPS_ADVICE_FIX },
    { DPS_STREAM_ERR_SERVER_NAME, DPS_ADVICE_FIX },
    { DPS_STREAM_ERR_NO_ANCHORS, DPS_ADVICE_FIX },
    { DPS_STREAM_ERR_CLOCK, DPS_ADVICE_FIX },
    { DPS_STREAM_ERR_RANDOM, DPS_ADVICE_FIX },
    { DPS_STREAM_ERR_BUFFER, DPS_ADVICE_FIX },
    { DPS_STREAM_ERR_CONNECT, DPS_ADVICE_RETRY },
    { DPS_STREAM_ERR_READ, DPS_ADVICE_RETRY },
    { DPS_STREAM_ERR_WRITE, DPS_ADVICE_RETRY },
    { DPS_STREAM_ERR_OPEN_TIME, DPS_ADVICE_RETRY },
    { DPS_STREAM_ERR_CLOSED_EARLY, DPS_ADVICE_RETRY },
    { DPS_STREAM_ERR_TRUNCATED, DPS_ADVICE_RETRY },
    { DPS_STREAM_ERR_RECORD, DPS_ADVICE_RETRY },
    { DPS_STREAM_ERR_CERTIFICATE, DPS_ADVICE_FIX },
    { DPS_STREAM_ERR_RECORD_TOO_LARGE, DPS_ADVICE_FIX },
    { DPS_STREAM_ERR_HANDSHAKE, DPS_ADVICE_GIVE_UP },
};
enum { ERRORS = sizeof errors / sizeof errors[0] };

START_TEST(stream_error_has_text_and_advice)
{
    struct dps_failure failure;
    int i;

    ck_assert_int_eq(dps_stream_fail(&failure, DPS_LAYER_TLS, errors[_i].error, -7),
                     DPS_STREAM_FAILED);
    ck_assert_uint_eq(failure.layer, DPS_LAYER_TLS);
    ck_assert_uint_eq(failure.error, errors[_i].error);
    ck_assert_uint_eq(failure.advice, errors[_i].advice);
    ck_assert_int_eq(failure.detail, -7);
    ck_assert_str_ne(dps_stream_error_text(errors[_i].error), "unknown error");
    for (i = 0; i < _i; i++) {
        ck_assert_str_ne(dps_stream_error_text(errors[_i].error),
                         dps_stream_error_text(errors[i].error));
    }
}
END_TEST

/* What the table above lists is all there is. */
START_TEST(stream_error_table_is_whole)
{
    int value, known = 0;

    for (value = 0; value < 256; value++) {
        known += strcmp(dps_stream_error_text((enum dps_stream_error)value),
                        "unknown error") != 0;
    }
    ck_assert_int_eq(known, ERRORS + 1); /* and DPS_STREAM_OK */
}
END_TEST

START_TEST(pem_error_has_text)
{
    int i;

    for (i = 0; i < _i; i++) {
        ck_assert_str_ne(dps_tls_pem_error_text((enum dps_tls_pem_error)_i),
                         dps_tls_pem_error_text((enum dps_tls_pem_error)i));
    }
    ck_assert_str_ne(dps_tls_pem_error_text((enum dps_tls_pem_error)_i), "unknown error");
}
END_TEST

static const struct {
    enum dps_stream_error error;
    int32_t detail;
    const char *says; /* is in it; empty: nothing is said */
} details[] = {
    { DPS_STREAM_ERR_CERTIFICATE, 54, "clock" },
    { DPS_STREAM_ERR_CERTIFICATE, 56, "name" },
    { DPS_STREAM_ERR_CERTIFICATE, 62, "trust anchor" },
    { DPS_STREAM_ERR_HANDSHAKE, 296, "handshake_failure" }, /* RFC 5246 7.2: 40 */
    { DPS_STREAM_ERR_HANDSHAKE, 326, "protocol_version" },  /* 70 */
    { DPS_STREAM_ERR_HANDSHAKE, 256 + 99, "alert" },
    { DPS_STREAM_ERR_RECORD, 7, "damaged" },
    { DPS_STREAM_ERR_RECORD, 99, "" },
    { DPS_STREAM_ERR_CONNECT, 7, "" }, /* an errno */
};

START_TEST(stream_detail_has_text)
{
    const char *text = dps_stream_detail_text(details[_i].error, details[_i].detail);

    ck_assert_ptr_nonnull(text);
    ck_assert_ptr_nonnull(strstr(text, details[_i].says));
    ck_assert_int_eq(text[0] == '\0', details[_i].says[0] == '\0');
}
END_TEST

TCase *tls_text_cases(void);
TCase *tls_text_cases(void)
{
    TCase *cases = tcase_create("text");

    tcase_add_loop_test(cases, stream_error_has_text_and_advice, 0, ERRORS);
    tcase_add_test(cases, stream_error_table_is_whole);
    tcase_add_loop_test(cases, pem_error_has_text, 0, DPS_TLS_PEM_ERR_SPACE + 1);
    tcase_add_loop_test(cases, stream_detail_has_text, 0,
                        (int)(sizeof details / sizeof details[0]));
    return cases;
}
