/* SPDX-License-Identifier: MIT
 *
 * Trust anchors as C tables, for a product without a file system:
 *
 *     dps-anchors <root.pem >anchors.c
 *
 * Each certificate on standard input becomes a row of `device_anchors`. Nothing is
 * written when one of them cannot be used. The bytes are const, and so stay in
 * flash; BearSSL's pointers to them are not, hence the casts. */
#include <stdio.h>

#include "tls/anchors.h"

enum { ANCHORS = 16, EXIT_USAGE = 2 };

static void print_bytes(const char *name, size_t row, const unsigned char *bytes,
                        size_t len)
{
    printf("\nstatic const unsigned char %s_%zu[] = {", name, row);
    for (size_t i = 0; i < len; i++) {
        printf("%s0x%02x,", i % 12 == 0 ? "\n    " : " ", bytes[i]);
    }
    puts("\n};");
}

static void print_key_bytes(size_t row, const br_x509_pkey *key)
{
    if (key->key_type == BR_KEYTYPE_RSA) {
        print_bytes("modulus", row, key->key.rsa.n, key->key.rsa.nlen);
        print_bytes("exponent", row, key->key.rsa.e, key->key.rsa.elen);
    } else {
        print_bytes("point", row, key->key.ec.q, key->key.ec.qlen);
    }
}

/* A member that points to the bytes of a table of the same row, and its length. */
static void print_member(const char *pointer, const char *length, const char *name,
                         size_t row)
{
    printf(" .%s = (unsigned char *)%s_%zu,", pointer, name, row);
    printf(" .%s = sizeof %s_%zu", length, name, row);
}

static void print_anchor(size_t row, const br_x509_trust_anchor *anchor)
{
    fputs("    { .dn = {", stdout);
    print_member("data", "len", "name", row);
    fputs(" },\n      .flags = BR_X509_TA_CA,\n      .pkey = ", stdout);
    if (anchor->pkey.key_type == BR_KEYTYPE_RSA) {
        fputs("{ .key_type = BR_KEYTYPE_RSA,\n                .key.rsa = {", stdout);
        print_member("n", "nlen", "modulus", row);
        puts(",");
        fputs("                            ", stdout);
        print_member("e", "elen", "exponent", row);
    } else {
        printf("{ .key_type = BR_KEYTYPE_EC,\n                .key.ec = { .curve = %d,",
               anchor->pkey.key.ec.curve);
        print_member("q", "qlen", "point", row);
    }
    puts(" } } },");
}

int main(void)
{
    static br_x509_trust_anchor anchors[ANCHORS];
    static uint8_t space[ANCHORS * DPS_TLS_ANCHOR_SPACE];
    static char pem[65536];
    size_t len = fread(pem, 1, sizeof pem, stdin);
    int count = dps_tls_anchors_from_pem(anchors, ANCHORS, pem, len, space, sizeof space);

    if (len == sizeof pem || count < 0) {
        const char *why = len == sizeof pem
                              ? "standard input is too long: at most 64 KB"
                              : dps_tls_pem_error_text((enum dps_tls_pem_error)-count);

        fprintf(stderr, "dps-anchors: %s\n", why);
        fputs("usage: dps-anchors <root.pem >anchors.c\n", stderr);
        return EXIT_USAGE;
    }
    puts("/* Made by dps-anchors; make it anew instead of editing it. */\n"
         "#include \"device.h\"");
    for (size_t row = 0; row < (size_t)count; row++) {
        print_bytes("name", row, anchors[row].dn.data, anchors[row].dn.len);
        print_key_bytes(row, &anchors[row].pkey);
    }
    puts("\nconst br_x509_trust_anchor device_anchors[] = {");
    for (size_t row = 0; row < (size_t)count; row++) {
        print_anchor(row, &anchors[row]);
    }
    puts("};");
    return fflush(stdout) == 0 ? 0 : 1;
}
