/* SPDX-License-Identifier: MIT
 *
 * BearSSL's numbers (bearssl_ssl.h, bearssl_x509.h) and TLS's alerts (RFC 5246 7.2) in
 * words: the detail of a TLS failure. Only those that a person can act upon have more to
 * say than their class. */
#include "tls/stream.h"

static const struct detail_word {
    int16_t number;
    const char *text;
} detail_words[] = {
    { 3, "the peer speaks another version, TLS 1.2 is needed, or no TLS" },
    { 4, "the TLS version changed on the way" },
    { 5, "a record has an impossible length" },
    { 6, "a record is larger than the buffer" },
    { 7, "a record was damaged on the way" },
    { 10, "a message came out of turn" },
    { 16, "the server chose a cipher suite that was not offered" },
    { 17, "the server chose compression" },
    { 19, "secure renegotiation does not match" },
    { 20, "the server sent an extension that was not asked for" },
    { 26, "the server chose an algorithm that was not offered" },
    { 27, "the server's signature is wrong: it does not hold the certificate's key" },
    { 28, "the certificate's key may not be used for this" },
    { 34, "the certificate is cut" },
    { 49, "a certificate uses an algorithm that is not accepted (SHA-1, RSA-PSS)" },
    { 50, "the certificate's key is too large" },
    { 52, "a signature in the certificate chain is wrong" },
    { 54, "a certificate has expired or is not yet valid: check the clock" },
    { 55, "the certificates are not in order, each signed by the next" },
    { 56, "the certificate is for another name" },
    { 57, "a certificate has a critical extension that is not understood" },
    { 58, "an intermediate certificate is not that of a CA" },
    { 59, "an intermediate certificate's key may not sign certificates" },
    { 60, "a certificate's key is too short" },
    { 62, "the chain does not lead to a trust anchor" },
    { 256 + 10, "alert unexpected_message" },
    { 256 + 20, "alert bad_record_mac" },
    { 256 + 40, "alert handshake_failure: no cipher suite or key type in common, or a "
                "client certificate is required" },
    { 256 + 42, "alert bad_certificate" },
    { 256 + 43, "alert unsupported_certificate" },
    { 256 + 45, "alert certificate_expired" },
    { 256 + 46, "alert certificate_unknown" },
    { 256 + 47, "alert illegal_parameter" },
    { 256 + 48, "alert unknown_ca" },
    { 256 + 49, "alert access_denied" },
    { 256 + 50, "alert decode_error" },
    { 256 + 51, "alert decrypt_error" },
    { 256 + 70, "alert protocol_version: the server does not speak TLS 1.2" },
    { 256 + 71, "alert insufficient_security" },
    { 256 + 80, "alert internal_error" },
    { 256 + 100, "alert no_renegotiation" },
    { 256 + 112, "alert unrecognized_name: the server does not know this name" }
};

const char *dps_stream_detail_text(enum dps_stream_error error, int32_t detail)
{
    size_t i;

    if (error != DPS_STREAM_ERR_HANDSHAKE && error != DPS_STREAM_ERR_CERTIFICATE
        && error != DPS_STREAM_ERR_RECORD) {
        return "";
    }
    for (i = 0; i < sizeof detail_words / sizeof detail_words[0]; i++) {
        if (detail_words[i].number == detail) {
            return detail_words[i].text;
        }
    }
    return detail >= 256 && detail < 512 ? "an alert" : "";
}
