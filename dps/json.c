/* SPDX-License-Identifier: MIT
 *
 * JSON as it streams: a pushdown machine. A byte is looked up in the table of the
 * grammar, which says where the text goes on from here. The containers around it are a
 * byte each, so nothing recurses.
 *
 * A name is gathered behind the character of its object, just as the caller's rows stand,
 * and compared with them as a whole. An object that is no row's has a character that no
 * row begins with, and one in a raw value that of a row which is no parent: so nothing in
 * them is told, but all is checked. */
#include "dps/json.h"

#include <string.h>

enum {
    JSON_END,          /* behind the root; nothing goes on here */
    /* Behind the first byte of a value: numbered as the type that it has. */
    JSON_OBJECT = DPS_JSON_OBJECT,
    JSON_ARRAY = DPS_JSON_ARRAY,
    JSON_STRING = DPS_JSON_STRING,
    JSON_NUMBER = DPS_JSON_NUMBER,
    JSON_TRUE = DPS_JSON_TRUE,
    JSON_FALSE = DPS_JSON_FALSE,
    JSON_NULL = DPS_JSON_NULL,
    /* In literals (3): what is left of one. */
    JSON_LEFT_UE,
    JSON_LEFT_E,
    JSON_LEFT_LSE,
    JSON_LEFT_SE,
    JSON_LEFT_LL,
    JSON_LEFT_L,
    /* In numbers (6). */
    JSON_ZERO,
    JSON_INTEGER,
    JSON_POINT,
    JSON_FRACTION,
    JSON_MANTISSA,     /* behind all digits: an exponent or the end */
    JSON_EXPONENT,     /* behind 'e' */
    JSON_SIGN,         /* behind its sign, or where that could be */
    JSON_DIGITS,
    /* What ends here leaves the machine where its container says. */
    JSON_VALUE_ENDS,
    JSON_STRING_ENDS,  /* a value's or a name's */
    JSON_CLOSE,
    /* In strings (7). */
    JSON_ESCAPE,       /* behind '\' */
    JSON_UNICODE,      /* behind "\u" */
    JSON_LOW_ESCAPE,   /* behind a high surrogate: '\' */
    JSON_LOW_U,        /* and 'u' */
    /* Between tokens, where white space may stand (2), as in JSON_OBJECT and _ARRAY. */
    JSON_START,        /* the root's '{' */
    JSON_NAME,         /* behind ',' in an object */
    JSON_COLON,
    JSON_VALUE,        /* behind ':', and behind ',' in an array */
    JSON_NEXT_MEMBER,  /* behind a value in an object */
    JSON_NEXT_ELEMENT, /* and in an array */

    /* What else a row of the table tells. */
    JSON_STATE = 0x3f, /* the bits of the state */
    JSON_TOLD = 0x40,  /* the byte is text of a name or a value */
    JSON_KEPT = 0x80,  /* the byte is not taken: it is looked up again in that state */
    JSON_ANY = 0       /* a byte that no row before has for this state */
};

/* What a value is to the caller: the character of its row, from DPS_JSON_ROOT on, or
 * JSON_NO_KEY. A container is kept as what the values in it are to the grammar: an object
 * as it was a value itself, anything else as the state behind such a value. */
enum { JSON_NO_KEY = JSON_NEXT_MEMBER, JSON_IN_ARRAY = JSON_NEXT_ELEMENT };

typedef char json_states_are_no_rows[(int)JSON_IN_ARRAY < (int)DPS_JSON_ROOT ? 1 : -1];

