/* SPDX-License-Identifier: MIT
 *
 * All bytes lie on the table, and every question is asked of them anew: nothing is
 * remembered from one question to the next, so that each can be held against its section
 * of the standard alone.
 *
 * A rule says how many bytes show that it is broken. Numbers of the fixed header, the
 * length of a topic and the codes of a SUBACK are judged with their last byte; identifiers
 * and a topic's characters with the last byte before the payload, or of a packet that has
 * none. What the fewest bytes show is the verdict. Where these show more, the packet's
 * frame (type, flags, lengths, that of a topic not 0) goes first, then a SUBACK's codes,
 * the identifier, what the section of one type says, the characters of a string, and our
 * own limits. */
#include "tests/unit/mqtt_exhaustive/model.h"

struct packet {
    const struct model_receiver *receiver;
    const uint8_t *bytes;
    size_t len; /* so many are there, 1 at least; the packet may be longer or shorter */
};

#define NOT_THERE SIZE_MAX
enum { NOT_SHOWN = 0 };

/* ---- Tables 2.1, 2.2 and 2.4; the remaining length of 3.1 to 3.14 ------------------ */

enum { NOBODY, TO_SERVER, TO_CLIENT, BOTH_WAYS };
enum { OF_ITS_OWN = 0xff }; /* PUBLISH's flags and identifier: 3.3.1, 3.3.2.2 */
enum { CONNACK = 2, PUBLISH = 3, SUBACK = 9 };
#define ANY_LENGTH UINT32_MAX

static const struct {
    uint8_t direction, flags, has_identifier;
    uint32_t least, most;
} table[16] = {
    { NOBODY, 0, 0, 0, ANY_LENGTH },         /* forbidden */
    { TO_SERVER, 0, 0, 10 + 2, ANY_LENGTH }, /* CONNECT, a client identifier */
    { TO_CLIENT, 0, 0, 2, 2 },               /* CONNACK */
    { BOTH_WAYS, OF_ITS_OWN, OF_ITS_OWN, 2, ANY_LENGTH }, /* PUBLISH, a topic's length */
    { BOTH_WAYS, 0, 1, 2, 2 },                            /* PUBACK */
    { BOTH_WAYS, 0, 1, 2, 2 },                            /* PUBREC */
    { BOTH_WAYS, 2, 1, 2, 2 },                            /* PUBREL */
    { BOTH_WAYS, 0, 1, 2, 2 },                            /* PUBCOMP */
    { TO_SERVER, 2, 1, 2, ANY_LENGTH },                   /* SUBSCRIBE */
    { TO_CLIENT, 0, 1, 2 + 1, ANY_LENGTH },               /* SUBACK, a code */
    { TO_SERVER, 2, 1, 2, ANY_LENGTH },                   /* UNSUBSCRIBE */
    { TO_CLIENT, 0, 1, 2, 2 },                            /* UNSUBACK */
    { TO_SERVER, 0, 0, 0, 0 },                            /* PINGREQ */
    { TO_CLIENT, 0, 0, 0, 0 },                            /* PINGRESP */
    { TO_SERVER, 0, 0, 0, 0 },                            /* DISCONNECT */
    { NOBODY, 0, 0, 0, ANY_LENGTH },                      /* forbidden */
};

/* ---- Where things are -------------------------------------------------------------- */

static unsigned type_of(const struct packet *p)
{
    return p->bytes[0] / 16;
}

static unsigned flags_of(const struct packet *p)
{
    return p->bytes[0] % 16;
}

/* 3.3.1.2 */
static unsigned qos_of(const struct packet *p)
{
    return flags_of(p) / 2 % 4;
}

static size_t identifier_size(const struct packet *p)
{
    unsigned has = table[type_of(p)].has_identifier;

    if (has == OF_ITS_OWN) {
        has = qos_of(p) > 0;
    }
    return has ? 2 : 0;
}

static unsigned number_at(const struct packet *p, size_t at)
{
    return p->bytes[at] * 256u + p->bytes[at + 1];
}

/* 2.2.3: the last byte of one to four is below 128. */
static size_t fixed_header_size(const struct packet *p)
{
    size_t i;

    for (i = 1; i <= 4 && i < p->len; i++) {
        if (p->bytes[i] < 128) {
            return i + 1;
        }
    }
    return NOT_THERE;
}

/* 2.2.3, the algorithm as it is printed there; the fixed header is there. */
static uint32_t remaining_length(const struct packet *p)
{
    uint32_t multiplier = 1, value = 0;
    size_t i = 1;

    do {
        value += (p->bytes[i] & 127u) * multiplier;
        multiplier *= 128;
    } while ((p->bytes[i++] & 128u) != 0);
    return value;
}

