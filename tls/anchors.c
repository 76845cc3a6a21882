/* SPDX-License-Identifier: MIT
 *
 * Trust anchors from PEM text.
 *
 * A byte of text goes through BearSSL's PEM decoder, which hands the bytes of each block
 * to BearSSL's X.509 decoder as they come; that one appends the subject's name to the
 * caller's space. At a block's end the certificate is judged and its key follows the
 * name there. */
#include <string.h>

#include "tls/anchors.h"

struct anchors_reader {
    br_x509_trust_anchor *anchors;
    size_t cap, count;
    uint8_t *space; /* what is left of it */
    size_t space_left;
    size_t name_len; /* of the certificate at hand: what `space` begins with */
    int out_of_space;
    int inside;      /* a block has begun and not ended */
    int wanted;      /* it is a certificate */
    br_pem_decoder_context pem;
    br_x509_decoder_context certificate;
};

static void anchors_append_name(void *context, const void *data, size_t len)
{
    struct anchors_reader *r = (struct anchors_reader *)context;

    if (len > r->space_left - r->name_len) { /* name_len <= space_left */
        r->out_of_space = 1;
        return;
    }
    memcpy(r->space + r->name_len, data, len);
    r->name_len += len;
}

static void anchors_append_der(void *context, const void *data, size_t len)
{
    br_x509_decoder_push(&((struct anchors_reader *)context)->certificate, data, len);
}

/* A copy of `len` bytes in the space; out_of_space tells whether there was room. */
static unsigned char *anchors_keep(struct anchors_reader *r, const unsigned char *data,
                                   size_t len)
{
    unsigned char *kept = r->space;

    if (len > r->space_left) {
        r->out_of_space = 1;
        return kept;
    }
    memcpy(kept, data, len);
    r->space += len;
    r->space_left -= len;
    return kept;
}

static void anchors_keep_key(struct anchors_reader *r, br_x509_pkey *to,
                             const br_x509_pkey *from)
{
    *to = *from;
    if (from->key_type == BR_KEYTYPE_RSA) {
        to->key.rsa.n = anchors_keep(r, from->key.rsa.n, from->key.rsa.nlen);
        to->key.rsa.e = anchors_keep(r, from->key.rsa.e, from->key.rsa.elen);
    } else {
        to->key.ec.q = anchors_keep(r, from->key.ec.q, from->key.ec.qlen);
    }
}

/* The certificate at hand is whole. */
static enum dps_tls_pem_error anchors_add(struct anchors_reader *r)
{
    const br_x509_pkey *key = br_x509_decoder_get_pkey(&r->certificate);
    br_x509_trust_anchor *anchor;

    if (key == NULL) {
        return DPS_TLS_PEM_ERR_CERTIFICATE;
    }
    if (!br_x509_decoder_isCA(&r->certificate)) {
        return DPS_TLS_PEM_ERR_NOT_CA;
    }
    /* BearSSL does not look at an anchor's size (x509_minimal.t0). */
    if (key->key_type == BR_KEYTYPE_RSA && key->key.rsa.nlen < 2048 / 8) {
        return DPS_TLS_PEM_ERR_WEAK_KEY;
    }
    if (r->count == r->cap) {
        return DPS_TLS_PEM_ERR_TOO_MANY;
    }
    anchor = &r->anchors[r->count++];
    anchor->flags = BR_X509_TA_CA;
    anchor->dn.data = r->space;
    anchor->dn.len = r->name_len;
    r->space += r->name_len;
    r->space_left -= r->name_len;
    anchors_keep_key(r, &anchor->pkey, key);
    return r->out_of_space ? DPS_TLS_PEM_ERR_SPACE : DPS_TLS_PEM_OK;
}

static int anchors_is_certificate(const char *name)
{
    return strcmp(name, "CERTIFICATE") == 0 || strcmp(name, "X509 CERTIFICATE") == 0;
}

/* What the PEM decoder has met, 0: nothing. */
static enum dps_tls_pem_error anchors_event(struct anchors_reader *r, int event)
{
    switch (event) {
    case 0:
        return DPS_TLS_PEM_OK;
    case BR_PEM_BEGIN_OBJ:
        r->inside = 1;
        r->wanted = anchors_is_certificate(br_pem_decoder_name(&r->pem));
        r->name_len = 0;
        br_x509_decoder_init(&r->certificate, anchors_append_name, r);
        br_pem_decoder_setdest(&r->pem, r->wanted ? anchors_append_der : NULL, r);
        return DPS_TLS_PEM_OK;
    case BR_PEM_END_OBJ:
        r->inside = 0;
        return r->wanted ? anchors_add(r) : DPS_TLS_PEM_OK;
    case BR_PEM_ERROR:
    default:
        return DPS_TLS_PEM_ERR_SYNTAX;
    }
}

static enum dps_tls_pem_error anchors_push(struct anchors_reader *r, const char *text,
                                           size_t len)
{
    for (;;) {
        size_t taken = br_pem_decoder_push(&r->pem, text, len);
        int event = br_pem_decoder_event(&r->pem);
        enum dps_tls_pem_error error = anchors_event(r, event);

        if (error != DPS_TLS_PEM_OK || (taken == len && event == 0)) {
            return error;
        }
        text += taken;
        len -= taken;
    }
}

/* Without the CR of CR LF: after one, BearSSL 0.6 does not see where a BEGIN line's
 * dashes start, and takes them into the name. */
static enum dps_tls_pem_error anchors_push_lines(struct anchors_reader *r,
                                                 const char *text, size_t len)
{
    enum dps_tls_pem_error error = DPS_TLS_PEM_OK;

    while (len != 0 && error == DPS_TLS_PEM_OK) {
        const char *cr = (const char *)memchr(text, '\r', len);
        size_t n = cr == NULL ? len : (size_t)(cr - text);

        error = anchors_push(r, text, n);
        n += cr != NULL;
        text += n;
        len -= n;
    }
    return error;
}

int dps_tls_anchors_from_pem(br_x509_trust_anchor *anchors, size_t cap, const char *pem,
                             size_t len, uint8_t *space, size_t space_cap)
{
    struct anchors_reader r;
    enum dps_tls_pem_error error;

    memset(&r, 0, sizeof r);
    r.anchors = anchors;
    r.cap = cap;
    r.space = space;
    r.space_left = space_cap;
    br_pem_decoder_init(&r.pem);

    error = anchors_push_lines(&r, pem, len);
    if (error == DPS_TLS_PEM_OK) {
        /* The decoder knows an END line by its line end, which the last one may lack. */
        error = anchors_push(&r, "\n", 1);
    }
    if (error == DPS_TLS_PEM_OK && r.inside) {
        error = DPS_TLS_PEM_ERR_SYNTAX;
    }
    if (error == DPS_TLS_PEM_OK && r.count == 0) {
        error = DPS_TLS_PEM_ERR_NONE;
    }
    return error == DPS_TLS_PEM_OK ? (int)r.count : -(int)error;
}
