/* SPDX-License-Identifier: MIT
 *
 * The errors of this room in words, for who prints them: what was wrong and what to
 * do. */
#include "tls/anchors.h"
#include "tls/stream.h"

const char *dps_stream_error_text(enum dps_stream_error error)
{
    switch (error) {
    case DPS_STREAM_OK:
        return "no error";
    case DPS_STREAM_ERR_NO_ADDRESS:
        return "no address to connect to";
    case DPS_STREAM_ERR_SERVER_NAME:
        return "the server name is missing or is no DNS name (an IP address cannot be "
               "verified, a dot at the end is not allowed)";
    case DPS_STREAM_ERR_NO_ANCHORS:
        return "no trust anchor given: nothing to verify the server's certificate with";
    case DPS_STREAM_ERR_CLOCK:
        return "the time of day is not known: set the clock to verify certificates with";
    case DPS_STREAM_ERR_RANDOM:
        return "the random source failed";
    case DPS_STREAM_ERR_BUFFER:
        return "a TLS buffer is too small: 837 bytes at least, 597 for a second one";
    case DPS_STREAM_ERR_CONNECT:
        return "no address of the server accepted the connection";
    case DPS_STREAM_ERR_READ:
        return "the connection was lost while receiving";
    case DPS_STREAM_ERR_WRITE:
        return "the connection was lost while sending";
    case DPS_STREAM_ERR_OPEN_TIME:
        return "the connection could not be opened in time";
    case DPS_STREAM_ERR_CLOSED_EARLY:
        return "the peer closed the connection during the TLS handshake";
    case DPS_STREAM_ERR_TRUNCATED:
        return "the connection ended without close_notify: something may be missing";
    case DPS_STREAM_ERR_RECORD:
        return "the TLS connection broke: a record was refused or an alert received";
    case DPS_STREAM_ERR_CERTIFICATE:
        return "the server's certificate is refused";
    case DPS_STREAM_ERR_RECORD_TOO_LARGE:
        return "the peer sent a TLS record that exceeds the buffer: give it more bytes";
    case DPS_STREAM_ERR_HANDSHAKE:
        return "the TLS handshake failed";
    }
    return "unknown error";
}

const char *dps_tls_pem_error_text(enum dps_tls_pem_error error)
{
    switch (error) {
    case DPS_TLS_PEM_OK:
        return "no error";
    case DPS_TLS_PEM_ERR_SYNTAX:
        return "not PEM: a block holds something else than base64, or has no END line";
    case DPS_TLS_PEM_ERR_NONE:
        return "no CERTIFICATE block in it";
    case DPS_TLS_PEM_ERR_CERTIFICATE:
        return "a CERTIFICATE block holds no X.509 certificate with an RSA or EC key";
    case DPS_TLS_PEM_ERR_NOT_CA:
        return "a certificate is not that of a CA (basicConstraints)";
    case DPS_TLS_PEM_ERR_WEAK_KEY:
        return "a certificate's RSA key has fewer than 2048 bits";
    case DPS_TLS_PEM_ERR_TOO_MANY:
        return "more certificates than there is room for";
    case DPS_TLS_PEM_ERR_SPACE:
        return "the certificates' names and keys need more space";
    }
    return "unknown error";
}