/* Where a PUBLISH's topic begins, once its length is there. */
static size_t topic_at(const struct packet *p)
{
    size_t at = fixed_header_size(p);

    if (type_of(p) != PUBLISH || at == NOT_THERE || p->len - at < 2) {
        return NOT_THERE;
    }
    return at + 2;
}

static uint32_t topic_size(const struct packet *p)
{
    return number_at(p, topic_at(p) - 2);
}

/* What of the remaining length is not payload; the topic's length is there. */
static uint32_t before_payload(const struct packet *p)
{
    return 2 + topic_size(p) + (uint32_t)identifier_size(p);
}

/* Where the packet ends, but a PUBLISH's payload; NOT_THERE until all of that is. */
static size_t head_end(const struct packet *p)
{
    size_t end = fixed_header_size(p);

    if (end == NOT_THERE) {
        return NOT_THERE;
    }
    if (type_of(p) != PUBLISH) {
        end += remaining_length(p);
    } else if (topic_at(p) != NOT_THERE) {
        end += before_payload(p);
    } else {
        return NOT_THERE;
    }
    return end <= p->len ? end : NOT_THERE;
}

/* Behind a PUBLISH's topic, or the first in the body (2.3.1); the head is there. */
static size_t identifier_at(const struct packet *p)
{
    return type_of(p) == PUBLISH ? head_end(p) - identifier_size(p)
                                 : fixed_header_size(p);
}

/* ---- Rules: how many bytes show that it is broken ---------------------------------- */

static size_t shown(int is_broken, size_t bytes)
{
    return is_broken ? bytes : NOT_SHOWN;
}

static size_t packet_type(const struct packet *p)
{
    return shown(type_of(p) == 0 || type_of(p) == 15, 1);
}

static size_t direction(const struct packet *p)
{
    unsigned mine = p->receiver->is_server ? TO_SERVER : TO_CLIENT;
    unsigned its = table[type_of(p)].direction;

    return shown(its != mine && its != BOTH_WAYS, 1);
}

static size_t reserved_flags(const struct packet *p)
{
    unsigned flags = table[type_of(p)].flags;

    return shown(flags != OF_ITS_OWN && flags != flags_of(p), 1);
}

/* Four bytes that all say another follows. */
static size_t remaining_length_of_five(const struct packet *p)
{
    return shown(p->len >= 5 && fixed_header_size(p) == NOT_THERE, 5);
}

static size_t length_of_type(const struct packet *p)
{
    size_t header = fixed_header_size(p);

    return shown(header != NOT_THERE
                     && (remaining_length(p) < table[type_of(p)].least
                         || remaining_length(p) > table[type_of(p)].most),
                 header);
}

static size_t field_past_packet(const struct packet *p)
{
    size_t topic = topic_at(p);

    return shown(topic != NOT_THERE && before_payload(p) > remaining_length(p), topic);
}

/* Where there should be one and there are not even two bytes, the length is wrong. */
static size_t identifier_0(const struct packet *p)
{
    size_t end = head_end(p);

    if (end == NOT_THERE || identifier_size(p) == 0 || end - identifier_at(p) < 2) {
        return NOT_SHOWN;
    }
    return shown(number_at(p, identifier_at(p)) == 0, end);
}

/* A CONNACK of the right length is there. */
static int is_connack(const struct packet *p)
{
    return type_of(p) == CONNACK && head_end(p) != NOT_THERE && remaining_length(p) == 2;
}

static size_t connack_flags(const struct packet *p)
{
    return shown(is_connack(p) && p->bytes[head_end(p) - 2] > 1, head_end(p));
}

/* [MQTT-3.2.2-4] */
static size_t session_present(const struct packet *p)
{
    return shown(is_connack(p) && p->bytes[head_end(p) - 2] % 2 == 1
                     && p->bytes[head_end(p) - 1] != 0,
                 head_end(p));
}

/* [MQTT-3.3.1-2] */
static size_t dup_qos_0(const struct packet *p)
{
    return shown(type_of(p) == PUBLISH && flags_of(p) >= 8 && qos_of(p) == 0, 1);
}

/* [MQTT-3.3.1-4] */
static size_t qos_3(const struct packet *p)
{
    return shown(type_of(p) == PUBLISH && qos_of(p) == 3, 1);
}

