/* SPDX-License-Identifier: MIT
 *
 * The JSON reader against RFC 8259, row by row, each text in every split. */
#include "dps/json.h"

#include <stdio.h>
#include <string.h>

#include "tests/unit/dps/dps_tests.h"

#define X4(x) x x x x
#define X16(x) X4(X4(x))

static const struct {
    const char *name;
    const uint8_t *text;
    size_t len;
    const char *trace;
} good[] = {
    { "4 an empty object", BYTES("{}"), "" },
    { "2 white space around every token",
      BYTES(
          " \t\r\n{ \t\r\n\"a\" \t\r\n: \t\r\n[ \t\r\n1 \t\r\n, \t\r\n2 \t\r\n] \t\r\n, "
          "\"b\" : { } } \t\r\n"),
      "1[<>" },
    { "3 the three literals", BYTES("{\"a\":true,\"ab\":false,\"\xc3\xa9\":null}"),
      "1t<true>2f<false>30<null>" },
    { "4 a name that begins like another", BYTES("{\"ab\":1,\"a\":2}"), "2n<1>1n<2>" },
    { "4 names that begin or end like a key",
      BYTES("{\"\":1,\"aa\":2,\"abc\":3,\"b\":4}"), "" },
    { "4 a name's case counts", BYTES("{\"A\":1,\"AB\":2}"), "" },
    { "4 an unknown member may come twice", BYTES("{\"x\":1,\"x\":2}"), "" },
    { "4 a key at its own path only",
      BYTES("{\"x\":{\"a\":1,\"state\":{\"a\":2}},\"state\":{\"ab\":3,\"x\":{\"a\":4},"
            "\"a\":5}}"),
      "4{<>5n<5>" },
    { "4 no key in an array", BYTES("{\"x\":[{\"a\":1}],\"state\":[{\"a\":2}],\"a\":3}"),
      "4[<>1n<3>" },
    { "4 the same name at three paths",
      BYTES("{\"state\":{\"deep\":{\"a\":1},\"a\":2},\"a\":3}"),
      "4{<>6{<>7n<1>5n<2>1n<3>" },
    { "4 back from an inner object",
      BYTES("{\"state\":{\"deep\":{\"state\":{\"a\":0}},\"x\":{},\"a\":1},\"ab\":2}"),
      "4{<>6{<>5n<1>2n<2>" },
    { "4 a raw key inside an object of another name", BYTES("{\"x\":{\"raw\":1}}"), "" },
    { "4 an object where the key has none", BYTES("{\"a\":{\"a\":1},\"ab\":2}"),
      "1{<>2n<2>" },
    { "4 keys of a scalar's object are not", BYTES("{\"state\":\"a\",\"a\":1}"),
      "4s<a>1n<1>" },
    { "4 a name written in escapes", BYTES("{\"\\u0061\\u0062\":1}"), "2n<1>" },
    { "4 a name beyond ASCII in an escape", BYTES("{\"\\u00e9\":1}"), "3n<1>" },
    { "4 U+0000 does not end a name",
      BYTES("{\"a\\u0000\":1,\"\\u0000a\":2,\"a\\u0000b\":3}"), "" },
    { "4 a name of 257 bytes, more than a byte counts",
      BYTES("{\"a" X16(X16("x")) "\":1,\"" X16(X16("x")) "a\":2,\"a\":3}"), "1n<3>" },
    { "7 an empty string", BYTES("{\"a\":\"\"}"), "1s<>" },
    { "7 the eight short escapes", BYTES("{\"a\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"}"),
      "1s<\"\\/\b\f\n\r\t>" },
    { "7 escapes between plain bytes", BYTES("{\"a\":\"x\\ny\\tz\"}"), "1s<x\ny\tz>" },
    { "7 digits of both cases", BYTES("{\"a\":\"\\u00e9\\u00E9\\u20aC\"}"),
      "1s<\xc3\xa9\xc3\xa9\xe2\x82\xac>" },
    { "7 the ends of UTF-8's lengths",
      BYTES("{\"a\":\"\\u0001\\u007f\\u0080\\u07ff\\u0800\\ud7ff\\ue000\\uffff\"}"),
      "1s<\x01\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf>" },
    { "7 surrogate pairs, the first and the last",
      BYTES("{\"a\":\"\\ud800\\udc00\\uDBFF\\uDFFF\\ud83d\\ude00\"}"),
      "1s<\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\xf0\x9f\x98\x80>" },
    { "7 plain bytes beyond ASCII",
      BYTES("{\"a\":\"\x7f\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"}"),
      "1s<\x7f\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80>" },
    { "7 what is structure elsewhere", BYTES("{\"a\":\"{}[],:\"}"), "1s<{}[],:>" },
    { "5 arrays of all",
      BYTES("{\"x\":[[],{},\"\",0,true,false,null,[[1],[2]]],\"a\":1}"), "1n<1>" },
    { "raw: an object as it stands",
      BYTES("{\"raw\": { \"a\" : [1, \"\\u0041\\\"}\"] ,\"raw\":{}}\n,\"a\":1}"),
      "9{<{ \"a\" : [1, \"\\u0041\\\"}\"] ,\"raw\":{}}>1n<1>" },
    { "raw: a string with quotes and escapes", BYTES("{\"raw\":\"a\\n\\ud83d\\ude00\"}"),
      "9s<\"a\\n\\ud83d\\ude00\">" },
    { "raw: a number ends where it ends", BYTES("{\"raw\":-1.5e+3 ,\"a\":0}"),
      "9n<-1.5e+3>1n<0>" },
    { "raw: a literal", BYTES("{\"raw\":null}"), "90<null>" },
    { "raw: an array", BYTES("{\"state\":{\"raw\":[1,[2]]},\"raw\":[]}"),
      "4{<>8[<[1,[2]]>9[<[]>" },
    { "raw: empty containers", BYTES("{\"state\":{\"raw\":{}},\"raw\":\"\"}"),
      "4{<>8{<{}>9s<\"\">" },
};

