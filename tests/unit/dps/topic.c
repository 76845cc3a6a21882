/* SPDX-License-Identifier: MIT
 *
 * Topics against the service's article, and what SDKs and their tests write. */
#include "dps/topic.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/dps/dps_tests.h"

enum { NONE = 0 };

static const struct {
    const char *name;
    const char *topic;
    unsigned status;
    const char *rid;
    uint32_t retry_after_s; /* NONE: absent */
} good[] = {
    { "as the service sends it", "$dps/registrations/res/202/?$rid=1&retry-after=3", 202,
      "1", 3 },
    { "the last answer has no retry-after", "$dps/registrations/res/200/?$rid=2", 200,
      "2", NONE },
    { "an error", "$dps/registrations/res/401/?$rid=1", 401, "1", NONE },
    { "any order", "$dps/registrations/res/202/?retry-after=120&$rid=1", 202, "1", 120 },
    { "names without case", "$dps/registrations/res/202/?$RID=1&Retry-After=5", 202, "1",
      5 },
    { "unknown names are ignored",
      "$dps/registrations/res/202/?x=1&$rid=7&y=2&retry-after=4&z=", 202, "7", 4 },
    { "a pair without '=' is ignored", "$dps/registrations/res/202/?x&$rid=7", 202, "7",
      NONE },
    { "empty pairs are ignored", "$dps/registrations/res/202/?&&$rid=7&", 202, "7",
      NONE },
    { "a longer name is another one",
      "$dps/registrations/res/202/?x$rid=1&$rid=2&$ridx=3", 202, "2", NONE },
    { "a name's beginning is another one", "$dps/registrations/res/202/?$ri=1&$rid=2",
      202, "2", NONE },
    { "no search: $rid inside a value", "$dps/registrations/res/202/?x=$rid=1&$rid=2",
      202, "2", NONE },
    { "a value is opaque", "$dps/registrations/res/202/?$rid=a=b%20/?", 202, "a=b%20/?",
      NONE },
    { "an empty value", "$dps/registrations/res/202/?$rid=", 202, "", NONE },
    { "a value's case stays", "$dps/registrations/res/202/?$rid=Ab", 202, "Ab", NONE },
    { "retry-after 0 is 1", "$dps/registrations/res/202/?$rid=1&retry-after=0", 202, "1",
      1 },
    { "of two the last one counts, be it 0",
      "$dps/registrations/res/202/?$rid=1&retry-after=9&retry-after=00", 202, "1", 1 },
    { "';' behind the number", "$dps/registrations/res/202/?$rid=1&retry-after=3;x", 202,
      "1", 3 },
    { "the largest number", "$dps/registrations/res/202/?$rid=1&retry-after=4294967295",
      202, "1", 4294967295 },
    { "one more saturates", "$dps/registrations/res/202/?$rid=1&retry-after=4294967296",
      202, "1", 4294967295 },
    { "many digits saturate",
      "$dps/registrations/res/202/?$rid=1&retry-after=99999999999999999999999990", 202,
      "1", 4294967295 },
    { "leading zeros", "$dps/registrations/res/202/?$rid=1&retry-after=0000000000007",
      202, "1", 7 },
    { "an empty number is absent", "$dps/registrations/res/202/?$rid=1&retry-after=", 202,
      "1", NONE },
    { "a date is absent",
      "$dps/registrations/res/202/?$rid=1&retry-after=Wed, 21 Oct 2026 07:28:00 GMT", 202,
      "1", NONE },
    { "a fraction is absent", "$dps/registrations/res/202/?$rid=1&retry-after=1.5", 202,
      "1", NONE },
    { "a sign is absent", "$dps/registrations/res/202/?$rid=1&retry-after=-1", 202, "1",
      NONE },
    { "';' alone is absent", "$dps/registrations/res/202/?$rid=1&retry-after=;", 202, "1",
      NONE },
    { "the last of two counts",
      "$dps/registrations/res/202/?$rid=1&retry-after=9&retry-after=4", 202, "1", 4 },
    { "the last of two counts, be it none",
      "$dps/registrations/res/202/?$rid=1&retry-after=9&retry-after=x", 202, "1", NONE },
    { "the least status", "$dps/registrations/res/200/?$rid=1", 200, "1", NONE },
    { "the largest status", "$dps/registrations/res/599/?$rid=1", 599, "1", NONE },
};

static struct dps_bytes copy_of(const char *text, size_t len)
{
    struct dps_bytes bytes;
    uint8_t *at = malloc(len != 0 ? len : 1);

    memcpy(at, text, len);
    bytes.at = at;
    bytes.len = len;
    return bytes;
}

START_TEST(topic_is_read)
{
    struct dps_bytes name = copy_of(good[_i].topic, strlen(good[_i].topic));
    struct dps_topic topic;

    ck_assert_msg(dps_topic_read(&topic, name) == DPS_OK, "%s", good[_i].name);
    ck_assert_msg(topic.status == good[_i].status, "%s", good[_i].name);
    ck_assert_msg(topic.rid.len == strlen(good[_i].rid)
                      && memcmp(topic.rid.at, good[_i].rid, topic.rid.len) == 0,
                  "%s", good[_i].name);
    ck_assert_msg(topic.retry_after_s == good[_i].retry_after_s, "%s", good[_i].name);
    free((void *)(uintptr_t)name.at);
}
END_TEST