/* [MQTT-3.9.3-2]: each code is judged when it is there. */
static size_t suback_code(const struct packet *p)
{
    size_t i, header = fixed_header_size(p);

    if (type_of(p) != SUBACK || header == NOT_THERE) {
        return NOT_SHOWN;
    }
    for (i = header + 2; i < p->len && i < header + remaining_length(p); i++) {
        unsigned code = p->bytes[i];

        if (code != 0 && code != 1 && code != 2 && code != 128) {
            return i + 1;
        }
    }
    return NOT_SHOWN;
}

/* [MQTT-4.7.3-1] */
static size_t topic_empty(const struct packet *p)
{
    size_t topic = topic_at(p);

    return shown(topic != NOT_THERE && topic_size(p) == 0, topic);
}

/* How many bytes the character at `at` has, and its number; 0: it is ill-formed. By the
 * definition of UTF-8 (RFC 3629 section 3): decode, then ask whether it may be so. */
static size_t character(const uint8_t *at, size_t len, uint32_t *number)
{
    static const uint32_t smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };
    unsigned lead = at[0];
    size_t i, size = lead < 0x80             ? 1
                     : (lead & 0xe0) == 0xc0 ? 2
                     : (lead & 0xf0) == 0xe0 ? 3
                     : (lead & 0xf8) == 0xf0 ? 4
                                             : 0;

    if (size == 0 || size > len) {
        return 0;
    }
    *number = size == 1 ? lead : lead & (0x7fu >> size);
    for (i = 1; i < size; i++) {
        if ((at[i] & 0xc0) != 0x80) {
            return 0;
        }
        *number = *number * 64 + (at[i] & 0x3f);
    }
    if (*number < smallest[size] || *number > 0x10ffff
        || (*number >= 0xd800 && *number <= 0xdfff)) {
        return 0;
    }
    return size;
}

/* Whether a character can begin with these bytes: with the smallest or the largest ones
 * behind them it is one. */
static int can_begin(const uint8_t *at, size_t len)
{
    static const uint8_t behind[] = { 0x80, 0xbf };
    uint8_t whole[4];
    uint32_t number;
    size_t i, k, size;

    for (k = 0; k < 2; k++) {
        for (i = 0; i < sizeof whole; i++) {
            whole[i] = i < len ? at[i] : behind[k];
        }
        size = character(whole, sizeof whole, &number);
        if (size >= len && size != 0) {
            return 1;
        }
    }
    return 0;
}

/* What the byte says with which a character goes wrong: it may be one by itself. */
static enum model_rule ill_formed(const uint8_t *at, size_t len)
{
    size_t good = 0;

    while (good < len && can_begin(at, good + 1)) {
        good++;
    }
    if (good < len && at[good] == 0) {
        return MODEL_TOPIC_NUL;
    }
    if (good < len && (at[good] == '+' || at[good] == '#')) {
        return MODEL_TOPIC_WILDCARD;
    }
    return MODEL_TOPIC_UTF8;
}

/* The rule that the first bad character of a whole topic breaks. */
static enum model_rule topic_breaks(const struct packet *p)
{
    size_t at, end, size;
    uint32_t number;

    if (type_of(p) != PUBLISH || head_end(p) == NOT_THERE) {
        return MODEL_NOTHING_WRONG;
    }
    end = topic_at(p) + topic_size(p);
    for (at = topic_at(p); at < end; at += size) {
        size = character(p->bytes + at, end - at, &number);
        if (size == 0) {
            return ill_formed(p->bytes + at, end - at);
        }
        if (number == 0) {
            return MODEL_TOPIC_NUL;
        }
        if (number == '+' || number == '#') {
            return MODEL_TOPIC_WILDCARD;
        }
    }
    return MODEL_NOTHING_WRONG;
}

static size_t topic_utf8(const struct packet *p)
{
    return shown(topic_breaks(p) == MODEL_TOPIC_UTF8, head_end(p));
}

static size_t topic_nul(const struct packet *p)
{
    return shown(topic_breaks(p) == MODEL_TOPIC_NUL, head_end(p));
}

static size_t topic_wildcard(const struct packet *p)
{
    return shown(topic_breaks(p) == MODEL_TOPIC_WILDCARD, head_end(p));
}

static size_t body_too_long(const struct packet *p)
{
    size_t header = fixed_header_size(p);

    return shown(type_of(p) != PUBLISH && header != NOT_THERE
                     && remaining_length(p) > p->receiver->head_size,
                 header);
}

static size_t topic_too_long(const struct packet *p)
{
    size_t topic = topic_at(p);

    return shown(topic != NOT_THERE && before_payload(p) - 2 > p->receiver->head_size,
                 topic);
}

