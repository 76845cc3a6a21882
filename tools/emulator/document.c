/* SPDX-License-Identifier: MIT
 *
 * A place -> its path in words, built from the document downwards -> "path: what is
 * wrong". */
#include "tools/emulator/document.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tools/common/escape.h"

/* ---- paths ------------------------------------------------------------------------- */

enum { DOCUMENT_DEPTH_MAX = 8, DOCUMENT_NAME_MAX = 64 };

/* Appends ".name", "name" at the start, or "[index]". */
static size_t document_path_part(char *out, size_t cap,
                                 const struct document_place *place, bool first)
{
    char name[DOCUMENT_NAME_MAX];
    int len;

    if (place->name == NULL) {
        len = snprintf(out, cap, "[%zu]", place->index);
    } else {
        escape_text(name, sizeof name, place->name, strlen(place->name));
        len = snprintf(out, cap, "%s%s", first ? "" : ".", name);
    }
    return len < 0 ? 0 : (size_t)len < cap ? (size_t)len : cap - 1;
}

static size_t document_path(char *out, size_t cap, const struct document_place *place)
{
    const struct document_place *way[DOCUMENT_DEPTH_MAX];
    size_t depth = 0, len = 0;

    for (; place->up != NULL && depth < DOCUMENT_DEPTH_MAX; place = place->up) {
        way[depth++] = place;
    }
    out[0] = '\0';
    for (size_t i = depth; i-- > 0;) {
        len += document_path_part(out + len, cap - len, way[i], i == depth - 1);
    }
    return len;
}

bool document_wrong(const struct document_place *place, const char *format, ...)
{
    char *out = place->why->text;
    size_t cap = sizeof place->why->text;
    size_t len = document_path(out, cap - 1, place);
    va_list arguments;

    if (len != 0) {
        len += (size_t)snprintf(out + len, cap - len, "%s", len + 2 < cap ? ": " : "");
    }
    va_start(arguments, format);
    vsnprintf(out + len, cap - len, format, arguments);
    va_end(arguments);
    return false;
}

/* ---- places ------------------------------------------------------------------------ */

struct document_place document_member(const struct document_place *up, const char *name)
{
    struct document_place place = { up, name, 0, json_object_get(up->value, name),
                                    up->why };

    if (json_is_null(place.value)) {
        place.value = NULL;
    }
    return place;
}

struct document_place document_element(const struct document_place *up, size_t index)
{
    struct document_place place = { up, NULL, index, json_array_get(up->value, index),
                                    up->why };

    return place;
}

bool document_has(const struct document_place *object, const char *name)
{
    return document_member(object, name).value != NULL;
}

/* ---- types ------------------------------------------------------------------------- */

bool document_members(const struct document_place *object, const char *const *names,
                      size_t count)
{
    const char *name;
    json_t *value;

    if (!json_is_object(object->value)) {
        return document_wrong(object, "must be an object");
    }
    json_object_foreach(object->value, name, value)
    {
        struct document_place member = { object, name, 0, value, object->why };
        size_t i = 0;

        while (i < count && strcmp(names[i], name) != 0) {
            i++;
        }
        if (i == count) {
            return document_wrong(&member, "unknown member");
        }
    }
    return true;
}

bool document_is_array(const struct document_place *place)
{
    return place->value == NULL || json_is_array(place->value)
           || document_wrong(place, "must be an array");
}

bool document_string(const struct document_place *object, const char *name,
                     const char **out)
{
    struct document_place place = document_member(object, name);

    if (place.value == NULL) {
        return true;
    }
    if (!json_is_string(place.value) || json_string_length(place.value) == 0) {
        return document_wrong(&place, "must be a string, and not an empty one");
    }
    if (strlen(json_string_value(place.value)) != json_string_length(place.value)) {
        return document_wrong(&place, "must not hold U+0000");
    }
    *out = json_string_value(place.value);
    return true;
}

bool document_number(const struct document_place *object, const char *name, int64_t min,
                     int64_t max, int64_t *out)
{
    struct document_place place = document_member(object, name);

    if (place.value == NULL) {
        return true;
    }
    if (!json_is_integer(place.value) || json_integer_value(place.value) < min
        || json_integer_value(place.value) > max) {
        return document_wrong(&place, "must be a whole number from %lld to %lld",
                              (long long)min, (long long)max);
    }
    *out = json_integer_value(place.value);
    return true;
}

bool document_true(const struct document_place *object, const char *name, bool *out)
{
    struct document_place place = document_member(object, name);

    if (place.value == NULL) {
        return true;
    }
    if (!json_is_true(place.value)) {
        return document_wrong(&place, "can only be true");
    }
    *out = true;
    return true;
}
