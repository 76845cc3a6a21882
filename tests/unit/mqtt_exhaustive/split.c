/* SPDX-License-Identifier: MIT
 *
 * Where a stream is cut says nothing: each conversation, cut at every position and at
 * every pair of them, is heard and answered as it is written down. Payload pieces are
 * joined first: where they break may depend on the cuts, what they say may not. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mqtt/memory.h"
#include "tests/row.h"
#include "tests/unit/mqtt_exhaustive/conversations.h"
#include "tests/unit/mqtt_exhaustive/mqtt_exhaustive_tests.h"

/* ---- A run: what was heard and sent so far ----------------------------------------- */

static struct {
    const struct conversation *is;
    size_t cut_1, cut_2;
    unsigned step, output_first;
    int is_closed;
    uint32_t now_ms;
    size_t taken, out_len;
    uint8_t out[256];

    uint8_t payload[64]; /* of a message that is not yet complete */
    size_t payload_len;

    uint8_t head[64];
    struct dps_mqtt_session session; /* role CLIENT */
    struct dps_mqtt_memory memory;
    struct dps_mqtt_kept entries[4];
    struct dps_mqtt_reader reader;   /* role SERVER */
} run;

/* ck_assert(), but free of charge when all is well: it is asked millions of times. */
static void must(int is_so, const char *what, const char *instead)
{
    if (!is_so) {
        ck_abort_msg("%s, cut at %u and %u, step %u: %s%s", run.is->name,
                     (unsigned)run.cut_1, (unsigned)run.cut_2, run.step, what, instead);
    }
}

/* ---- Lines ------------------------------------------------------------------------- */

struct line {
    size_t len;
    char text[160];
};

static void line_put(struct line *line, const char *text)
{
    size_t len = strlen(text);

    must(len < sizeof line->text - line->len, "a long line", "");
    memcpy(line->text + line->len, text, len + 1);
    line->len += len;
}

static void line_bytes(struct line *line, const uint8_t *at, size_t len)
{
    size_t i;

    for (i = 0; i < len; i++) {
        char hex[] = { '<', "0123456789abcdef"[at[i] / 16],
                       "0123456789abcdef"[at[i] % 16], '>', '\0' };
        char plain[] = { (char)at[i], '\0' };

        line_put(line, at[i] > ' ' && at[i] < 0x7f ? plain : hex);
    }
}

/* The next step of the conversation is this one; what follows it is done. */
static void hear(const struct line *line)
{
    const struct step *step = &run.is->step[run.step];

    must(step->heard != NULL && strcmp(line->text, step->heard) == 0,
         "heard: ", line->text);
    run.step++;
    if (step->then != NULL) {
        step->then(&run.session, &run.now_ms);
    }
}

/* A packet, or a piece of one: heard when it is complete. */
static void hear_packet(const char *word, const struct dps_mqtt_packet *packet)
{
    struct line line;

    if (packet->type == DPS_MQTT_PUBLISH) {
        must(packet->offset == run.payload_len
                 && packet->body.len <= packet->total - packet->offset
                 && packet->last == (packet->offset + packet->body.len == packet->total),
             "a piece that does not join", "");
    }
    must(packet->body.len <= sizeof run.payload - run.payload_len, "a long payload", "");
    if (packet->body.len != 0) {
        memcpy(run.payload + run.payload_len, packet->body.at, packet->body.len);
        run.payload_len += packet->body.len;
    }
    if (!packet->last) {
        return;
    }
    line.len = (size_t)sprintf(line.text, "%s %02x %u ", word,
                               (unsigned)packet->type << 4 | packet->flags,
                               (unsigned)packet->packet_identifier);
    line_bytes(&line, packet->topic.at, packet->topic.len);
    line.len += (size_t)sprintf(line.text + line.len, ": ");
    line_bytes(&line, run.payload, run.payload_len);
    run.payload_len = 0;
    hear(&line);
}

static void hear_event(const struct dps_mqtt_event *event)
{
    struct line line;

    switch (event->type) {
    case DPS_MQTT_NOTHING:
        return;
    case DPS_MQTT_OUTPUT_FIRST:
        run.output_first++;
        return;
    case DPS_MQTT_MESSAGE:
        hear_packet("message", &event->packet);
        return;
    case DPS_MQTT_CONNECTED:
        sprintf(line.text, "connected %u", event->packet.body.at[0] & 1u);
        break;
    case DPS_MQTT_SUBSCRIBED:
        sprintf(line.text, "subscribed %u: %02x %02x",
                (unsigned)event->packet.packet_identifier,
                (unsigned)conversation_filters[0].granted,
                (unsigned)conversation_filters[1].granted);
        break;
    case DPS_MQTT_UNSUBSCRIBED:
        sprintf(line.text, "unsubscribed %u", (unsigned)event->packet.packet_identifier);
        break;
    case DPS_MQTT_PUBLISHED:
        sprintf(line.text, "published %u", (unsigned)event->packet.packet_identifier);
        break;
    case DPS_MQTT_CLOSED:
        sprintf(line.text, "closed");
        run.is_closed = 1;
        break;
    default:
        sprintf(line.text, "event %u", (unsigned)event->type);
        break;
    }
    hear(&line);
}