/* The grammar. All digits but '0' stand as '1'. */
static const struct json_row {
    uint8_t in, byte, go;
} json_rows[] = {
    /* 2, 4, 5: what stands between values. */
    { JSON_START, '{', JSON_OBJECT },
    { JSON_OBJECT, '}', JSON_CLOSE },
    { JSON_OBJECT, JSON_ANY, JSON_KEPT | JSON_NAME },
    { JSON_NAME, '"', JSON_STRING },
    { JSON_COLON, ':', JSON_VALUE },
    { JSON_NEXT_MEMBER, ',', JSON_NAME },
    { JSON_NEXT_MEMBER, '}', JSON_CLOSE },
    { JSON_NEXT_ELEMENT, ',', JSON_VALUE },
    { JSON_NEXT_ELEMENT, ']', JSON_CLOSE },
    { JSON_ARRAY, ']', JSON_CLOSE },
    { JSON_ARRAY, JSON_ANY, JSON_KEPT | JSON_VALUE },

    /* 3: the first byte of a value. */
    { JSON_VALUE, '{', JSON_OBJECT },
    { JSON_VALUE, '[', JSON_ARRAY },
    { JSON_VALUE, '"', JSON_STRING },
    { JSON_VALUE, '-', JSON_TOLD | JSON_NUMBER },
    { JSON_VALUE, '0', JSON_KEPT | JSON_NUMBER },
    { JSON_VALUE, '1', JSON_KEPT | JSON_NUMBER },
    { JSON_VALUE, 't', JSON_TOLD | JSON_TRUE },
    { JSON_VALUE, 'f', JSON_TOLD | JSON_FALSE },
    { JSON_VALUE, 'n', JSON_TOLD | JSON_NULL },

    /* 3: literals. */
    { JSON_TRUE, 'r', JSON_TOLD | JSON_LEFT_UE },
    { JSON_LEFT_UE, 'u', JSON_TOLD | JSON_LEFT_E },
    { JSON_LEFT_E, 'e', JSON_TOLD | JSON_VALUE_ENDS },
    { JSON_FALSE, 'a', JSON_TOLD | JSON_LEFT_LSE },
    { JSON_LEFT_LSE, 'l', JSON_TOLD | JSON_LEFT_SE },
    { JSON_LEFT_SE, 's', JSON_TOLD | JSON_LEFT_E },
    { JSON_NULL, 'u', JSON_TOLD | JSON_LEFT_LL },
    { JSON_LEFT_LL, 'l', JSON_TOLD | JSON_LEFT_L },
    { JSON_LEFT_L, 'l', JSON_TOLD | JSON_VALUE_ENDS },

    /* 6: numbers. */
    { JSON_NUMBER, '0', JSON_TOLD | JSON_ZERO },
    { JSON_NUMBER, '1', JSON_TOLD | JSON_INTEGER },
    { JSON_INTEGER, '0', JSON_TOLD | JSON_INTEGER },
    { JSON_INTEGER, '1', JSON_TOLD | JSON_INTEGER },
    { JSON_INTEGER, JSON_ANY, JSON_KEPT | JSON_ZERO },
    { JSON_ZERO, '.', JSON_TOLD | JSON_POINT },
    { JSON_ZERO, JSON_ANY, JSON_KEPT | JSON_MANTISSA },
    { JSON_POINT, '0', JSON_TOLD | JSON_FRACTION },
    { JSON_POINT, '1', JSON_TOLD | JSON_FRACTION },
    { JSON_FRACTION, '0', JSON_TOLD | JSON_FRACTION },
    { JSON_FRACTION, '1', JSON_TOLD | JSON_FRACTION },
    { JSON_FRACTION, JSON_ANY, JSON_KEPT | JSON_MANTISSA },
    { JSON_MANTISSA, 'e', JSON_TOLD | JSON_EXPONENT },
    { JSON_MANTISSA, 'E', JSON_TOLD | JSON_EXPONENT },
    { JSON_MANTISSA, JSON_ANY, JSON_KEPT | JSON_VALUE_ENDS },
    { JSON_EXPONENT, '+', JSON_TOLD | JSON_SIGN },
    { JSON_EXPONENT, '-', JSON_TOLD | JSON_SIGN },
    { JSON_EXPONENT, JSON_ANY, JSON_KEPT | JSON_SIGN },
    { JSON_SIGN, '0', JSON_TOLD | JSON_DIGITS },
    { JSON_SIGN, '1', JSON_TOLD | JSON_DIGITS },
    { JSON_DIGITS, '0', JSON_TOLD | JSON_DIGITS },
    { JSON_DIGITS, '1', JSON_TOLD | JSON_DIGITS },
    { JSON_DIGITS, JSON_ANY, JSON_KEPT | JSON_VALUE_ENDS },

    /* 7: strings. */
    { JSON_STRING, '"', JSON_STRING_ENDS },
    { JSON_STRING, '\\', JSON_ESCAPE },
    { JSON_STRING, JSON_ANY, JSON_TOLD | JSON_STRING },
    { JSON_ESCAPE, 'u', JSON_UNICODE },
    { JSON_ESCAPE, '"', '"' }, /* of the others, what they stand for */
    { JSON_ESCAPE, '\\', '\\' },
    { JSON_ESCAPE, '/', '/' },
    { JSON_ESCAPE, 'b', '\b' },
    { JSON_ESCAPE, 'f', '\f' },
    { JSON_ESCAPE, 'n', '\n' },
    { JSON_ESCAPE, 'r', '\r' },
    { JSON_ESCAPE, 't', '\t' },
    { JSON_LOW_ESCAPE, '\\', JSON_LOW_U },
    { JSON_LOW_U, 'u', JSON_UNICODE },

    { JSON_END, JSON_ANY, JSON_END } /* what has no row */
};

