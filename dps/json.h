/* SPDX-License-Identifier: MIT
 *
 * JSON (RFC 8259), read as it streams: one object of any size and in any split, in the
 * memory of one small struct. The whole text is checked against the grammar; told are
 * only the values of the members that the caller names, each at its own path:
 *
 *     static const struct dps_json_key keys[] = {
 *         { "status", DPS_JSON_ROOT, 0 },               0: status
 *         { "registrationState", DPS_JSON_ROOT, 0 },    1
 *         { "payload", 1, 1 },                          2: registrationState.payload, raw
 *     };
 *     dps_json_init(&json, keys, 3);
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
    DPS_JSON_DEPTH = 32,   /* the root object is 1 */
    DPS_JSON_KEYS = 16,    /* most rows of a table */
    DPS_JSON_ROOT = 0xff   /* a key's parent: the root object */
};

/** A member to be told, a row of the caller's table. */
struct dps_json_key {
    const char *name; /* decoded; not empty */
    uint8_t parent;   /* the row of the member whose object it is in, or DPS_JSON_ROOT */
    uint8_t raw;      /* 1: the value as it stands in the text, with all that is in it */
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
    uint8_t key;            /* row of the table */
    uint8_t last;           /* the value ends with this piece */
    struct dps_bytes bytes; /* a string: decoded, may hold U+0000. Raw, and numbers and
                             * literals: as they stand in the text. An object or array
                             * that is not raw: one event at its beginning, no bytes */
};

struct dps_json {
    /* Private: the fields are here so that you can place one; use the functions. */
    const struct dps_json_key *keys; /* borrowed */
    uint32_t objects;     /* a bit a container, the innermost is bit 0; 1: an object */
    uint16_t seen;        /* a bit a key: it came */
    uint16_t candidates;  /* a bit a key: its name begins like the present member's */
    uint16_t code;        /* of \uXXXX, the digits so far */
    uint16_t high;        /* the high surrogate before it; 0: none */
    uint8_t count;        /* of keys */
    uint8_t depth;        /* containers around the present byte: 0 to DPS_JSON_DEPTH */
    uint8_t known_depth;  /* how many of them, from the root on, the table knows */
    uint8_t parent;       /* the innermost of those: its key, or DPS_JSON_ROOT */
    uint8_t key;          /* of the value that is told, or JSON_NO_KEY */
    uint8_t type;         /* its enum dps_json_type */
    uint8_t raw;          /* it is raw and has begun */
    uint8_t state;
    uint8_t in_name;      /* the string is a member's name */
    uint8_t at;           /* bytes of the literal or of \uXXXX so far */
    uint8_t name_at;      /* bytes of the name so far */
    uint8_t literal;      /* enum dps_json_type */
    uint8_t error;        /* enum dps_error; once set it stays */
    uint8_t decoded[4];   /* an escaped character, lent */
    struct dps_utf8 utf8;
};

/** Makes a reader for one text. Borrows the table of `count` keys, at most DPS_JSON_KEYS,
 * as long as the reader is used; null and 0: the text is only checked. */
void dps_json_init(struct dps_json *json, const struct dps_json_key *keys, size_t count);

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

/** Tells that the text is over. Returns DPS_OK when it was one whole object, else why
 * not: DPS_ERR_JSON when it is cut. */
enum dps_error dps_json_end(struct dps_json *json);

/** Why it failed; DPS_OK while it has not. */
enum dps_error dps_json_error(const struct dps_json *json);

#ifdef __cplusplus
}
#endif

#endif
