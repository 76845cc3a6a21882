/* SPDX-License-Identifier: MIT
 *
 * Which names a server's certificate can be compared with: label by label, each a run of
 * letters, digits and hyphens up to a dot or the end. */
#include "tls/inner.h"

static int name_is_digit(char c)
{
    return (unsigned char)c - (unsigned)'0' < 10u;
}

static int name_is_letter(char c)
{
    return ((unsigned char)c | 32u) - 'a' < 26u;
}

/* A host name as RFC 1123 2.1 has it: labels of 1 to 63 letters, digits and inner
 * hyphens, 253 characters in all; no dot at the end, which no certificate has. An IPv6
 * address has colons, and a last label of digits only is an IPv4 address: certificates
 * name those in another way, which BearSSL does not read. */
int dps_tls_is_dns_name(const char *name)
{
    const char *label, *at = name;

    do {
        label = at;
        while (name_is_letter(*at) || name_is_digit(*at) || *at == '-') {
            at++;
        }
        if (at == label || at - label > 63 || *label == '-' || at[-1] == '-') {
            return 0;
        }
    } while (*at++ == '.');
    while (name_is_digit(*label)) {
        label++;
    }
    return at[-1] == '\0' && *label != '\0' && at - name <= 253 + 1;
}