/* ---- Chunks ------------------------------------------------------------------------ */

static void send_all(void)
{
    const uint8_t *at;
    size_t len;

    while ((at = dps_mqtt_session_output(&run.session, &len)) != NULL) {
        must(len <= sizeof run.out - run.out_len, "more bytes out", "");
        memcpy(run.out + run.out_len, at, len);
        run.out_len += len;
        dps_mqtt_session_sent(&run.session, len);
    }
}

static size_t session_chunk(const uint8_t *chunk, size_t len)
{
    struct dps_mqtt_event event;
    size_t at = 0;

    do {
        at += dps_mqtt_session_input(&run.session, chunk + at, len - at, &event);
        hear_event(&event);
        if (!run.is->is_held || event.type == DPS_MQTT_OUTPUT_FIRST) {
            send_all();
        }
    } while (event.type != DPS_MQTT_NOTHING && !run.is_closed);
    return at;
}

static size_t reader_chunk(const uint8_t *chunk, size_t len)
{
    struct dps_mqtt_packet packet;
    size_t at = 0;

    do {
        at += dps_mqtt_reader_input(&run.reader, chunk + at, len - at, &packet);
        if (packet.type != DPS_MQTT_NONE) {
            hear_packet("packet", &packet);
        }
    } while (packet.type != DPS_MQTT_NONE);
    return at;
}

/* In a heap block of its size, so that one byte too far is seen. */
static void chunk(size_t from, size_t to)
{
    size_t len = to - from;
    uint8_t *block = malloc(len + !len);

    memcpy(block, run.is->in.at + from, len);
    if (run.is->role == DPS_MQTT_SERVER) {
        run.taken += reader_chunk(block, len);
    } else if (!run.is_closed) {
        run.taken += session_chunk(block, len);
    }
    free(block);
}

/* ---- The whole of it, cut at two positions ----------------------------------------- */

static void begin(const struct conversation *is, size_t cut_1, size_t cut_2)
{
    memset(&run, 0, sizeof run);
    run.is = is;
    run.cut_1 = cut_1;
    run.cut_2 = cut_2;
    if (is->role == DPS_MQTT_SERVER) {
        dps_mqtt_reader_init(&run.reader, is->role, run.head, sizeof run.head, 0);
        return;
    }
    dps_mqtt_session_init(&run.session, run.head, sizeof run.head, 0);
    if (is->kept != NULL) {
        const struct dps_mqtt_kept *entry;

        dps_mqtt_memory_init(&run.memory, run.entries, 4);
        for (entry = is->kept; entry->packet_type != 0; entry++) {
            run.memory.store.change(&run.memory.store, DPS_MQTT_KEPT_NONE, entry);
        }
        dps_mqtt_session_keep(&run.session, &run.memory.store);
    }
    is->begin(&run.session, &run.now_ms);
    send_all();
}

static void converse(const struct conversation *is, size_t cut_1, size_t cut_2)
{
    enum dps_mqtt_error error;

    begin(is, cut_1, cut_2);
    chunk(0, cut_1);
    chunk(cut_1, cut_2);
    chunk(cut_2, is->in.len);
    send_all();
    error = is->role == DPS_MQTT_SERVER ? dps_mqtt_reader_error(&run.reader)
                                        : dps_mqtt_session_error(&run.session, NULL);
    must(is->step[run.step].heard == NULL, "not heard: ", is->step[run.step].heard);
    must(error == is->error, "error: ", dps_mqtt_error_text(error));
    must(run.taken == (is->taken != 0 ? is->taken : is->in.len), "other bytes taken", "");
    must(run.output_first == is->output_first, "other output that had to go first", "");
    must(run.out_len == is->out.len && memcmp(run.out, is->out.at, is->out.len) == 0,
         "other bytes out", "");
}

/* At 0 it is not cut at all. */
START_TEST(mqtt_split_one_cut)
{
    const struct conversation *is = &conversations[_i];
    size_t cut;

    for (cut = 0; cut <= is->in.len; cut++) {
        converse(is, cut, cut);
    }
    ROW_RAN(is->name);
}
END_TEST

START_TEST(mqtt_split_two_cuts)
{
    const struct conversation *is = &conversations[_i];
    size_t cut_1, cut_2;

    for (cut_2 = 0; cut_2 <= is->in.len; cut_2++) {
        for (cut_1 = 0; cut_1 < cut_2; cut_1++) {
            converse(is, cut_1, cut_2);
        }
    }
    ROW_RAN(is->name);
}
END_TEST

TCase *mqtt_split_cases(void)
{
    TCase *tc = tcase_create("split");

    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, mqtt_split_one_cut, 0, conversation_count);
    tcase_add_loop_test(tc, mqtt_split_two_cuts, 0, conversation_count);
    return tc;
}
