/* SPDX-License-Identifier: MIT
 *
 * Fuzz target: the JSON reader. The first byte of the input chooses the split, the rest
 * is the text.
 *
 * Oracles: the same bytes in another split tell the same and fail the same; and a slow
 * reader, which has the whole text, recurses along the grammar of RFC 8259 and knows
 * nothing of the library, accepts the same texts and finds the same values. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "dps/json.h"

/* The same keys, for the reader and for the model. */
static const char reader_keys[] = "0a\0"
                                  "0ab\0"
                                  "0s\0"
                                  "3a\0"
                                  "3d\0"
                                  "5\xc3\xa9\0"
                                  "0r\0"
                                  "3r\0";

enum { ROOT, STATE = 3, DEEP = 5, RAW = 7, KEYS = 9, NONE = 0xfe };

static const struct {
    const char *name;
    unsigned parent;
} keys[KEYS] = {
    [1] = { "a", ROOT },
    [2] = { "ab", ROOT },
    [STATE] = { "s", ROOT },
    [4] = { "a", STATE },
    [DEEP] = { "d", STATE },
    [6] = { "\xc3\xa9", DEEP },
    [RAW] = { "r", ROOT }, /* raw, and what is behind it */
    [8] = { "r", STATE },
};

/* What was told: key, type, bytes, an end mark; values in the order of their
 * beginnings. */
struct trace {
    uint8_t *at;
    size_t len, cap;
    int inside; /* the value goes on */
    unsigned error;
};

static void trace_add(struct trace *t, const void *at, size_t len)
{
    if (len > t->cap - t->len) {
        t->cap = (t->len + len) * 2;
        t->at = realloc(t->at, t->cap);
    }
    if (len != 0) {
        memcpy(t->at + t->len, at, len);
    }
    t->len += len;
}

static void trace_value(struct trace *t, unsigned key, unsigned type, const void *at,
                        size_t len, int last)
{
    uint8_t head[2] = { (uint8_t)key, (uint8_t)type };

    if (!t->inside) {
        trace_add(t, head, sizeof head);
    }
    trace_add(t, at, len);
    t->inside = !last;
    if (last) {
        trace_add(t, "\xff\xfe", 2);
    }
}

/* ---- The reader -------------------------------------------------------------------- */

static struct trace feed(const uint8_t *text, size_t len, size_t step)
{
    struct trace t = { 0 };
    struct dps_json json;
    struct dps_json_event event;
    size_t at, n, taken;

    dps_json_init(&json, reader_keys, RAW);
    for (at = 0; at < len && dps_json_error(&json) == DPS_OK; at += n) {
        uint8_t *piece;

        n = step < len - at ? step : len - at;
        piece = malloc(n);
        memcpy(piece, text + at, n);
        for (taken = 0; taken < n && dps_json_error(&json) == DPS_OK;) {
            size_t more = dps_json_input(&json, piece + taken, n - taken, &event);

            if (more > n - taken
                || (event.type == DPS_JSON_NOTHING && more < n - taken
                    && dps_json_error(&json) == DPS_OK)) {
                abort();
            }
            taken += more;
            if (event.type != DPS_JSON_NOTHING) {
                trace_value(&t, event.key, event.type, event.bytes.at, event.bytes.len,
                            event.last);
            }
        }
        free(piece);
    }
    t.error = (unsigned)dps_json_end(&json);
    return t;
}

/* ---- The model: recursive descent over the whole text ------------------------------ */

struct model {
    const uint8_t *at, *end;
    unsigned depth, seen;
    struct trace trace;
};

/* A decoded string. */
struct string {
    uint8_t *at;
    size_t len;
};

static int fail(struct model *m, enum dps_error error)
{
    if (m->trace.error == DPS_OK) {
        m->trace.error = (unsigned)error;
    }
    return 0;
}

static void space(struct model *m)
{
    while (m->at < m->end && memchr(" \t\r\n", *m->at, 4) != NULL) {
        m->at++;
    }
}

static int token(struct model *m, char c)
{
    space(m);
    if (m->at == m->end || *m->at != (uint8_t)c) {
        return 0;
    }
    m->at++;
    return 1;
}

/* The character at `at` in UTF-8: its bytes, 0 when there is none (RFC 3629). */
static size_t utf8_len(const uint8_t *at, const uint8_t *end)
{
    static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
    size_t n = *at < 0x80   ? 1
               : *at < 0xc0 ? 0
               : *at < 0xe0 ? 2
               : *at < 0xf0 ? 3
               : *at < 0xf8 ? 4
                            : 0;
    uint32_t code = n < 2 ? *at : *at & (0x7fu >> n);
    size_t i;

    if (n == 0 || (size_t)(end - at) < n) {
        return 0;
    }
    for (i = 1; i < n; i++) {
        if ((at[i] & 0xc0) != 0x80) {
            return 0;
        }
        code = code << 6 | (at[i] & 0x3fu);
    }
    return code < least[n] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000) ? 0
                                                                                   : n;
}

