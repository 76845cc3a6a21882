/* SPDX-License-Identifier: MIT
 *
 * Topic filters: the standard's own examples, and every small filter with every small
 * topic against a slow matcher. */
#include "mqtt/filter.h"

#include <string.h>

#include "mqtt/server.h"
#include "mqtt/writer.h"
#include "tests/row.h"
#include "tests/unit/mqtt/mqtt_tests.h"

static struct dps_bytes bytes_of(const char *text)
{
    struct dps_bytes bytes = { (const uint8_t *)text, strlen(text) };

    return bytes;
}

static int matches(const char *topic_filter, const char *topic)
{
    return dps_mqtt_filter_matches(bytes_of(topic_filter), bytes_of(topic));
}

/* ---- The standard's examples (4.7.1 to 4.7.3) -------------------------------------- */

static const struct {
    const char *name, *topic_filter, *topic;
    int is_match;
} match[] = {
    { "M sport/tennis/player1/# sport/tennis/player1", "sport/tennis/player1/#",
      "sport/tennis/player1", 1 },
    { "M sport/tennis/player1/# sport/tennis/player1/ranking", "sport/tennis/player1/#",
      "sport/tennis/player1/ranking", 1 },
    { "M sport/tennis/player1/# sport/tennis/player1/score/wimbledon", "sport/tennis/player1/#",
      "sport/tennis/player1/score/wimbledon", 1 },
    { "M sport/# sport", "sport/#", "sport", 1 },
    { "M sport/# sports", "sport/#", "sports", 0 },
    { "M # a/b/c", "#", "a/b/c", 1 },
    { "M # /", "#", "/", 1 },
    { "M # $SYS/x", "#", "$SYS/x", 0 },
    { "M +/x $SYS/x", "+/x", "$SYS/x", 0 },
    { "M $SYS/# $SYS/x", "$SYS/#", "$SYS/x", 1 },
    { "M $SYS/+/y $SYS/x/y", "$SYS/+/y", "$SYS/x/y", 1 },
    { "M sport/+ sport/a", "sport/+", "sport/a", 1 },
    { "M sport/+ sport", "sport/+", "sport", 0 },
    { "M sport/+ sport/", "sport/+", "sport/", 1 },
    { "M sport/+ sport/a/b", "sport/+", "sport/a/b", 0 },
    { "M + finance", "+", "finance", 1 },
    { "M + /finance", "+", "/finance", 0 },
    { "M /+ /finance", "/+", "/finance", 1 },
    { "M +/+ /finance", "+/+", "/finance", 1 },
    { "M +/tennis/# a/tennis", "+/tennis/#", "a/tennis", 1 },
    { "M sport/+/player1 sport/x/player1", "sport/+/player1", "sport/x/player1", 1 },
    { "M a//b a//b", "a//b", "a//b", 1 },
    { "M a/+/b a//b", "a/+/b", "a//b", 1 },
    { "M a/b a/b/", "a/b", "a/b/", 0 },
    { "M ACCOUNTS Accounts", "ACCOUNTS", "Accounts", 0 },
    { "M Accounts payable Accounts payable", "Accounts payable", "Accounts payable", 1 },
    { "M / /", "/", "/", 1 },
};

START_TEST(mqtt_filter_table)
{
    ck_assert_msg(matches(match[_i].topic_filter, match[_i].topic) == match[_i].is_match, "%s",
                  match[_i].name);
    ROW_RAN(match[_i].name);
}
END_TEST

/* What the writer makes of a SUBSCRIBE, and an UNSUBSCRIBE, of this filter. */
static enum dps_mqtt_error written(struct dps_bytes topic_filter)
{
    struct dps_mqtt_filter filter = { topic_filter, 0, 0 };
    struct dps_mqtt_writer writer;
    enum dps_mqtt_error error = dps_mqtt_write_subscribe(&writer, &filter, 1, 1);

    ck_assert_uint_eq(dps_mqtt_write_unsubscribe(&writer, &filter, 1, 1), error);
    return error;
}

/* What a server makes of it, in either packet; the value our writer has for the same. */
static enum dps_mqtt_error read_back(struct dps_bytes topic_filter)
{
    uint8_t body[64] = { 0 };
    struct dps_bytes subscribe = { body, topic_filter.len + 3 }, out;
    struct dps_bytes unsubscribe = { body, topic_filter.len + 2 };
    struct dps_mqtt_filter filter;
    enum dps_mqtt_error error;

    body[1] = (uint8_t)topic_filter.len;
    memcpy(body + 2, topic_filter.at, topic_filter.len);
    error = dps_mqtt_read_filter(&subscribe, &filter);
    ck_assert_uint_eq(dps_mqtt_read_topic_filter(&unsubscribe, &out), error);
    switch (error) {
    case DPS_MQTT_OK:
        return DPS_MQTT_OK;
    case DPS_MQTT_ERR_TOPIC_NAME_EMPTY:
        return DPS_MQTT_ERR_TOPIC_EMPTY;
    default:
        ck_assert_uint_eq(error, DPS_MQTT_ERR_TOPIC_FILTER_WILDCARD);
        return DPS_MQTT_ERR_FILTER_WILDCARD;
    }
}