static void check_trace(const char *name, const struct json_trace *trace,
                        const char *want, enum dps_error error, size_t first, size_t step)
{
    ck_assert_msg(trace->error == error, "%s, split %zu %zu: error %d", name, first, step,
                  trace->error);
    if (want != NULL) {
        ck_assert_msg(strcmp(trace->at, want) == 0, "%s, split %zu %zu: %s", name, first,
                      step, trace->at);
    }
}

/* Whole, a byte at a time, and cut in two at every place. */
static void check_every_split(const char *name, const uint8_t *text, size_t len,
                              const char *want, enum dps_error error)
{
    static struct json_trace whole, trace;
    size_t first;

    json_trace(&whole, text, len, len, len);
    check_trace(name, &whole, want, error, len, len);
    json_trace(&trace, text, len, 1, 1);
    check_trace(name, &trace, whole.at, error, 1, 1);
    for (first = 0; first < len; first++) {
        json_trace(&trace, text, len, first, len);
        check_trace(name, &trace, whole.at, error, first, len);
    }
}

START_TEST(json_is_read_in_every_split)
{
    check_every_split(good[_i].name, good[_i].text, good[_i].len, good[_i].trace, DPS_OK);
}
END_TEST

/* Every beginning of a good text is no text, and nothing else was wrong with it. */
START_TEST(json_is_cut_at_every_byte)
{
    static struct json_trace trace;
    size_t end = good[_i].len;
    size_t len;

    while (good[_i].text[end - 1] != '}') { /* white space behind the root */
        end--;
    }
    for (len = 0; len < end; len++) {
        json_trace(&trace, good[_i].text, len, len, 1);
        ck_assert_msg(trace.error == DPS_ERR_JSON, "%s cut at %zu", good[_i].name, len);
        ck_assert(strncmp(trace.at, good[_i].trace, trace.len) == 0);
    }
}
END_TEST

