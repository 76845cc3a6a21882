/* SPDX-License-Identifier: MIT
 *
 * JSON as it streams. A byte goes to the state that stands for the place where the text
 * may be cut: between tokens, in a string, in an escape, in a literal, in a number. The
 * containers around it are a bit each, so nothing recurses.
 *
 * Which values are told is decided by depth alone. The objects that the table knows
 * form one chain from the root down: `known_depth` of them, and only when that is the
 * whole `depth` is a name compared and a value told. All else, and all inside a raw
 * value, lies deeper: it is checked and passed over. A name is compared as it streams,
 * decoded byte by decoded byte, by striking out the rows that differ. */
#include "dps/json.h"

#include <string.h>

enum { JSON_NO_KEY = 0xfe };

enum {
    /* Between tokens, where white space may stand (2). */
    JSON_START,        /* the root's '{' */
    JSON_NAME_OR_END,  /* behind '{' */
    JSON_NAME,         /* behind ',' in an object */
    JSON_COLON,
    JSON_VALUE,        /* behind ':', and behind ',' in an array */
    JSON_VALUE_OR_END, /* behind '[' */
    JSON_NEXT,         /* behind a value */
    JSON_END,          /* behind the root */
    /* In strings (7). */
    JSON_STRING,
    JSON_ESCAPE,       /* behind '\' */
    JSON_HEX,
    JSON_LOW_ESCAPE,   /* behind a high surrogate: '\' */
    JSON_LOW_U,        /* and 'u' */
    /* In a literal (3). */
    JSON_LITERAL,
    /* In numbers (6): where they cannot end, then where they can. */
    JSON_MINUS,
    JSON_POINT,
    JSON_E,
    JSON_E_SIGN,
    JSON_ZERO,
    JSON_INTEGER,
    JSON_FRACTION,
    JSON_EXPONENT
};

/* What a byte is to the value around it. */
enum json_byte {
    JSON_PASSED, /* its frame: quotes, escapes, what stands between values */
    JSON_TOLD,   /* its text */
    JSON_KEPT    /* not taken: the value ended before it */
};

static enum json_byte json_fail(struct dps_json *j, enum dps_error error)
{
    j->error = (uint8_t)error;
    return JSON_PASSED;
}

/* Whether the table knows the object around the present byte. */
static int json_is_known(const struct dps_json *j)
{
    return j->depth == j->known_depth;
}

/* ---- Values and containers (3, 4, 5) ----------------------------------------------- */

static void json_tell_last(struct dps_json *j, struct dps_json_event *event)
{
    event->type = j->type;
    event->key = j->key;
    event->last = 1;
    j->key = JSON_NO_KEY;
    j->raw = 0;
}

static void json_value_ends(struct dps_json *j, struct dps_json_event *event)
{
    j->state = j->depth == 0 ? JSON_END : JSON_NEXT;
    if (j->key != JSON_NO_KEY && json_is_known(j)) {
        json_tell_last(j, event);
    }
}

static enum json_byte json_open(struct dps_json *j, uint32_t is_object,
                                struct dps_json_event *event)
{
    if (j->depth == DPS_JSON_DEPTH) {
        return json_fail(j, DPS_ERR_JSON_DEPTH);
    }
    if (json_is_known(j) && !j->raw) {
        if (is_object && (j->depth == 0 || j->key != JSON_NO_KEY)) {
            j->known_depth++;
            j->parent = j->depth == 0 ? DPS_JSON_ROOT : j->key;
        }
        if (j->key != JSON_NO_KEY) {
            json_tell_last(j, event);
        }
    }
    j->depth++;
    j->objects = j->objects << 1 | is_object;
    j->state = is_object ? JSON_NAME_OR_END : JSON_VALUE_OR_END;
    return JSON_PASSED;
}

static void json_close(struct dps_json *j, struct dps_json_event *event)
{
    if (json_is_known(j)) {
        j->known_depth--;
        if (j->parent != DPS_JSON_ROOT) {
            j->parent = j->keys[j->parent].parent;
        }
    }
    j->depth--;
    j->objects >>= 1;
    json_value_ends(j, event);
}

/* The type of the value that begins with `byte`; DPS_JSON_NOTHING: none does. */
static enum dps_json_type json_type(uint8_t byte)
{
    static const char first[] = "{[\"-tfn";
    const char *at = strchr(first, byte);