static const struct {
    const char *name, *topic_filter;
    enum dps_mqtt_error error;
} bad[] = {
    { "M sport/tennis# bad filter", "sport/tennis#", DPS_MQTT_ERR_FILTER_WILDCARD },
    { "M sport/tennis/#/ranking bad filter", "sport/tennis/#/ranking",
      DPS_MQTT_ERR_FILTER_WILDCARD },
    { "M sport+ bad filter", "sport+", DPS_MQTT_ERR_FILTER_WILDCARD },
    { "M a/+b bad filter", "a/+b", DPS_MQTT_ERR_FILTER_WILDCARD },
    { "M #/a bad filter", "#/a", DPS_MQTT_ERR_FILTER_WILDCARD },
    { "M ## bad filter", "##", DPS_MQTT_ERR_FILTER_WILDCARD },
    { "M (empty) bad filter", "", DPS_MQTT_ERR_TOPIC_EMPTY },
};

START_TEST(mqtt_filter_table_bad)
{
    struct dps_bytes topic_filter = bytes_of(bad[_i].topic_filter);

    ck_assert_msg(written(topic_filter) == bad[_i].error, "%s", bad[_i].name);
    ck_assert_msg(read_back(topic_filter) == bad[_i].error, "%s", bad[_i].name);
    ROW_RAN(bad[_i].name);
}
END_TEST

/* ---- Statements -------------------------------------------------------------------- */

/* '#' also matches the level above it, and nothing beside it. */
START_TEST(mqtt_4_7_1_2_number_sign)
{
    ck_assert_int_eq(matches("a/#", "a"), 1);
    ck_assert_int_eq(matches("a/#", "a/"), 1);
    ck_assert_int_eq(matches("a/#", "a/b/c/d"), 1);
    ck_assert_int_eq(matches("a/#", "ab"), 0);
    ck_assert_int_eq(matches("a/#", "b"), 0);
    ck_assert_int_eq(matches("a/b/#", "a"), 0);
    ck_assert_int_eq(matches("/#", "/"), 1);
    ck_assert_int_eq(matches("/#", "a"), 0);
}
END_TEST

/* '+' is one whole level, which may be empty, at any place and several times. */
START_TEST(mqtt_4_7_1_3_plus_sign)
{
    ck_assert_int_eq(matches("+/b/+", "a/b/c"), 1);
    ck_assert_int_eq(matches("+/b/+", "/b/"), 1);
    ck_assert_int_eq(matches("+/b/+", "a/b"), 0);
    ck_assert_int_eq(matches("+/b/+", "a/b/c/d"), 0);
    ck_assert_int_eq(matches("a/+", "a"), 0); /* N-30 */
    ck_assert_int_eq(matches("+/#", "a"), 1);
}
END_TEST

START_TEST(mqtt_4_7_2_1_wildcard_first_and_dollar)
{
    ck_assert_int_eq(matches("#", "$a"), 0);
    ck_assert_int_eq(matches("+", "$a"), 0);
    ck_assert_int_eq(matches("+/#", "$a/b"), 0);
    ck_assert_int_eq(matches("$a/+", "$a/b"), 1);
    ck_assert_int_eq(matches("#", "a/$b"), 1); /* it counts at the beginning only */
    ck_assert_int_eq(matches("a/+", "a/$b"), 1);
}
END_TEST

/* U+00C5, and U+0041 U+030A, look alike. */
START_TEST(mqtt_4_7_3_4_nothing_is_normalised)
{
    ck_assert_int_eq(matches("\xc3\x85", "\xc3\x85"), 1);
    ck_assert_int_eq(matches("\xc3\x85", "A\xcc\x8a"), 0);
    ck_assert_int_eq(matches("A\xcc\x8a", "\xc3\x85"), 0);
    ck_assert_int_eq(matches("\xef\xbb\xbf" "a", "a"), 0); /* [MQTT-1.5.3-3] */
}
END_TEST

START_TEST(mqtt_n_29_case_spaces_and_slashes)
{
    ck_assert_int_eq(matches("a", "A"), 0);
    ck_assert_int_eq(matches("a b", "a b"), 1);
    ck_assert_int_eq(matches("a b", "ab"), 0);
    ck_assert_int_eq(matches("/a", "a"), 0);
    ck_assert_int_eq(matches("a/", "a"), 0);
    ck_assert_int_eq(matches("a//b", "a/b"), 0);
}
END_TEST

/* ---- Everything small, against a slow matcher -------------------------------------- */

enum { LONGEST = 4, LEVELS = LONGEST + 1 };

struct levels {
    unsigned count;
    char at[LEVELS][LONGEST + 1];
};

