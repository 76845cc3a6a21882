/* SPDX-License-Identifier: MIT
 *
 * The JSON reader against libjansson: texts made at random, most of them then damaged.
 * Both accept the same ones, and for those the values told are those that jansson finds
 * at the same paths. Where the two differ by design is written in oracle_may_differ(). */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/dps/dps_tests.h"

enum { TEXTS = 25000, TEXT_MAX = 1500 };

/* xorshift32: the same texts on every machine and in every run. */
static uint32_t seed;

static unsigned below(unsigned n)
{
    seed ^= seed << 13;
    seed ^= seed >> 17;
    seed ^= seed << 5;
    return seed % n;
}

static char text[TEXT_MAX + 1];
static size_t text_len;

static void put(const char *from)
{
    size_t len = strlen(from);

    if (len <= TEXT_MAX - text_len) {
        memcpy(text + text_len, from, len);
        text_len += len;
    }
}

#define PICK(list) (list)[below(sizeof(list) / sizeof(list)[0])]

static void put_space(void)
{
    static const char *const space[] = { "", "", "", " ", "\n", "\t ", "\r\n" };

    put(PICK(space));
}

static void put_string(void)
{
    static const char *const part[] = {
        "a",
        "b",
        "xyz",
        "\\n",
        "\\\"",
        "\\\\",
        "\\u0041",
        "\\u00e9",
        "\\ud83d\\ude00",
        "\\/",
        "\xc3\xa9",
        "\xe2\x82\xac",
        "\xf0\x9f\x98\x80",
        "\\u0000",
        "}",
        ",",
        "\x7f",
    };
    unsigned n = below(5);

    put("\"");
    while (n-- != 0) {
        put(PICK(part));
    }
    put("\"");
}

static void put_name(void)
{
    static const char *const name[] = {
        "\"a\"",   "\"ab\"",     "\"state\"", "\"raw\"",    "\"deep\"", "\"x\"",
        "\"a\"",   "\"deep\"",   "\"state\"", "\"st\\u0061te\"",
        "\"y\"",   "\"\\u0061\"", "\"\xc3\xa9\"", "\"\\u00e9\"", "\"r\\u0061w\"", "\"\"",
    };

    put(PICK(name));
}

static void put_value(unsigned depth);

static void put_object(unsigned depth)
{
    unsigned n = below(5);
    unsigned i;

    put("{");
    for (i = 0; i < n; i++) {
        put_space();
        put_name();
        put_space();
        put(":");
        put_value(depth + 1);
        put(i + 1 < n ? "," : "");
    }
    put_space();
    put("}");
}

static void put_array(unsigned depth)
{
    unsigned n = below(4);
    unsigned i;

    put("[");
    for (i = 0; i < n; i++) {
        put_value(depth + 1);
        put(i + 1 < n ? "," : "");
    }
    put("]");
}

static void put_value(unsigned depth)
{
    static const char *const scalar[] = {
        "true", "false", "null", "0", "-0", "1", "-12", "3.25", "1e3", "-2.5E-2", "100",
    };
    unsigned kind = below(depth < 6 ? 9 : 4);

    put_space();
    if (kind >= 6) {
        put_object(depth);
    } else if (kind == 5) {
        put_array(depth);
    } else if (kind >= 3) {
        put_string();
    } else {
        put(PICK(scalar));
    }
    put_space();
}

/* A byte changed, taken out, doubled or put in; or the end cut off. */
static void damage(void)
{
    static const char bytes[] = "{}[]\":,\\ \n0129.eE+-tfnu\x01\xc3\xa9\xed\xf4\x80xy/";
    size_t at = text_len == 0 ? 0 : below((unsigned)text_len);
    char byte = bytes[below(sizeof bytes - 1)]; /* no NUL: jansson 2.14 takes it for the
                                                 * end of a number, and then passes it */

    switch (below(5)) {
    case 0:
        text[at] = byte;
        break;
    case 1:
        memmove(text + at, text + at + 1, text_len - at);
        text_len -= text_len != 0;
        break;
    case 2:
    case 3:
        if (text_len < TEXT_MAX) {
            memmove(text + at + 1, text + at, text_len - at);
            text_len++;
            text[at] = byte;
        }
        break;
    default:
        text_len = at;
        break;
    }
}

/* Where the reader is stricter by design, or jansson is. */
static int oracle_may_differ(const struct json_trace *trace, const json_t *root,
                             const json_error_t *error)
{
    if (trace->error == DPS_ERR_JSON_DUPLICATE || trace->error == DPS_ERR_JSON_DEPTH) {
        return 1; /* jansson takes the last one, and 2,048 levels */
    }
    if (root != NULL) {
        return json_is_array(root); /* a root of another type */
    }
    return json_error_code(error) == json_error_numeric_overflow
           || json_error_code(error) == json_error_null_byte_in_key;
}