    if ((unsigned)byte - '0' < 10u) {
        return DPS_JSON_NUMBER;
    }
    if (byte == 0 || at == NULL) {
        return DPS_JSON_NOTHING;
    }
    return (enum dps_json_type)(at - first + DPS_JSON_OBJECT);
}

static enum json_byte json_value(struct dps_json *j, uint8_t byte,
                                 struct dps_json_event *event)
{
    enum dps_json_type type = json_type(byte);

    if (json_is_known(j)) {
        j->type = (uint8_t)type;
        j->raw = j->key != JSON_NO_KEY && j->keys[j->key].raw;
    }
    switch (type) {
    case DPS_JSON_OBJECT:
    case DPS_JSON_ARRAY:
        return json_open(j, type == DPS_JSON_OBJECT, event);
    case DPS_JSON_STRING:
        j->in_name = 0;
        j->state = JSON_STRING;
        return JSON_PASSED;
    case DPS_JSON_NUMBER:
        j->state = byte == '-' ? JSON_MINUS : byte == '0' ? JSON_ZERO : JSON_INTEGER;
        return JSON_TOLD;
    case DPS_JSON_TRUE:
    case DPS_JSON_FALSE:
    case DPS_JSON_NULL:
        j->literal = (uint8_t)type;
        j->at = 1;
        j->state = JSON_LITERAL;
        return JSON_TOLD;
    case DPS_JSON_NOTHING:
    default:
        return json_fail(j, DPS_ERR_JSON);
    }
}

/* ---- Names (4) --------------------------------------------------------------------- */

static void json_name_begins(struct dps_json *j)
{
    unsigned i;

    j->in_name = 1;
    j->name_at = 0;
    j->candidates = 0;
    for (i = 0; json_is_known(j) && i < j->count; i++) {
        if (j->keys[i].parent == j->parent) {
            j->candidates |= (uint16_t)(1u << i);
        }
    }
    j->state = JSON_STRING;
}

/* Strikes out the rows whose name has another byte here, its end among them: so a row
 * that is left has at least name_at bytes. A name of 256 bytes and more has no row. */
static void json_name_byte(struct dps_json *j, uint8_t byte)
{
    unsigned i;

    for (i = 0; i < j->count; i++) {
        if ((j->candidates >> i & 1u) != 0
            && (byte == 0 || (uint8_t)j->keys[i].name[j->name_at] != byte)) {
            j->candidates &= (uint16_t)~(1u << i);
        }
    }
    j->name_at++;
}

static void json_name_ends(struct dps_json *j)
{
    unsigned i;

    j->state = JSON_COLON;
    for (i = 0; i < j->count; i++) {
        if ((j->candidates >> i & 1u) != 0 && j->keys[i].name[j->name_at] == '\0') {
            if ((j->seen >> i & 1u) != 0) {
                json_fail(j, DPS_ERR_JSON_DUPLICATE);
            }
            j->seen |= (uint16_t)(1u << i);
            j->key = (uint8_t)i;
        }
    }
}

/* ---- Strings (7) ------------------------------------------------------------------- */

/* Gives on a decoded character, not above U+10FFFF, as UTF-8. */
static void json_character(struct dps_json *j, uint32_t code,
                           struct dps_json_event *event)
{
    static const uint8_t lead[] = { 0x00, 0xc0, 0xe0, 0xf0 };
    size_t more = code < 0x80 ? 0 : code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    size_t i;

    for (i = more; i > 0; i--) {
        j->decoded[i] = (uint8_t)(0x80 | (code & 0x3f));
        code >>= 6;
    }
    j->decoded[0] = (uint8_t)(lead[more] | code);
    j->state = JSON_STRING;
    if (j->in_name) {
        for (i = 0; i <= more; i++) {
            json_name_byte(j, j->decoded[i]);
        }
    } else if (j->key != JSON_NO_KEY && !j->raw) {
        event->type = j->type;
        event->key = j->key;
        event->bytes.at = j->decoded;
        event->bytes.len = more + 1;
    }
}

/* The four digits of \uXXXX are there: a character, or half of one (8.2). */
static void json_utf16(struct dps_json *j, struct dps_json_event *event)
{
    uint32_t code = j->code;
    unsigned half = code & 0xfc00u; /* 0xd800: high surrogate, 0xdc00: low */

    if ((half == 0xdc00) != (j->high != 0)) {
        json_fail(j, DPS_ERR_JSON);
    } else if (half == 0xd800) {
        j->high = j->code;
        j->state = JSON_LOW_ESCAPE;
    } else {
        if (j->high != 0) {
            code = 0x10000 + ((j->high & 0x3ffu) << 10) + (code & 0x3ffu);
        }
        json_character(j, code, event);
    }
}