static int hex4(struct model *m, uint32_t *code)
{
    char digits[5] = { 0 };
    size_t i;

    if (m->end - m->at < 4) {
        return 0;
    }
    for (i = 0; i < 4; i++) {
        if (m->at[i] == 0 || strchr("0123456789abcdefABCDEF", m->at[i]) == NULL) {
            return 0;
        }
        digits[i] = (char)m->at[i];
    }
    *code = (uint32_t)strtoul(digits, NULL, 16);
    m->at += 4;
    return 1;
}

static void append_utf8(struct string *s, uint32_t code)
{
    if (code < 0x80) {
        s->at[s->len++] = (uint8_t)code;
    } else if (code < 0x800) {
        s->at[s->len++] = (uint8_t)(0xc0 | code >> 6);
        s->at[s->len++] = (uint8_t)(0x80 | (code & 0x3f));
    } else if (code < 0x10000) {
        s->at[s->len++] = (uint8_t)(0xe0 | code >> 12);
        s->at[s->len++] = (uint8_t)(0x80 | (code >> 6 & 0x3f));
        s->at[s->len++] = (uint8_t)(0x80 | (code & 0x3f));
    } else {
        s->at[s->len++] = (uint8_t)(0xf0 | code >> 18);
        s->at[s->len++] = (uint8_t)(0x80 | (code >> 12 & 0x3f));
        s->at[s->len++] = (uint8_t)(0x80 | (code >> 6 & 0x3f));
        s->at[s->len++] = (uint8_t)(0x80 | (code & 0x3f));
    }
}

static int escape(struct model *m, struct string *s)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    uint32_t code, low;
    const char *found;

    if (m->at == m->end) {
        return 0;
    }
    if (*m->at != 'u') {
        found = *m->at == 0 ? NULL : strchr(from, *m->at);
        if (found == NULL) {
            return 0;
        }
        s->at[s->len++] = (uint8_t)to[found - from];
        m->at++;
        return 1;
    }
    m->at++;
    if (!hex4(m, &code) || (code >= 0xdc00 && code < 0xe000)) {
        return 0;
    }
    if (code >= 0xd800 && code < 0xdc00) {
        if (m->end - m->at < 2 || m->at[0] != '\\' || m->at[1] != 'u') {
            return 0;
        }
        m->at += 2;
        if (!hex4(m, &low) || low < 0xdc00 || low > 0xdfff) {
            return 0;
        }
        code = 0x10000 + (code - 0xd800) * 0x400 + (low - 0xdc00);
    }
    append_utf8(s, code);
    return 1;
}

/* Behind the first quote. `s->at` has room for the whole text. */
static int string(struct model *m, struct string *s)
{
    s->len = 0;
    while (m->at < m->end) {
        size_t n = utf8_len(m->at, m->end);

        if (n == 0 || *m->at < 0x20) {
            return fail(m, DPS_ERR_JSON);
        }
        if (*m->at == '"') {
            m->at++;
            return 1;
        }
        if (*m->at == '\\') {
            m->at++;
            if (!escape(m, s)) {
                return fail(m, DPS_ERR_JSON);
            }
            continue;
        }
        memcpy(s->at + s->len, m->at, n);
        s->len += n;
        m->at += n;
    }
    return fail(m, DPS_ERR_JSON);
}

static size_t digits(struct model *m)
{
    const uint8_t *from = m->at;

    while (m->at < m->end && *m->at >= '0' && *m->at <= '9') {
        m->at++;
    }
    return (size_t)(m->at - from);
}

static int number(struct model *m)
{
    if (*m->at == '-') {
        m->at++;
    }
    if (m->at < m->end && *m->at == '0') {
        m->at++;
    } else if (digits(m) == 0) {
        return fail(m, DPS_ERR_JSON);
    }
    if (m->at < m->end && *m->at == '.') {
        m->at++;
        if (digits(m) == 0) {
            return fail(m, DPS_ERR_JSON);
        }
    }
    if (m->at < m->end && (*m->at == 'e' || *m->at == 'E')) {
        m->at++;
        if (m->at < m->end && (*m->at == '+' || *m->at == '-')) {
            m->at++;
        }
        if (digits(m) == 0) {
            return fail(m, DPS_ERR_JSON);
        }
    }
    return 1;
}

static int word(struct model *m, const char *text)
{
    size_t len = strlen(text);

    if ((size_t)(m->end - m->at) < len || memcmp(m->at, text, len) != 0) {
        return fail(m, DPS_ERR_JSON);
    }
    m->at += len;
    return 1;
}

static int value(struct model *m, unsigned key, int is_told);

