/* SPDX-License-Identifier: MIT
 *
 * JSON (RFC 8259), read as it streams: one object of any size and in any split, in the
 * memory of one small struct. The whole text is checked against the grammar; told are
 * only the values of the members that the caller names, each at its own path:
 *
 *     static const char keys[] =
 *         "0status\0"                    row 1: status, '0' is the root
 *         "0registrationState\0"         row 2
 *         "2payload\0";                  row 3: payload in the object of row 2
 *     dps_json_init(&json, keys, 3);     raw from row 3 on
 *     for (at = 0; at < len && dps_json_error(&json) == DPS_OK; at += taken) {
 *         taken = dps_json_input(&json, data + at, len - at, &event);
 *         if (event.type != DPS_JSON_NOTHING) { ... }
 *     }
 *     whole = dps_json_end(&json) == DPS_OK;
 *
 * Stricter than the grammar in what RFC 8259 leaves open: the root is an object (2), no
 * byte order mark (8.1), UTF-8 well formed, no lone surrogates (8.2), at most
 * DPS_JSON_DEPTH containers in each other (9), no named member twice (4). */
#ifndef DPS_JSON_H
#define DPS_JSON_H

#include "dps/error.h"
#include "mqtt/packet.h"
#include "mqtt/utf8.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
    DPS_JSON_DEPTH = 32, /* the root object is 1 */
    DPS_JSON_KEYS = 31,  /* most rows of a table */
    DPS_JSON_NAME = 17,  /* the longest name in one, bytes */
    DPS_JSON_ROOT = '0'  /* a row's parent: the root object */
};

enum dps_json_type {
    DPS_JSON_NOTHING,
    DPS_JSON_OBJECT,
    DPS_JSON_ARRAY,
    DPS_JSON_STRING,
    DPS_JSON_NUMBER,
    DPS_JSON_TRUE,
    DPS_JSON_FALSE,
    DPS_JSON_NULL
};

/** A value, or a piece of one: pieces follow each other, the last one may be empty. */
struct dps_json_event {
    uint8_t type;           /* enum dps_json_type; 0, DPS_JSON_NOTHING: none yet */
    uint8_t key;            /* row of the table, from 1 */
    uint8_t last;           /* the value ends with this piece */
    struct dps_bytes bytes; /* a string, number or literal: one whole character, decoded,
                             * which may be U+0000; none at the end. Raw: as it stands in
                             * the text. An object or array that is not raw: one event at
                             * its beginning, no bytes */
};

struct dps_json {
    /* Private: the fields are here so that you can place one; use the functions. */
    const char *keys;     /* borrowed */
    uint32_t seen;        /* a bit a key: it came */
    uint32_t code;        /* the digits of \uXXXX so far, behind a 1 */
    uint32_t high;        /* what the high surrogate adds to the low one; 0: none came */
    uint8_t state;
    uint8_t error;        /* enum dps_error; once set it stays */
    uint8_t depth;        /* containers around the present byte */
    uint8_t key;          /* of the present value: its row's character, or none's */
    uint8_t first_raw;    /* the values of these characters are raw */
    uint8_t raw_depth;    /* containers around the raw value that has begun; 0: none */
    uint8_t type;         /* enum dps_json_type: of the value that is told */
    uint8_t is_name;      /* the string is a name */
    uint8_t text_len;     /* bytes of the name, or of a value's character, so far */
    struct dps_utf8 utf8;
    uint8_t container[DPS_JSON_DEPTH + 1]; /* a character each, see json.c; 0: no more */
    uint8_t text[1 + DPS_JSON_NAME + 1];   /* a name as in a row; full: longer than any.
                                            * Else a character, lent when it is whole */
};

/** Makes a reader for one text.
 *
 * `keys` are the rows of a table, at most DPS_JSON_KEYS, counted from 1; an empty one
 * ends it. A row is a character for the object that the member is in, DPS_JSON_ROOT
 * or that and the number of the object's row; then the member's name, decoded, 1 to
 * DPS_JSON_NAME bytes; then a NUL. The values of row `first_raw` and all behind it are
 * told as they stand in the text, with all that is in them; none of these is a parent.
 * "" and 0: the text is only checked.
 *
 * Borrows `keys` as long as the reader is used. */
void dps_json_init(struct dps_json *json, const char *keys, unsigned first_raw);

/** Takes bytes of the text until there is one value, or one piece of one, to tell.
 *
 * `len` bytes at `data`, any split. Returns how many were taken: fewer only when `event`
 * tells something or the reader has failed; offer the rest again.
 *
 * Lends `event->bytes`, out of `data` or the reader, until the next call.
 *
 * Fails for good, see dps_json_error(), with
 *   DPS_ERR_JSON            not the grammar, not UTF-8, a lone surrogate, no object
 *   DPS_ERR_JSON_DEPTH      nested deeper than DPS_JSON_DEPTH
 *   DPS_ERR_JSON_DUPLICATE  a key of the table for the second time
 * after which an event may still tell what came before it.
 *
 * RFC 8259. */
size_t dps_json_input(struct dps_json *json, const uint8_t *data, size_t len,
                      struct dps_json_event *event);

/** Fails it for good with an `error` of the caller's: what was told may not be there. */
void dps_json_fail(struct dps_json *json, enum dps_error error);

/** Tells that the text is over. Returns DPS_OK when it was one whole object, else why
 * not: DPS_ERR_JSON when it is cut. */
enum dps_error dps_json_end(struct dps_json *json);

/** Why it failed; DPS_OK while it has not. */
enum dps_error dps_json_error(const struct dps_json *json);

#ifdef __cplusplus
}
#endif

#endif