static const struct {
    const char *name;
    const uint8_t *text;
    size_t len;
    enum dps_error error;
} bad[] = {
    { "nothing", BYTES(""), DPS_ERR_JSON },
    { "2 white space alone", BYTES(" \n"), DPS_ERR_JSON },
    { "2 the root is an array", BYTES("[]"), DPS_ERR_JSON },
    { "2 the root is a string", BYTES("\"a\""), DPS_ERR_JSON },
    { "2 the root is a number", BYTES("1"), DPS_ERR_JSON },
    { "2 another text behind it", BYTES("{}{}"), DPS_ERR_JSON },
    { "2 a letter behind it", BYTES("{} x"), DPS_ERR_JSON },
    { "2 U+0000 behind it", BYTES("{}\0"), DPS_ERR_JSON },
    { "2 a vertical tab is no white space", BYTES("{\v}"), DPS_ERR_JSON },
    { "2 a no-break space is none", BYTES("{\xc2\xa0}"), DPS_ERR_JSON },
    { "2 a comment is none", BYTES("{/**/}"), DPS_ERR_JSON },
    { "8.1 a byte order mark", BYTES("\xef\xbb\xbf{}"), DPS_ERR_JSON },
    { "4 a name without quotes", BYTES("{a:1}"), DPS_ERR_JSON },
    { "4 a name in single quotes", BYTES("{'a':1}"), DPS_ERR_JSON },
    { "4 a name that is a number", BYTES("{1:1}"), DPS_ERR_JSON },
    { "4 no colon", BYTES("{\"a\" 1}"), DPS_ERR_JSON },
    { "4 '=' in its place", BYTES("{\"a\"=1}"), DPS_ERR_JSON },
    { "4 no value", BYTES("{\"a\":}"), DPS_ERR_JSON },
    { "4 no value, and a comma", BYTES("{\"a\":,}"), DPS_ERR_JSON },
    { "4 two colons", BYTES("{\"a\"::1}"), DPS_ERR_JSON },
    { "4 no comma", BYTES("{\"a\":1 \"b\":2}"), DPS_ERR_JSON },
    { "4 a comma at the end", BYTES("{\"a\":1,}"), DPS_ERR_JSON },
    { "4 a comma at the start", BYTES("{,\"a\":1}"), DPS_ERR_JSON },
    { "4 two commas", BYTES("{\"a\":1,,\"b\":2}"), DPS_ERR_JSON },
    { "4 closed by ']'", BYTES("{]"), DPS_ERR_JSON },
    { "4 closed by ']' behind a value", BYTES("{\"a\":1]"), DPS_ERR_JSON },
    { "5 closed by '}'", BYTES("{\"a\":[}"), DPS_ERR_JSON },
    { "5 closed by '}' behind a value", BYTES("{\"a\":[1}"), DPS_ERR_JSON },
    { "5 a comma at the end", BYTES("{\"a\":[1,]}"), DPS_ERR_JSON },
    { "5 a comma at the start", BYTES("{\"a\":[,1]}"), DPS_ERR_JSON },
    { "5 a member in an array", BYTES("{\"a\":[\"b\":1]}"), DPS_ERR_JSON },
    { "5 no comma", BYTES("{\"a\":[1 2]}"), DPS_ERR_JSON },
    { "3 a literal in capitals", BYTES("{\"a\":True}"), DPS_ERR_JSON },
    { "3 a literal cut", BYTES("{\"a\":tru}"), DPS_ERR_JSON },
    { "3 a literal too long", BYTES("{\"a\":nulll}"), DPS_ERR_JSON },
    { "3 another word", BYTES("{\"a\":nan}"), DPS_ERR_JSON },
    { "6 a number with a NUL", BYTES("{\"a\":1\0}"), DPS_ERR_JSON },
    { "3 a literal with a NUL", BYTES("{\"a\":true\0}"), DPS_ERR_JSON },
    { "7 a control character", BYTES("{\"a\":\"\x1f\"}"), DPS_ERR_JSON },
    { "7 a raw line end", BYTES("{\"a\":\"\n\"}"), DPS_ERR_JSON },
    { "7 a raw tab in a name", BYTES("{\"a\t\":1}"), DPS_ERR_JSON },
    { "7 a raw NUL", BYTES("{\"a\":\"\0\"}"), DPS_ERR_JSON },
    { "7 a control character, value not told", BYTES("{\"x\":\"\x01\"}"), DPS_ERR_JSON },
    { "7 an unknown escape", BYTES("{\"a\":\"\\a\"}"), DPS_ERR_JSON },
    { "7 an escaped quote of the other kind", BYTES("{\"a\":\"\\'\"}"), DPS_ERR_JSON },
    { "7 an escaped NUL byte", BYTES("{\"a\":\"\\\0\"}"), DPS_ERR_JSON },
    { "7 a capital U", BYTES("{\"a\":\"\\U0041\"}"), DPS_ERR_JSON },
    { "7 three digits", BYTES("{\"a\":\"\\u004\"}"), DPS_ERR_JSON },
    { "7 'g' is no digit", BYTES("{\"a\":\"\\u00g1\"}"), DPS_ERR_JSON },
    { "7 '`' is no digit", BYTES("{\"a\":\"\\u00`1\"}"), DPS_ERR_JSON },
    { "7 ':' is no digit", BYTES("{\"a\":\"\\u00:1\"}"), DPS_ERR_JSON },
    { "7 0x10, where a digit is 0x30", BYTES("{\"a\":\"\\u00\x10\x30\"}"), DPS_ERR_JSON },
    { "8.2 a low surrogate alone", BYTES("{\"a\":\"\\udc00\"}"), DPS_ERR_JSON },
    { "8.2 a high surrogate alone", BYTES("{\"a\":\"\\ud800\"}"), DPS_ERR_JSON },
    { "8.2 a high surrogate and a character", BYTES("{\"a\":\"\\ud800x\"}"),
      DPS_ERR_JSON },
    { "8.2 a high surrogate and another escape", BYTES("{\"a\":\"\\ud800\\n\"}"),
      DPS_ERR_JSON },
    { "8.2 two high surrogates", BYTES("{\"a\":\"\\ud800\\ud800\"}"), DPS_ERR_JSON },
    { "8.2 a high surrogate and U+E000", BYTES("{\"a\":\"\\ud800\\ue000\"}"),
      DPS_ERR_JSON },
    { "8.2 a high surrogate that is not forgotten",
      BYTES("{\"a\":\"\\ud800\\u0041\\udc00\"}"), DPS_ERR_JSON },
    { "8.2 a pair, then half of one", BYTES("{\"a\":\"\\ud800\\udc00\\udc00\"}"),
      DPS_ERR_JSON },
    { "8.2 half of a pair in a raw value", BYTES("{\"raw\":\"\\udc00\"}"), DPS_ERR_JSON },
    { "8.1 UTF-8: a continuation byte", BYTES("{\"a\":\"\x80\"}"), DPS_ERR_JSON },
    { "8.1 UTF-8: two bytes for '/'", BYTES("{\"a\":\"\xc0\xaf\"}"), DPS_ERR_JSON },
    { "8.1 UTF-8: a surrogate", BYTES("{\"a\":\"\xed\xa0\x80\"}"), DPS_ERR_JSON },
    { "8.1 UTF-8: above U+10FFFF", BYTES("{\"a\":\"\xf4\x90\x80\x80\"}"), DPS_ERR_JSON },
    { "8.1 UTF-8: a character cut by the quote", BYTES("{\"a\":\"\xe2\x82\"}"),
      DPS_ERR_JSON },
    { "8.1 UTF-8: cut by an escape", BYTES("{\"a\":\"\xe2\x82\\n\"}"), DPS_ERR_JSON },
    { "8.1 UTF-8: in a name", BYTES("{\"\xff\":1}"), DPS_ERR_JSON },
    { "8.1 UTF-8: in a raw value", BYTES("{\"raw\":{\"x\":\"\xc3\"}}"), DPS_ERR_JSON },
    { "4 a key twice", BYTES("{\"a\":1,\"a\":1}"), DPS_ERR_JSON_DUPLICATE },
    { "4 a key twice, once in escapes", BYTES("{\"a\":1,\"\\u0061\":1}"),
      DPS_ERR_JSON_DUPLICATE },
    { "4 a raw key twice", BYTES("{\"raw\":1,\"x\":1,\"raw\":1}"),
      DPS_ERR_JSON_DUPLICATE },
    { "4 an inner key twice", BYTES("{\"state\":{\"a\":1,\"a\":2}}"),
      DPS_ERR_JSON_DUPLICATE },
    { "4 a key twice, both null", BYTES("{\"a\":null,\"a\":null}"),
      DPS_ERR_JSON_DUPLICATE },
    { "4 an object twice", BYTES("{\"state\":{},\"state\":{}}"), DPS_ERR_JSON_DUPLICATE },
};