static const struct {
    const char *name;
    const char *topic;
} bad[] = {
    { "empty", "" },
    { "another topic", "devices/device-001/messages/devicebound/" },
    { "a request's topic", "$dps/registrations/PUT/iotdps-register/?$rid=1" },
    { "the beginning in another case", "$DPS/registrations/res/202/?$rid=1" },
    { "something before the beginning", "x$dps/registrations/res/202/?$rid=1" },
    { "no status", "$dps/registrations/res//?$rid=1" },
    { "two digits", "$dps/registrations/res/20/?$rid=1" },
    { "below 200", "$dps/registrations/res/199/?$rid=1" },
    { "above 599", "$dps/registrations/res/600/?$rid=1" },
    { "four digits, the first a zero", "$dps/registrations/res/0202/?$rid=1" },
    { "four digits", "$dps/registrations/res/2020/?$rid=1" },
    { "no digit", "$dps/registrations/res/2x2/?$rid=1" },
    { "a character below '0'", "$dps/registrations/res/2/2/?$rid=1" },
    { "a character above '9'", "$dps/registrations/res/20:/?$rid=1" },
    { "no '/' behind the status", "$dps/registrations/res/202?$rid=1" },
    { "another character in place of that '/'", "$dps/registrations/res/202x?$rid=1" },
    { "no '?'", "$dps/registrations/res/202/$rid=1" },
    { "another level", "$dps/registrations/res/202/x/?$rid=1" },
    { "nothing behind the status", "$dps/registrations/res/202" },
    { "no pair", "$dps/registrations/res/202/?" },
    { "no $rid", "$dps/registrations/res/202/?retry-after=3" },
    { "$rid without '='", "$dps/registrations/res/202/?$rid" },
    { "two $rid", "$dps/registrations/res/202/?$rid=1&$rid=1" },
    { "two $rid in two cases", "$dps/registrations/res/202/?$rid=1&$RID=2" },
};

START_TEST(topic_is_refused)
{
    struct dps_bytes name = copy_of(bad[_i].topic, strlen(bad[_i].topic));
    struct dps_topic topic;

    ck_assert_msg(dps_topic_read(&topic, name) == DPS_ERR_TOPIC, "%s", bad[_i].name);
    free((void *)(uintptr_t)name.at);
}
END_TEST

/* Each beginning of a good topic is refused until its $rid has a '='. */
START_TEST(topic_is_refused_at_every_cut)
{
    static const char topic[] = "$dps/registrations/res/202/?$rid=12";
    size_t whole = strlen("$dps/registrations/res/202/?$rid=");
    size_t len;

    for (len = 0; len < sizeof topic; len++) {
        struct dps_bytes name = copy_of(topic, len);
        struct dps_topic read;

        ck_assert_uint_eq(dps_topic_read(&read, name),
                          len < whole ? DPS_ERR_TOPIC : DPS_OK);
        free((void *)(uintptr_t)name.at);
    }
}
END_TEST

/* Into `cap` bytes: the whole topic, or full, and nothing behind them. */
static void is_written(size_t cap, uint32_t rid, const char *operation_id,
                       const char *wanted)
{
    char out[200];
    struct dps_text text = { out, out + cap };
    size_t len = strlen(wanted);

    memset(out, '!', sizeof out);
    dps_topic_write(&text, rid, operation_id);
    ck_assert_ptr_eq(text.at, out + (cap < len ? cap : len));
    ck_assert_int_eq(out[cap], '!');
    ck_assert_mem_eq(out, wanted, cap < len ? cap : len);
}

START_TEST(topic_of_a_request)
{
    static const char operation[] =
        "5.316aac5bdc130deb.b1e02da8-c3a0-4ff2-a121-7ea7a6b7f550";
    static const char register_topic[] = "$dps/registrations/PUT/iotdps-register/?$rid=1";
    static const char poll_topic[] =
        "$dps/registrations/GET/iotdps-get-operationstatus/?$rid=4294967295&operationId="
        "5.316aac5bdc130deb.b1e02da8-c3a0-4ff2-a121-7ea7a6b7f550";
    size_t cap;

    for (cap = 0; cap < 200; cap++) {
        is_written(cap, 1, NULL, register_topic);
        is_written(cap, UINT32_MAX, operation, poll_topic);
    }
}
END_TEST

/* What topic.h and the check of DPS_TEXT say. */
START_TEST(topic_lengths_are_as_documented)
{
    char out[200];
    struct dps_text text = { out, out + sizeof out };

    dps_topic_write(&text, UINT32_MAX, NULL);
    ck_assert_ptr_eq(text.at, out + 55);
    dps_topic_write(&text, UINT32_MAX, "");
    ck_assert_ptr_eq(text.at, out + 55 + 79);
}
END_TEST

TCase *dps_topic_cases(void)
{
    TCase *cases = tcase_create("topic");

    tcase_add_loop_test(cases, topic_is_read, 0, sizeof good / sizeof good[0]);
    tcase_add_loop_test(cases, topic_is_refused, 0, sizeof bad / sizeof bad[0]);
    tcase_add_test(cases, topic_is_refused_at_every_cut);
    tcase_add_test(cases, topic_of_a_request);
    tcase_add_test(cases, topic_lengths_are_as_documented);
    return cases;
}