static void json_hex(struct dps_json *j, uint8_t byte, struct dps_json_event *event)
{
    unsigned digit = (unsigned)byte - '0';

    if (digit >= 10) {
        digit = (byte | 0x20u) - 'a'; /* letters of either case */
        if (digit >= 6) {
            json_fail(j, DPS_ERR_JSON);
            return;
        }
        digit += 10;
    }
    j->code = (uint16_t)((unsigned)j->code << 4 | digit);
    if (++j->at == 4) {
        json_utf16(j, event);
    }
}

static void json_begin_hex(struct dps_json *j)
{
    j->at = 0;
    j->code = 0;
    j->state = JSON_HEX;
}

static void json_escape(struct dps_json *j, uint8_t byte, struct dps_json_event *event)
{
    static const char escape[] = "\"\"\\\\//b\bf\fn\nr\rt\t"; /* what it is, in pairs */
    size_t i;

    j->high = 0;
    if (byte == 'u') {
        json_begin_hex(j);
        return;
    }
    for (i = 0; i < sizeof escape - 1; i += 2) {
        if (byte == (uint8_t)escape[i]) {
            json_character(j, (uint8_t)escape[i + 1], event);
            return;
        }
    }
    json_fail(j, DPS_ERR_JSON);
}

static enum json_byte json_string(struct dps_json *j, uint8_t byte,
                                  struct dps_json_event *event)
{
    if (byte < 0x20 || !dps_utf8_byte(&j->utf8, byte)) {
        return json_fail(j, DPS_ERR_JSON);
    }
    if (byte == '\\') {
        j->state = JSON_ESCAPE;
        return JSON_PASSED;
    }
    if (byte != '"') {
        if (j->in_name) {
            json_name_byte(j, byte);
        }
        return JSON_TOLD;
    }
    if (j->in_name) {
        json_name_ends(j);
    } else {
        json_value_ends(j, event);
    }
    return JSON_PASSED;
}

/* ---- Literals (3) and numbers (6) -------------------------------------------------- */

static enum json_byte json_literal(struct dps_json *j, uint8_t byte,
                                   struct dps_json_event *event)
{
    static const char literal[][6] = { "true", "false", "null" };
    const char *text = literal[j->literal - DPS_JSON_TRUE];

    if ((uint8_t)text[j->at] != byte) {
        return json_fail(j, DPS_ERR_JSON);
    }
    if (text[++j->at] == '\0') {
        json_value_ends(j, event);
    }
    return JSON_TOLD;
}

/* Section 6: where the number stands behind `byte`; 0 when it does not go on so. */
static uint8_t json_number_next(uint8_t state, uint8_t byte)
{
    static const uint8_t after_digit[] = { /* from JSON_MINUS on */
        JSON_INTEGER,  JSON_FRACTION, JSON_EXPONENT, JSON_EXPONENT,
        0,             JSON_INTEGER,  JSON_FRACTION, JSON_EXPONENT,
    };

    if ((unsigned)byte - '0' < 10u) {
        return byte == '0' && state == JSON_MINUS ? (uint8_t)JSON_ZERO
                                                  : after_digit[state - JSON_MINUS];
    }
    switch (byte) {
    case '.':
        return state == JSON_ZERO || state == JSON_INTEGER ? JSON_POINT : 0;
    case 'e':
    case 'E':
        return state >= JSON_ZERO && state <= JSON_FRACTION ? JSON_E : 0;
    case '+':
    case '-':
        return state == JSON_E ? JSON_E_SIGN : 0;
    default:
        return 0;
    }
}

static enum json_byte json_number(struct dps_json *j, uint8_t byte,
                                  struct dps_json_event *event)
{
    uint8_t next = json_number_next(j->state, byte);

    if (next != 0) {
        j->state = next;
        return JSON_TOLD;
    }
    if (j->state < JSON_ZERO) {
        return json_fail(j, DPS_ERR_JSON);
    }
    json_value_ends(j, event);
    return JSON_KEPT;
}