START_TEST(json_is_refused_in_every_split)
{
    check_every_split(bad[_i].name, bad[_i].text, bad[_i].len, NULL, bad[_i].error);
}
END_TEST

/* Section 6: what a number is, and what it is not. */
static const char *const numbers[] = {
    "0",    "-0",   "1",     "-1",    "9",      "10",      "1234567890", "0.0",
    "-0.5", "1.00", "0e0",   "0E0",   "1e5",    "1E+5",    "1e-5",       "1.5e05",
    "-9.9E-99",     "0.10203e+405",   "123456789012345678901234567890.5",
};
static const char *const no_numbers[] = {
    "-",     "+1",   "01",   "-01",  "00",    "1.",   ".5",    "-.5",  "1.e5", "1e",
    "1e+",   "1E-",  "1e5.", "1e5e", "1.2.3", "--1",  "1-",    "1+",   "0x1",  "1_0",
    "1e+-5", "-e5",  "1,5,", "1 5",  "1a",    "Infinity", "-Infinity", "NaN",
};

START_TEST(json_6_numbers)
{
    char text[128], want[64];
    size_t i;

    for (i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        int len = snprintf(text, sizeof text, "{\"a\":%s}", numbers[i]);

        snprintf(want, sizeof want, "1n<%s>", numbers[i]);
        check_every_split(numbers[i], (const uint8_t *)text, (size_t)len, want, DPS_OK);
        /* The same with something else behind it. */
        len = snprintf(text, sizeof text, "{\"x\":[%s,%s\n]}", numbers[i], numbers[i]);
        check_every_split(numbers[i], (const uint8_t *)text, (size_t)len, "", DPS_OK);
    }
}
END_TEST