/* Where `byte` leads from the state `in`; JSON_END: nowhere. */
static unsigned json_next(unsigned in, uint8_t byte)
{
    const struct json_row *row = json_rows;

    if ((unsigned)byte - '1' < 9u) {
        byte = '1';
    }
    while (row->in != JSON_END
           && (row->in != in || (row->byte != byte && row->byte != JSON_ANY))) {
        row++;
    }
    return row->go;
}

void dps_json_fail(struct dps_json *j, enum dps_error error)
{
    j->error = (uint8_t)error;
}

/* ---- Values and containers (3, 4, 5) ----------------------------------------------- */

/* Whether the value is a row's, and not raw. */
static int json_is_told(const struct dps_json *j)
{
    return j->key > DPS_JSON_ROOT && j->raw_depth == 0;
}

static void json_value_begins(struct dps_json *j, unsigned type,
                              struct dps_json_event *event)
{
    if (j->raw_depth == 0) {
        j->type = (uint8_t)type;
        if (j->key >= j->first_raw) {
            j->raw_depth = j->depth;
        }
    }
    if (type > JSON_ARRAY) {
        return;
    }
    if (j->depth == DPS_JSON_DEPTH) {
        dps_json_fail(j, DPS_ERR_JSON_DEPTH);
        return;
    }
    j->container[++j->depth] = type == JSON_OBJECT ? j->key : JSON_IN_ARRAY;
    if (json_is_told(j)) { /* its beginning is all */
        event->last = 1;
    }
}

static void json_value_ends(struct dps_json *j, struct dps_json_event *event)
{
    uint8_t container = j->container[j->depth];

    j->state = container < DPS_JSON_ROOT ? container : JSON_NEXT_MEMBER;
    if (j->key > DPS_JSON_ROOT && (j->raw_depth == 0 || j->raw_depth == j->depth)) {
        event->last = 1;
    }
}

/* ---- Names (4) --------------------------------------------------------------------- */

static void json_name_ends(struct dps_json *j)
{
    const char *name = j->keys;
    unsigned row;

    j->text[0] = j->container[j->depth];
    for (row = 1; *name != '\0'; row++) {
        size_t len = strlen(name);

        if (len == j->text_len && memcmp(name, j->text, len) == 0) {
            uint32_t bit = (uint32_t)1 << row;

            if ((j->seen & bit) != 0) {
                dps_json_fail(j, DPS_ERR_JSON_DUPLICATE);
            }
            j->seen |= bit;
            j->key = (uint8_t)(DPS_JSON_ROOT + row);
        }
        name += len + 1;
    }
    j->is_name = 0;
    j->text_len = 0;
    j->state = JSON_COLON;
}

/* ---- Strings (7) ------------------------------------------------------------------- */

/* A byte of a name's or a value's text. What is neither a name nor told is gathered,
 * too, until it is full; the next name begins anew. */
static void json_text(struct dps_json *j, unsigned byte)
{
    if (j->text_len < sizeof j->text) {
        j->text[j->text_len++] = (uint8_t)byte;
    }
}

/* A character was escaped: it goes on as UTF-8 (RFC 3629 3), from its first byte, whose
 * mark is 0, c0, e0 or f0. */
static void json_escaped(struct dps_json *j, uint32_t code)
{
    unsigned shift = 0, mark = 0;

    while (code >> shift > (mark ^ 0xff) >> 1) {
        shift += 6;
        mark = 0xc0 | mark >> 1;
    }
    j->state = JSON_STRING;
    for (;;) {
        json_text(j, mark | code >> shift);
        if (shift == 0) {
            return;
        }
        code &= ((uint32_t)1 << shift) - 1;
        shift -= 6;
        mark = 0x80;
    }
}

/* The digits of \uXXXX come behind a 1, which the fourth moves here. */
enum { JSON_FOURTH = 0x10000 };