/* json_keys, as jansson wants them. */
static const struct {
    const char *name;
    unsigned parent;
} oracle_keys[KEY_COUNT] = {
    [KEY_A] = { "a", KEY_ROOT },
    [KEY_AB] = { "ab", KEY_ROOT },
    [KEY_E_ACUTE] = { "\xc3\xa9", KEY_ROOT },
    [KEY_STATE] = { "state", KEY_ROOT },
    [KEY_STATE_A] = { "a", KEY_STATE },
    [KEY_DEEP] = { "deep", KEY_STATE },
    [KEY_DEEP_A] = { "a", KEY_DEEP },
    [KEY_STATE_RAW] = { "raw", KEY_STATE },
    [KEY_RAW] = { "raw", KEY_ROOT },
};

/* jansson's value at the key's path; null: there is none. */
static const json_t *oracle_find(const json_t *root, unsigned key)
{
    unsigned parent = oracle_keys[key].parent;

    if (parent != KEY_ROOT) {
        root = oracle_find(root, parent);
    }
    return json_object_get(root, oracle_keys[key].name);
}

static char oracle_letter(const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return '{';
    case JSON_ARRAY:
        return '[';
    case JSON_STRING:
        return 's';
    case JSON_INTEGER:
    case JSON_REAL:
        return 'n';
    case JSON_TRUE:
        return 't';
    case JSON_FALSE:
        return 'f';
    case JSON_NULL:
    default:
        return '0';
    }
}

/* What the reader told as the source of a value is the same value to jansson. */
static int oracle_is_source(const json_t *value, const char *at, size_t len)
{
    json_t *read = json_loadb(at, len, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    int same = read != NULL && json_equal(read, value);

    json_decref(read);
    return same;
}

static unsigned found[KEY_COUNT]; /* how often each key was compared */

/* Compares one told value, "3s<...", with jansson's. Returns the bytes it took. */
static size_t oracle_value(const json_t *root, const char *at, size_t left)
{
    unsigned key = (unsigned)(at[0] - '0');
    const json_t *value = oracle_find(root, key);
    size_t len = 0;

    ck_assert(left > 3 && key - 1 < KEY_COUNT - 1u && at[2] == '<');
    ck_assert_msg(value != NULL, "%.*s: key %u", (int)text_len, text, key);
    ck_assert_int_eq(at[1], oracle_letter(value));
    at += 3;
    left -= 3;
    if (json_is_string(value) && key < KEY_STATE_RAW) {
        len = json_string_length(value);
        ck_assert(len < left && memcmp(at, json_string_value(value), len) == 0);
    } else if (key >= KEY_STATE_RAW || !(json_is_object(value) || json_is_array(value))) {
        /* Its end is the first '>' behind which all is well: texts have no other. */
        len = (size_t)((const char *)memchr(at, '>', left) - at);
        ck_assert_msg(oracle_is_source(value, at, len), "%.*s: key %u", (int)text_len,
                      text, key);
    }
    ck_assert_int_eq(at[len], '>');
    found[key]++;
    return 3 + len + 1;
}

/* How many of the keys jansson finds. */
static size_t oracle_count(const json_t *root)
{
    size_t count = 0;
    unsigned key;

    for (key = KEY_A; key < KEY_COUNT; key++) {
        count += oracle_find(root, key) != NULL;
    }
    return count;
}

static void oracle_compare(const json_t *root, const struct json_trace *trace)
{
    size_t at = 0, count = 0;

    while (at < trace->len) {
        at += oracle_value(root, trace->at + at, trace->len - at);
        count++;
    }
    ck_assert_msg(count == oracle_count(root), "%.*s: %s", (int)text_len, text,
                  trace->at);
}

START_TEST(json_agrees_with_jansson)
{
    static struct json_trace trace;
    unsigned accepted = 0, refused = 0;
    unsigned i, n;

    seed = 2463534242u;
    for (i = 0; i < TEXTS; i++) {
        json_error_t error;
        json_t *root;

        text_len = 0;
        put_object(0);
        for (n = below(3); n != 0; n--) {
            damage();
        }
        json_trace(&trace, (uint8_t *)text, text_len, 1 + below(9), 1 + below(9));
        root = json_loadb(text, text_len, JSON_ALLOW_NUL, &error);
        if (!oracle_may_differ(&trace, root, &error)) {
            ck_assert_msg((trace.error == DPS_OK) == (root != NULL), "%.*s: error %d, %s",
                          (int)text_len, text, trace.error, error.text);
        }
        if (root != NULL && trace.error == DPS_OK) {
            oracle_compare(root, &trace);
        }
        accepted += trace.error == DPS_OK;
        refused += trace.error == DPS_ERR_JSON;
        json_decref(root);
    }
    /* That the texts are good for something. */
    ck_assert_uint_gt(accepted, TEXTS / 5);
    ck_assert_uint_gt(refused, TEXTS / 5);
    for (i = KEY_A; i < KEY_COUNT; i++) {
        ck_assert_msg(found[i] > 10, "key %u: %u", i, found[i]);
    }
}
END_TEST

TCase *dps_json_oracle_cases(void)
{
    TCase *cases = tcase_create("json and jansson");

    tcase_set_timeout(cases, 60);
    tcase_add_test(cases, json_agrees_with_jansson);
    return cases;
}