START_TEST(json_6_no_numbers)
{
    char text[64];
    size_t i;

    for (i = 0; i < sizeof no_numbers / sizeof no_numbers[0]; i++) {
        int len = snprintf(text, sizeof text, "{\"a\":%s}", no_numbers[i]);

        check_every_split(no_numbers[i], (const uint8_t *)text, (size_t)len, NULL,
                          DPS_ERR_JSON);
    }
}
END_TEST

/* Each byte alone as a value: the digits are whole numbers, nothing else is a value. */
START_TEST(json_3_a_value_of_one_byte)
{
    static struct json_trace trace;
    uint8_t text[] = { '{', '"', 'x', '"', ':', 0, '}' };
    unsigned byte;

    for (byte = 0; byte < 256; byte++) {
        text[5] = (uint8_t)byte;
        json_trace(&trace, text, sizeof text, sizeof text, 1);
        ck_assert_uint_eq(trace.error,
                          byte >= '0' && byte <= '9' ? DPS_OK : DPS_ERR_JSON);
    }
}
END_TEST

/* Section 9 lets us set a limit: 32 with the root, objects and arrays mixed. */
static size_t nested(char *out, unsigned depth)
{
    char *at = out;
    unsigned i;

    for (i = 1; i <= depth; i++) { /* the root and every second one is an object */
        at += sprintf(at, "%s", i == 1 ? "{" : i % 2 == 0 ? "\"x\":[" : "{");
    }
    for (i = depth; i >= 1; i--) {
        *at++ = i % 2 == 0 ? ']' : '}';
    }
    return (size_t)(at - out);
}

START_TEST(json_9_depth)
{
    char text[400];
    size_t len = nested(text, 32);

    check_every_split("32", (const uint8_t *)text, len, "", DPS_OK);
    len = nested(text, 33);
    check_every_split("33", (const uint8_t *)text, len, NULL, DPS_ERR_JSON_DEPTH);
    len = nested(text, 34);
    check_every_split("34", (const uint8_t *)text, len, NULL, DPS_ERR_JSON_DEPTH);
}
END_TEST