/* Behind '{'. `parent`: of the keys that count here; NONE: none do. */
static int members(struct model *m, unsigned parent)
{
    struct string name = { malloc((size_t)(m->end - m->at) + 1), 0 };
    int good = token(m, '}');
    int goes_on = !good;

    while (goes_on) {
        unsigned key = NONE;
        unsigned i;

        goes_on = 0;
        if (!token(m, '"')) {
            fail(m, DPS_ERR_JSON);
            break;
        }
        if (!string(m, &name)) {
            break;
        }
        for (i = 1; i < KEYS; i++) {
            if (parent != NONE && keys[i].parent == parent
                && name.len == strlen(keys[i].name)
                && memcmp(name.at, keys[i].name, name.len) == 0) {
                key = i;
            }
        }
        if (key != NONE && (m->seen & 1u << key) != 0) {
            fail(m, DPS_ERR_JSON_DUPLICATE);
            break;
        }
        m->seen |= key != NONE ? 1u << key : 0;
        if (!token(m, ':')) {
            fail(m, DPS_ERR_JSON);
            break;
        }
        if (!value(m, key, key != NONE)) {
            break;
        }
        good = token(m, '}');
        goes_on = !good && token(m, ',');
        if (!good && !goes_on) {
            fail(m, DPS_ERR_JSON);
        }
    }
    free(name.at);
    return good;
}

/* Behind '['. */
static int elements(struct model *m)
{
    if (token(m, ']')) {
        return 1;
    }
    for (;;) {
        if (!value(m, NONE, 0)) {
            return 0;
        }
        if (token(m, ']')) {
            return 1;
        }
        if (!token(m, ',')) {
            return fail(m, DPS_ERR_JSON);
        }
    }
}

static int container(struct model *m, unsigned key, int is_object)
{
    int good;

    if (m->depth == 32) {
        return fail(m, DPS_ERR_JSON_DEPTH);
    }
    m->depth++;
    m->at++;
    good = is_object ? members(m, key) : elements(m);
    m->depth--;
    return good;
}

static unsigned type_of(uint8_t first)
{
    switch (first) {
    case '{':
        return DPS_JSON_OBJECT;
    case '[':
        return DPS_JSON_ARRAY;
    case '"':
        return DPS_JSON_STRING;
    case 't':
        return DPS_JSON_TRUE;
    case 'f':
        return DPS_JSON_FALSE;
    case 'n':
        return DPS_JSON_NULL;
    default:
        return first == '-' || (first >= '0' && first <= '9') ? DPS_JSON_NUMBER
                                                              : DPS_JSON_NOTHING;
    }
}

static int text_of(struct model *m, unsigned type, unsigned key, struct string *decoded)
{
    switch (type) {
    case DPS_JSON_OBJECT:
    case DPS_JSON_ARRAY:
        return container(m, key, type == DPS_JSON_OBJECT);
    case DPS_JSON_STRING:
        m->at++;
        return string(m, decoded);
    case DPS_JSON_NUMBER:
        return number(m);
    case DPS_JSON_TRUE:
        return word(m, "true");
    case DPS_JSON_FALSE:
        return word(m, "false");
    case DPS_JSON_NULL:
        return word(m, "null");
    default:
        return fail(m, DPS_ERR_JSON);
    }
}

static int value(struct model *m, unsigned key, int is_told)
{
    int is_raw = is_told && key >= RAW;
    struct string decoded = { malloc((size_t)(m->end - m->at) + 1), 0 };
    const uint8_t *from;
    unsigned type;
    int good;

    space(m);
    from = m->at;
    type = m->at == m->end ? DPS_JSON_NOTHING : type_of(*m->at);
    if (is_told && !is_raw && (type == DPS_JSON_OBJECT || type == DPS_JSON_ARRAY)) {
        trace_value(&m->trace, key, type, NULL, 0, 1);
        is_told = 0;
    }
    good = text_of(m, type, is_raw ? (unsigned)NONE : key, &decoded);
    if (good && is_told && (is_raw || type != DPS_JSON_STRING)) {
        trace_value(&m->trace, key, type, from, (size_t)(m->at - from), 1);
    } else if (good && is_told) {
        trace_value(&m->trace, key, type, decoded.at, decoded.len, 1);
    }
    free(decoded.at);
    return good;
}

static struct trace model_read(const uint8_t *text, size_t len)
{
    struct model m;

    memset(&m, 0, sizeof m);
    m.at = text;
    m.end = text + len;
    space(&m);
    if (m.at == m.end || *m.at != '{') {
        fail(&m, DPS_ERR_JSON);
    } else if (container(&m, ROOT, 1)) {
        space(&m);
        if (m.at != m.end) {
            fail(&m, DPS_ERR_JSON);
        }
    }
    return m.trace;
}

/* ---- The target -------------------------------------------------------------------- */

static int is_same(const struct trace *a, const struct trace *b)
{
    return a->error == b->error && a->len == b->len
           && (a->len == 0 || memcmp(a->at, b->at, a->len) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct trace whole, split, model;

    if (size == 0) {
        return 0;
    }
    whole = feed(data + 1, size - 1, SIZE_MAX);
    split = feed(data + 1, size - 1, 1u + data[0] % 17u);
    model = model_read(data + 1, size - 1);
    if (!is_same(&whole, &split) || whole.error != model.error
        || (whole.error == DPS_OK && !is_same(&whole, &model))) {
        abort();
    }
    free(whole.at);
    free(split.at);
    free(model.at);
    return 0;
}