/* The length alone shows it where not even the longest topic could leave less payload. */
static size_t payload_too_long(const struct packet *p)
{
    size_t header = fixed_header_size(p), topic = topic_at(p);
    uint64_t most = p->receiver->payload_max;

    if (type_of(p) != PUBLISH || header == NOT_THERE) {
        return NOT_SHOWN;
    }
    if (remaining_length(p) > 2 + p->receiver->head_size + most) {
        return header;
    }
    return shown(topic != NOT_THERE && remaining_length(p) > before_payload(p) + most,
                 topic);
}

/* ---- The verdict ------------------------------------------------------------------- */

/* The earlier one names what several rules show with the same byte. */
static size_t (*const shown_by[MODEL_RULES])(const struct packet *) = {
    [MODEL_PACKET_TYPE] = packet_type,
    [MODEL_DIRECTION] = direction,
    [MODEL_RESERVED_FLAGS] = reserved_flags,
    [MODEL_REMAINING_LENGTH] = remaining_length_of_five,
    [MODEL_LENGTH_OF_TYPE] = length_of_type,
    [MODEL_TOPIC_EMPTY] = topic_empty,
    [MODEL_FIELD_PAST_PACKET] = field_past_packet,
    [MODEL_SUBACK_CODE] = suback_code,
    [MODEL_IDENTIFIER_0] = identifier_0,
    [MODEL_CONNACK_FLAGS] = connack_flags,
    [MODEL_SESSION_PRESENT] = session_present,
    [MODEL_DUP_QOS_0] = dup_qos_0,
    [MODEL_QOS_3] = qos_3,
    [MODEL_TOPIC_UTF8] = topic_utf8,
    [MODEL_TOPIC_NUL] = topic_nul,
    [MODEL_TOPIC_WILDCARD] = topic_wildcard,
    [MODEL_BODY_TOO_LONG] = body_too_long,
    [MODEL_TOPIC_TOO_LONG] = topic_too_long,
    [MODEL_PAYLOAD_TOO_LONG] = payload_too_long,
};

static struct model_verdict refusal(const struct packet *p)
{
    struct model_verdict verdict = { .what = MODEL_NEEDS_MORE, .taken = p->len };
    unsigned rule;

    for (rule = MODEL_NOTHING_WRONG + 1; rule < MODEL_RULES; rule++) {
        size_t bytes = shown_by[rule](p);

        if (bytes != NOT_SHOWN
            && (verdict.what != MODEL_REFUSES || bytes < verdict.taken)) {
            verdict.what = MODEL_REFUSES;
            verdict.taken = bytes;
            verdict.rule = (enum model_rule)rule;
        }
    }
    return verdict;
}

/* The head is there and nothing is wrong with it. A payload is told as far as it is
 * there; one that is awaited keeps all back until it begins. */
static struct model_verdict told(const struct packet *p)
{
    struct model_verdict verdict = { .what = MODEL_TELLS };

    verdict.type = type_of(p);
    verdict.flags = flags_of(p);
    verdict.taken = head_end(p);
    verdict.is_last = 1;
    verdict.body_at = fixed_header_size(p) + identifier_size(p);
    verdict.body_len = head_end(p) - verdict.body_at;
    if (identifier_size(p) != 0) {
        verdict.identifier = number_at(p, identifier_at(p));
    }
    if (verdict.type == PUBLISH) {
        verdict.topic_at = topic_at(p);
        verdict.topic_len = topic_size(p);
        verdict.total = remaining_length(p) - before_payload(p);
        verdict.body_at = head_end(p);
        verdict.body_len = p->len - head_end(p);
        if (verdict.body_len > verdict.total) {
            verdict.body_len = verdict.total;
        }
        verdict.is_last = verdict.body_len == verdict.total;
        verdict.taken += verdict.body_len;
        if (verdict.body_len == 0 && verdict.total != 0) {
            verdict.what = MODEL_NEEDS_MORE;
        }
    }
    return verdict;
}

struct model_verdict model_read(const struct model_receiver *receiver,
                                const uint8_t *bytes, size_t len)
{
    struct packet packet = { receiver, bytes, len };
    struct model_verdict verdict = { .what = MODEL_NEEDS_MORE, .taken = len };

    if (len == 0) {
        return verdict;
    }
    verdict = refusal(&packet);
    if (verdict.what == MODEL_NEEDS_MORE && head_end(&packet) != NOT_THERE) {
        verdict = told(&packet);
    }
    return verdict;
}