/* It stays failed, and takes nothing more; the first failure stays, too. */
START_TEST(json_failure_stays)
{
    struct dps_json json;
    struct dps_json_event event;

    dps_json_init(&json, json_keys, KEY_STATE_RAW);
    ck_assert_uint_eq(dps_json_end(&json), DPS_ERR_JSON);
    ck_assert_uint_eq(dps_json_input(&json, BYTES("{}"), &event), 0);
    ck_assert_uint_eq(event.type, DPS_JSON_NOTHING);
    dps_json_init(&json, json_keys, KEY_STATE_RAW);
    dps_json_input(&json, BYTES("{\"a\":["), &event);
    dps_json_input(&json, BYTES("],\"a\""), &event);
    ck_assert_uint_eq(dps_json_error(&json), DPS_ERR_JSON_DUPLICATE);
    ck_assert_uint_eq(dps_json_end(&json), DPS_ERR_JSON_DUPLICATE);
}
END_TEST

/* A decoded U+0000 is told: who keeps text decides. */
START_TEST(json_7_nul_is_told)
{
    struct dps_json json;
    struct dps_json_event event;

    dps_json_init(&json, json_keys, KEY_STATE_RAW);
    dps_json_input(&json, BYTES("{\"a\":\"\\u0000"), &event);
    ck_assert_uint_eq(event.type, DPS_JSON_STRING);
    ck_assert_uint_eq(event.bytes.len, 1);
    ck_assert_uint_eq(event.bytes.at[0], 0);
    ck_assert_uint_eq(event.last, 0);
}
END_TEST

/* What is decoded comes in whole characters, however the text is cut; raw bytes in as few
 * pieces as the cuts allow. */
START_TEST(json_tells_whole_characters)
{
    static const uint8_t text[] =
        "{\"a\":\"x\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\\u20ac\\ud83d\\ude00\\n\",\"raw\":[1,[]]}";
    static const size_t lengths[] = { 1, 2, 3, 4, 3, 4, 1, 0, 6 };
    enum { PIECES = sizeof lengths / sizeof lengths[0] };
    struct dps_json json;
    struct dps_json_event event;
    size_t step, at, n, pieces;

    for (step = 1; step < sizeof text; step++) {
        dps_json_init(&json, json_keys, KEY_STATE_RAW);
        pieces = 0;
        for (at = 0; at < sizeof text - 1 && pieces < PIECES; at += n) {
            n = step < sizeof text - 1 - at ? step : sizeof text - 1 - at;
            n = dps_json_input(&json, text + at, n, &event);
            if (event.type == DPS_JSON_NOTHING) {
                continue;
            }
            if (step == sizeof text - 1 || event.key == KEY_A) {
                ck_assert_uint_eq(event.bytes.len, lengths[pieces]);
            }
            ck_assert_uint_eq(event.last, event.bytes.len == 0 || text[at + n] == '}');
            pieces += event.key == KEY_A || event.last;
        }
        ck_assert_uint_eq(pieces, PIECES);
    }
}
END_TEST

/* Nor is the beginning of a character told that breaks off. */
START_TEST(json_tells_no_broken_character)
{
    struct dps_json json;
    struct dps_json_event event;

    dps_json_init(&json, json_keys, KEY_STATE_RAW);
    dps_json_input(&json, BYTES("{\"a\":\"x"), &event);
    ck_assert_uint_eq(event.bytes.len, 1);
    dps_json_input(&json, BYTES("\xe2\x82<"), &event);
    ck_assert_uint_eq(dps_json_error(&json), DPS_ERR_JSON);
    ck_assert_uint_eq(event.type, DPS_JSON_NOTHING);
    ck_assert_uint_eq(event.bytes.len, 0);
}
END_TEST

/* The caller refuses what was told: nothing more is taken. */
START_TEST(json_fails_as_the_caller_says)
{
    struct dps_json json;
    struct dps_json_event event;

    dps_json_init(&json, json_keys, KEY_STATE_RAW);
    dps_json_input(&json, BYTES("{\"a\":1"), &event);
    ck_assert_uint_eq(event.type, DPS_JSON_NUMBER);
    dps_json_fail(&json, DPS_ERR_HUB);
    ck_assert_uint_eq(dps_json_input(&json, BYTES("}"), &event), 0);
    ck_assert_uint_eq(event.type, DPS_JSON_NOTHING);
    ck_assert_uint_eq(dps_json_error(&json), DPS_ERR_HUB);
    ck_assert_uint_eq(dps_json_end(&json), DPS_ERR_HUB);
}
END_TEST