/* "a//b" is the levels "a", "" and "b". */
static void split(const char *text, struct levels *levels)
{
    unsigned len = 0;

    memset(levels, 0, sizeof *levels);
    for (; *text != '\0'; text++) {
        if (*text == '/') {
            levels->count++;
            len = 0;
        } else {
            levels->at[levels->count][len++] = *text;
        }
    }
    levels->count++;
}

static int slow_is_filter(const char *text)
{
    struct levels levels;
    unsigned i;

    split(text, &levels);
    for (i = 0; i < levels.count; i++) {
        const char *level = levels.at[i];

        if (strcmp(level, "#") == 0 && i + 1 != levels.count) {
            return 0;
        }
        if (strlen(level) != 1 && strpbrk(level, "+#") != NULL) {
            return 0;
        }
    }
    return text[0] != '\0';
}

static int slow_is_topic(const char *text)
{
    return text[0] != '\0' && strpbrk(text, "+#") == NULL;
}

static int slow_matches(const char *topic_filter, const char *topic)
{
    struct levels f, t;
    unsigned i;

    if (topic[0] == '$' && (topic_filter[0] == '+' || topic_filter[0] == '#')) {
        return 0;
    }
    split(topic_filter, &f);
    split(topic, &t);
    for (i = 0; i < f.count; i++) {
        if (strcmp(f.at[i], "#") == 0) {
            return t.count >= i; /* the level above it is i levels long */
        }
        if (i == t.count || (strcmp(f.at[i], "+") != 0 && strcmp(f.at[i], t.at[i]) != 0)) {
            return 0;
        }
    }
    return i == t.count;
}

enum { TEXTS = 1 + 5 + 25 + 125 + 625 };

/* Text number `i` of all there are up to LONGEST, the empty one first. */
static void text_of(unsigned i, char text[LONGEST + 1])
{
    memset(text, 0, LONGEST + 1);
    for (; i != 0; i = (i - 1) / 5) {
        *text++ = "a/+#$"[(i - 1) % 5];
    }
}

START_TEST(mqtt_filter_every_small_one)
{
    char topic_filter[LONGEST + 1], topic[LONGEST + 1];
    unsigned i, k, filters = 0, found = 0;

    for (i = 0; i < TEXTS; i++) {
        enum dps_mqtt_error error;

        text_of(i, topic_filter);
        error = written(bytes_of(topic_filter));
        ck_assert_msg((error == DPS_MQTT_OK) == slow_is_filter(topic_filter), "%s", topic_filter);
        ck_assert_msg(read_back(bytes_of(topic_filter)) == error, "%s", topic_filter);
        filters += error == DPS_MQTT_OK;
        for (k = 0; k < TEXTS && error == DPS_MQTT_OK; k++) {
            int is_match;

            text_of(k, topic);
            if (!slow_is_topic(topic)) {
                continue;
            }
            is_match = slow_matches(topic_filter, topic);
            ck_assert_msg(matches(topic_filter, topic) == is_match, "%s, %s", topic_filter, topic);
            found += is_match != 0;
        }
    }
    ck_assert_uint_gt(filters, 100);
    ck_assert_uint_gt(found, 500);
}
END_TEST

/* It reads neither behind the filter nor behind the topic. */
START_TEST(mqtt_filter_ends_where_its_length_says)
{
    struct dps_bytes topic_filter = { (const uint8_t *)"a/b/#", 3 };
    struct dps_bytes topic = { (const uint8_t *)"a/b/c", 3 };

    ck_assert_int_eq(dps_mqtt_filter_matches(topic_filter, topic), 1);
    topic.len = 5;
    ck_assert_int_eq(dps_mqtt_filter_matches(topic_filter, topic), 0);
    topic_filter.len = 5;
    topic.len = 1;
    ck_assert_int_eq(dps_mqtt_filter_matches(topic_filter, topic), 0);
    topic_filter.len = 0; /* neither is a filter or a topic, nor is a byte of it read */
    ck_assert_int_eq(dps_mqtt_filter_matches(topic_filter, bytes_of("$a")), 0);
    topic.len = 0;
    ck_assert_int_eq(dps_mqtt_filter_matches(bytes_of("a"), topic), 0);
}
END_TEST

TCase *mqtt_filter_cases(void)
{
    TCase *tc = tcase_create("filter");

    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, mqtt_filter_table, 0, sizeof match / sizeof match[0]);
    tcase_add_loop_test(tc, mqtt_filter_table_bad, 0, sizeof bad / sizeof bad[0]);
    tcase_add_test(tc, mqtt_4_7_1_2_number_sign);
    tcase_add_test(tc, mqtt_4_7_1_3_plus_sign);
    tcase_add_test(tc, mqtt_4_7_2_1_wildcard_first_and_dollar);
    tcase_add_test(tc, mqtt_4_7_3_4_nothing_is_normalised);
    tcase_add_test(tc, mqtt_n_29_case_spaces_and_slashes);
    tcase_add_test(tc, mqtt_filter_every_small_one);
    tcase_add_test(tc, mqtt_filter_ends_where_its_length_says);
    return tc;
}