/* ---- Bytes ------------------------------------------------------------------------- */

/* One byte between tokens that is no white space. */
static enum json_byte json_token(struct dps_json *j, uint8_t byte,
                                 struct dps_json_event *event)
{
    int in_object = (j->objects & 1u) != 0;
    int closes = byte == (in_object ? '}' : ']');

    switch (j->state) {
    case JSON_START:
        return byte == '{' ? json_open(j, 1, event) : json_fail(j, DPS_ERR_JSON);
    case JSON_NAME_OR_END:
    case JSON_NAME:
        if (byte == '"') {
            json_name_begins(j);
            return JSON_PASSED;
        }
        break;
    case JSON_COLON:
        if (byte == ':') {
            j->state = JSON_VALUE;
            return JSON_PASSED;
        }
        return json_fail(j, DPS_ERR_JSON);
    case JSON_VALUE:
    case JSON_VALUE_OR_END:
        if (j->state == JSON_VALUE || !closes) {
            return json_value(j, byte, event);
        }
        break;
    case JSON_NEXT:
        if (byte == ',') {
            j->state = in_object ? JSON_NAME : JSON_VALUE;
            return JSON_PASSED;
        }
        break;
    case JSON_END:
    default:
        return json_fail(j, DPS_ERR_JSON);
    }
    if (!closes || j->state == JSON_NAME) {
        return json_fail(j, DPS_ERR_JSON);
    }
    json_close(j, event);
    return JSON_PASSED;
}

static enum json_byte json_byte(struct dps_json *j, uint8_t byte,
                                struct dps_json_event *event)
{
    switch (j->state) {
    case JSON_STRING:
        return json_string(j, byte, event);
    case JSON_ESCAPE:
        json_escape(j, byte, event);
        return JSON_PASSED;
    case JSON_HEX:
        json_hex(j, byte, event);
        return JSON_PASSED;
    case JSON_LOW_ESCAPE:
    case JSON_LOW_U:
        if (byte != (j->state == JSON_LOW_U ? 'u' : '\\')) {
            return json_fail(j, DPS_ERR_JSON);
        }
        if (j->state == JSON_LOW_U) {
            json_begin_hex(j);
        } else {
            j->state = JSON_LOW_U;
        }
        return JSON_PASSED;
    case JSON_LITERAL:
        return json_literal(j, byte, event);
    default:
        if (j->state >= JSON_MINUS) {
            return json_number(j, byte, event);
        }
        if (byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r') {
            return JSON_PASSED;
        }
        return json_token(j, byte, event);
    }
}

void dps_json_init(struct dps_json *j, const struct dps_json_key *keys, size_t count)
{
    memset(j, 0, sizeof *j);
    j->keys = keys;
    j->count = (uint8_t)count;
    j->parent = DPS_JSON_ROOT;
    j->key = JSON_NO_KEY;
}

/* Makes `at` part of the piece that `event` tells. */
static void json_tell_byte(const struct dps_json *j, uint8_t key, const uint8_t *at,
                           struct dps_json_event *event)
{
    event->type = j->type;
    event->key = key;
    if (event->bytes.len++ == 0) {
        event->bytes.at = at;
    }
}

size_t dps_json_input(struct dps_json *j, const uint8_t *data, size_t len,
                      struct dps_json_event *event)
{
    size_t taken = 0;

    memset(event, 0, sizeof *event);
    while (taken < len && !event->last && j->error == DPS_OK
           && event->bytes.at != j->decoded) {
        uint8_t key = j->key; /* of which the last byte is told, too */
        uint8_t raw = j->raw;
        enum json_byte is;

        if (data[taken] == '\\' && event->bytes.len != 0 && !raw) {
            break; /* what it escapes is another piece */
        }
        is = json_byte(j, data[taken], event);
        if (j->error != DPS_OK || is == JSON_KEPT) {
            continue;
        }
        if (key != JSON_NO_KEY && (raw || j->raw || is == JSON_TOLD)) {
            json_tell_byte(j, key, data + taken, event);
        }
        taken++;
    }
    return taken;
}

enum dps_error dps_json_end(struct dps_json *j)
{
    if (j->error == DPS_OK && j->state != JSON_END) {
        j->error = DPS_ERR_JSON;
    }
    return (enum dps_error)j->error;
}

enum dps_error dps_json_error(const struct dps_json *j)
{
    return (enum dps_error)j->error;
}