START_TEST(json_without_keys_is_checked)
{
    struct dps_json json;
    struct dps_json_event event;

    dps_json_init(&json, "", 0);
    ck_assert_uint_eq(dps_json_input(&json, BYTES("{\"a\":[{\"b\":1}]}"), &event), 15);
    ck_assert_uint_eq(event.type, DPS_JSON_NOTHING);
    ck_assert_uint_eq(dps_json_end(&json), DPS_OK);
}
END_TEST

/* As many keys as the bit mask holds: each is told, and refused when it comes again. */
START_TEST(json_with_all_keys)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDE";
    char keys[DPS_JSON_KEYS * 3 + 1] = "";
    struct dps_json json;
    struct dps_json_event event;
    char text[16];
    size_t i;

    ck_assert_uint_eq(strlen(letters), DPS_JSON_KEYS);
    for (i = 0; i < DPS_JSON_KEYS; i++) {
        keys[i * 3] = DPS_JSON_ROOT;
        keys[i * 3 + 1] = letters[i];
    }
    dps_json_init(&json, keys, DPS_JSON_KEYS);
    for (i = 0; i < DPS_JSON_KEYS; i++) {
        int len =
            snprintf(text, sizeof text, "%c\"%c\":[", i == 0 ? '{' : ',', letters[i]);
        unsigned is_raw = i == DPS_JSON_KEYS - 1;

        ck_assert(dps_json_input(&json, (uint8_t *)text, (size_t)len, &event)
                  == (size_t)len);
        ck_assert_uint_eq(event.type, DPS_JSON_ARRAY);
        ck_assert_uint_eq(event.key, i + 1);
        ck_assert_uint_eq(event.last, !is_raw);
        ck_assert_uint_eq(event.bytes.len, is_raw);
        ck_assert_uint_eq(dps_json_input(&json, BYTES("]"), &event), 1);
    }
    dps_json_input(&json, BYTES(",\"E\""), &event);
    ck_assert_uint_eq(dps_json_error(&json), DPS_ERR_JSON_DUPLICATE);
}
END_TEST

/* The longest name that a table may hold, and names that are longer or begin like it. */
START_TEST(json_with_the_longest_name)
{
    static const uint8_t text[] = "{\"abcdefghijklmnopqr\":1,\"abcdefghijklmnop\":2,"
                                  "\"abcdefghijklmnopq\":3}";
    static const char keys[] = "0abcdefghijklmnopq\0";
    struct dps_json json;
    struct dps_json_event event;

    ck_assert_uint_eq(strlen(keys), 1 + DPS_JSON_NAME);
    dps_json_init(&json, keys, 0);
    dps_json_input(&json, text, sizeof text - 1, &event);
    ck_assert_uint_eq(event.type, DPS_JSON_NUMBER);
    ck_assert_uint_eq(event.bytes.len, 1);
    ck_assert_int_eq(event.bytes.at[0], '3');
}
END_TEST

TCase *dps_json_cases(void)
{
    TCase *cases = tcase_create("json");

    tcase_set_timeout(cases, 60); /* where sanitizers and a busy machine meet */
    tcase_add_loop_test(cases, json_is_read_in_every_split, 0,
                        sizeof good / sizeof good[0]);
    tcase_add_loop_test(cases, json_is_cut_at_every_byte, 0,
                        sizeof good / sizeof good[0]);
    tcase_add_loop_test(cases, json_is_refused_in_every_split, 0,
                        sizeof bad / sizeof bad[0]);
    tcase_add_test(cases, json_6_numbers);
    tcase_add_test(cases, json_6_no_numbers);
    tcase_add_test(cases, json_3_a_value_of_one_byte);
    tcase_add_test(cases, json_9_depth);
    tcase_add_test(cases, json_failure_stays);
    tcase_add_test(cases, json_7_nul_is_told);
    tcase_add_test(cases, json_tells_whole_characters);
    tcase_add_test(cases, json_tells_no_broken_character);
    tcase_add_test(cases, json_fails_as_the_caller_says);
    tcase_add_test(cases, json_without_keys_is_checked);
    tcase_add_test(cases, json_with_all_keys);
    tcase_add_test(cases, json_with_the_longest_name);
    return cases;
}
