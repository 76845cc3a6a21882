/* SPDX-License-Identifier: MIT
 *
 * The parts of the user name are cut off from the left, each up to its separator, and
 * then looked at one by one. */
#include "tools/emulator/user_name.h"

#include <string.h>

static bool user_name_is_alphanumeric(uint8_t c)
{
    return (unsigned)c - '0' < 10u || (unsigned)c - 'A' < 26u || (unsigned)c - 'a' < 26u;
}

/* Cuts off what stands before `separator`, and the separator; without one, all of it. */
static struct dps_bytes user_name_cut(struct dps_bytes *rest, char separator)
{
    struct dps_bytes part = *rest;
    const uint8_t *end = rest->len == 0 ? NULL : memchr(rest->at, separator, rest->len);

    if (end == NULL) {
        rest->at += rest->len;
        rest->len = 0;
        return part;
    }
    part.len = (size_t)(end - rest->at);
    rest->at = end + 1;
    rest->len -= part.len + 1;
    return part;
}

static bool user_name_is(struct dps_bytes a, const char *text)
{
    return a.len == strlen(text) && (a.len == 0 || memcmp(a.at, text, a.len) == 0);
}

static bool user_name_consists_of(struct dps_bytes text, const char *others)
{
    for (size_t i = 0; i < text.len; i++) {
        if (!user_name_is_alphanumeric(text.at[i])
            && (text.at[i] == 0 || strchr(others, text.at[i]) == NULL)) {
            return false;
        }
    }
    return text.len != 0;
}

bool user_name_scope_is_valid(struct dps_bytes id_scope)
{
    return id_scope.len <= USER_NAME_ID_SCOPE_MAX && user_name_consists_of(id_scope, "");
}

bool user_name_parse(struct dps_bytes text, struct user_name *name)
{
    struct dps_bytes rest = text, word, key;

    if (text.at == NULL) {
        return false;
    }
    name->id_scope = user_name_cut(&rest, '/');
    word = user_name_cut(&rest, '/');
    name->registration_id = user_name_cut(&rest, '/');
    key = user_name_cut(&rest, '=');
    name->api_version = user_name_cut(&rest, '&');
    name->client_version.at = NULL;
    name->client_version.len = 0;
    if (!user_name_scope_is_valid(name->id_scope)
        || !user_name_is(word, "registrations") || name->registration_id.len == 0
        || !user_name_is(key, "api-version")
        || !user_name_consists_of(name->api_version, "-")) {
        return false;
    }
    if (name->api_version.at + name->api_version.len == text.at + text.len) {
        return true;
    }
    /* Some SDKs leave '/' and the like in their version as they are. */
    key = user_name_cut(&rest, '=');
    name->client_version = rest;
    return user_name_is(key, "ClientVersion");
}

bool user_name_id_is_valid(struct dps_bytes id)
{
    return id.len <= USER_NAME_REGISTRATION_ID_MAX && user_name_consists_of(id, "-._:")
           && (user_name_is_alphanumeric(id.at[id.len - 1]) || id.at[id.len - 1] == '-');
}

static uint8_t user_name_lower(uint8_t c)
{
    return (unsigned)c - 'A' < 26u ? (uint8_t)(c + 32) : c;
}

bool user_name_same_id(struct dps_bytes a, struct dps_bytes b)
{
    if (a.len != b.len) {
        return false;
    }
    for (size_t i = 0; i < a.len; i++) {
        if (user_name_lower(a.at[i]) != user_name_lower(b.at[i])) {
            return false;
        }
    }
    return true;
}

struct dps_bytes user_name_text(const char *text)
{
    struct dps_bytes bytes = { (const uint8_t *)text, strlen(text) };

    return bytes;
}