/* A digit of \uXXXX; the fourth makes a character, or half of one (8.2). */
static void json_digit(struct dps_json *j, uint8_t byte)
{
    unsigned digit = (unsigned)byte - '0';
    uint32_t code, half;

    if (digit >= 10) {
        digit = (byte | 0x20u) - 'a'; /* letters of either case */
        if (digit >= 6) {
            dps_json_fail(j, DPS_ERR_JSON);
            return;
        }
        digit += 10;
    }
    code = j->code << 4 | digit;
    j->code = code;
    if (code < JSON_FOURTH) {
        return;
    }
    j->code = 1;
    code -= JSON_FOURTH;
    half = code & 0xfc00; /* 0xd800: high surrogate, 0xdc00: low */
    if (j->high == 0 ? half == 0xdc00 : half != 0xdc00) {
        dps_json_fail(j, DPS_ERR_JSON);
    } else if (half == 0xd800) {
        j->high = 0x10000 + ((code - 0xd800) << 10) - 0xdc00;
        j->state = JSON_LOW_ESCAPE;
    } else {
        code += j->high;
        j->high = 0;
        json_escaped(j, code);
    }
}

/* ---- Bytes ------------------------------------------------------------------------- */

/* Takes one byte. Returns 0 when it is not taken: what was there ended before it. */
static size_t json_byte(struct dps_json *j, uint8_t byte, struct dps_json_event *event)
{
    unsigned in = j->state;
    unsigned go, next;

    if (in == JSON_UNICODE) {
        json_digit(j, byte);
        return 1;
    }
    if ((in < JSON_STRING || in >= JSON_START)
        && (byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r')) {
        return 1;
    }
    go = json_next(in, byte);
    if (go == JSON_END
        || (in == JSON_STRING && (byte < 0x20 || !dps_utf8_byte(&j->utf8, byte)))) {
        dps_json_fail(j, DPS_ERR_JSON);
        return 0;
    }
    if (in == JSON_ESCAPE && go != JSON_UNICODE) {
        json_escaped(j, go);
        return 1;
    }
    next = go & JSON_STATE;
    j->state = (uint8_t)next;
    if (in == JSON_VALUE) {
        json_value_begins(j, next, event);
    } else if (in == JSON_NAME) {
        j->is_name = 1;
        j->text_len = 1; /* its object comes before it */
    }
    if ((go & JSON_TOLD) != 0) {
        json_text(j, byte);
    }
    if (next < JSON_VALUE_ENDS || next > JSON_CLOSE) {
        return go < JSON_KEPT;
    }
    if (j->is_name) {
        json_name_ends(j);
    } else {
        j->depth = (uint8_t)(j->depth - (next == JSON_CLOSE));
        json_value_ends(j, event);
    }
    return go < JSON_KEPT;
}

void dps_json_init(struct dps_json *j, const char *keys, unsigned first_raw)
{
    memset(j, 0, sizeof *j);
    j->keys = keys;
    j->first_raw = (uint8_t)(DPS_JSON_ROOT + first_raw);
    j->state = JSON_START;
    j->key = JSON_NO_KEY;
    j->code = 1;
    j->depth = 1;
    j->container[1] = DPS_JSON_ROOT;
}

size_t dps_json_input(struct dps_json *j, const uint8_t *data, size_t len,
                      struct dps_json_event *event)
{
    size_t taken = 0;

    memset(event, 0, sizeof *event);
    while (taken < len && j->error == DPS_OK && !event->last
           && (event->bytes.len == 0 || j->raw_depth != 0)) {
        size_t n = json_byte(j, data[taken], event);

        if (j->raw_depth != 0) {
            event->bytes.at = data + taken - event->bytes.len;
            event->bytes.len += n;
        } else if (json_is_told(j) && j->utf8.before < DPS_UTF8_LEAD
                   && j->error == DPS_OK) {
            event->bytes.at = j->text; /* a whole character, or nothing */
            event->bytes.len = j->text_len;
            j->text_len = 0;
        }
        taken += n;
    }
    event->key = (uint8_t)(j->key - DPS_JSON_ROOT);
    if (event->bytes.len != 0) {
        event->type = j->type;
    }
    if (event->last) {
        event->type = j->type;
        j->key = JSON_NO_KEY;
        j->raw_depth = 0;
    }
    return taken;
}

enum dps_error dps_json_end(struct dps_json *j)
{
    if (j->error == DPS_OK && j->state != JSON_END) {
        dps_json_fail(j, DPS_ERR_JSON);
    }
    return (enum dps_error)j->error;
}

enum dps_error dps_json_error(const struct dps_json *j)
{
    return (enum dps_error)j->error;
}
