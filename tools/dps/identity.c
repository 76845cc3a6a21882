/* SPDX-License-Identifier: MIT
 *
 * Each check is a set of characters and a length; the words name both. */
#include "tools/dps/identity.h"

#include <stddef.h>
#include <string.h>

#define IDENTITY_CAPITALS "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define IDENTITY_DIGITS "0123456789"
#define IDENTITY_LETTERS IDENTITY_CAPITALS "abcdefghijklmnopqrstuvwxyz"
#define IDENTITY_ALNUM IDENTITY_LETTERS IDENTITY_DIGITS

enum {
    IDENTITY_ID_SCOPE_MAX = 32,
    IDENTITY_REGISTRATION_ID_MAX = 128,
    IDENTITY_API_VERSION_MAX = 32,
    IDENTITY_HOST_MAX = 253, /* RFC 1035 3.1, without the root's dot */
    IDENTITY_LABEL_MAX = 63
};

static int identity_is(const char *text, const char *alphabet, size_t max)
{
    size_t len = strlen(text);

    return len >= 1 && len <= max && strspn(text, alphabet) == len;
}

const char *identity_id_scope_mistake(const char *id_scope)
{
    return identity_is(id_scope, IDENTITY_ALNUM, IDENTITY_ID_SCOPE_MAX)
               ? NULL
               : "an ID scope is 1 to 32 letters and digits, as the portal shows it";
}

int identity_id_scope_is_usual(const char *id_scope)
{
    return strncmp(id_scope, "0ne", 3) == 0 || strncmp(id_scope, "0cn", 3) == 0;
}

const char *identity_registration_id_mistake(const char *registration_id)
{
    if (!identity_is(registration_id,
                     IDENTITY_ALNUM "-._:", IDENTITY_REGISTRATION_ID_MAX)) {
        return "a registration ID is 1 to 128 letters, digits and - . _ :";
    }
    if (strchr("._:", registration_id[strlen(registration_id) - 1]) != NULL) {
        return "a registration ID ends with a letter, a digit or a hyphen";
    }
    return NULL;
}

int identity_begins_special(const char *registration_id)
{
    return strchr("-._:", registration_id[0]) != NULL;
}

int identity_has_upper_case(const char *registration_id)
{
    return strpbrk(registration_id, IDENTITY_CAPITALS) != NULL;
}

const char *identity_host_mistake(const char *host)
{
    static const char no_name[] = "a host is a DNS name: labels of letters, digits and "
                                  "hyphens, joined by dots";
    const char *label = host;
    size_t len;

    if (strlen(host) > IDENTITY_HOST_MAX) {
        return "a host name has at most 253 characters";
    }
    if (strchr(host, ':') != NULL) {
        return "a host is the DNS name in the certificate; addresses go to --connect, "
               "ports to --port";
    }
    for (;; label += len + 1) {
        len = strcspn(label, ".");
        if (len < 1 || len > IDENTITY_LABEL_MAX || strspn(label, IDENTITY_ALNUM "-") < len
            || label[0] == '-' || label[len - 1] == '-') {
            return no_name;
        }
        if (label[len] == '\0') {
            break;
        }
    }
    return strspn(label, IDENTITY_DIGITS) == len
               ? "a host is the DNS name in the certificate; addresses go to --connect"
               : NULL;
}

const char *identity_api_version_mistake(const char *api_version)
{
    return identity_is(api_version, IDENTITY_ALNUM "-", IDENTITY_API_VERSION_MAX)
               ? NULL
               : "an API version is 1 to 32 letters, digits and hyphens";
}
