#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Makes the certificates that tests and the demo need, with the openssl program:
#
#     sh tests/pki/make.sh DIR
#
#   root.pem                the test CA: the anchor for `dps register --ca`
#   intermediate.pem        signs every leaf below, signed by the root
#   server.pem, .key        chain, leaf first: RSA-2048; localhost, dps.example.test and
#                           127.0.0.1
#   leaf-only.pem           the same without the intermediate
#   server-ec.pem, .key     the same with a P-256 key
#   expired.pem, .key       the same, but 2020 to 2021
#   other-name.pem, .key    for other.example.test
#   no-san.pem, .key        localhost in the subject's common name only
#   service.pem, .key       the chain as the service's is: the leaf RSA-2048, its issuer
#                           RSA-4096, both signed with SHA-384
#   device.pem, .key        client certificate, CN=demo-device
#   device-ec.pem, .key     the same with a P-256 key
#   other-root.pem          a CA that signed stranger.pem alone
#   stranger.pem, .key      for localhost, from that CA
#   ec-root.pem             a P-384 CA that signed nothing here
#   weak-root.pem           a CA with RSA-1024
#   weak.pem, .key          a server with RSA-1024
#
# Each has a key pair of its own, but leaf-only.pem, which is server.pem's leaf.
#
# The keys are made on this machine and never leave DIR. What is whole and will be valid
# for a day more is kept: a second run does nothing.
set -eu

if [ $# -ne 1 ]; then
    echo "usage: $0 DIR" >&2
    exit 2
fi
recipe=$(cksum <"$0") # another recipe, other certificates
mkdir -p "$1"
cd "$1"

if [ -f complete ] && [ "$(cat complete)" = "$recipe" ] &&
    openssl x509 -checkend 86400 -noout -in server.pem >/dev/null 2>&1; then
    exit 0
fi
umask 077
rm -rf complete work
mkdir work

# `openssl ca`, because `x509 -req` of OpenSSL 3.0 cannot choose the dates.
cat >work/ca.cnf <<'END'
[ca]
default_ca = test
[test]
database = work/index.txt
new_certs_dir = work
serial = work/serial
unique_subject = no
policy = any
[any]
commonName = supplied
[req]
distinguished_name = name
[name]
[v3_ca]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
[v3_server]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature,keyEncipherment
extendedKeyUsage = serverAuth
subjectAltName = DNS:localhost,DNS:dps.example.test,IP:127.0.0.1
[v3_other]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature,keyEncipherment
extendedKeyUsage = serverAuth
subjectAltName = DNS:other.example.test
[v3_no_san]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature,keyEncipherment
extendedKeyUsage = serverAuth
[v3_device]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = clientAuth
END
: >work/index.txt
echo 01 >work/serial

# Runs a command of openssl; what it says is shown only when it fails.
run()
{
    said=$(openssl "$@" 2>&1) || {
        echo "openssl $*" >&2
        echo "$said" >&2
        exit 1
    }
}

# Keys are made all at the same time, because RSA's take a while: in the background, until
# keys_are_made.
making=
rsa()   # KEY BITS
{
    run genpkey -algorithm RSA -pkeyopt "rsa_keygen_bits:$2" -out "$1" &
    making="$making $!"
}

ec()    # KEY CURVE
{
    run genpkey -algorithm EC -pkeyopt "ec_paramgen_curve:$2" -out "$1" &
    making="$making $!"
}

keys_are_made()
{
    for job in $making; do
        wait "$job"
    done
}

root()  # NAME CN
{
    run req -x509 -new -config work/ca.cnf -extensions v3_ca -sha256 -days 3650 \
        -key "work/$1.key" -subj "/CN=$2" -out "$1.pem"
}

# Issues OUT.pem for KEY; a date pair goes last.
issue() # OUT KEY CN EXTENSIONS ISSUER START END
{
    run req -new -config work/ca.cnf -key "$2" -subj "/CN=$3" -out work/csr
    run ca -batch -notext -config work/ca.cnf -md "$digest" -extensions "$4" -in work/csr \
        -cert "$5.pem" -keyfile "work/$5.key" -startdate "$6" -enddate "$7" -out "$1"
}

# A leaf and its issuer behind it, as a server or a device sends them.
chain() # NAME CN EXTENSIONS START END
{
    issue work/leaf.pem "$1.key" "$2" "$3" "$issuer" "$4" "$5"
    cat work/leaf.pem "$issuer.pem" >"$1.pem"
}

now=$(date -u +%Y)
from="$((now - 1))0101060000Z" # not at midnight: tests ask for the second
to="$((now + 10))0101000000Z"

digest=sha256
issuer=intermediate

for name in work/root work/intermediate work/other-root server expired other-name no-san \
    service stranger device; do
    rsa "$name.key" 2048
done
rsa work/service-issuer.key 4096
rsa work/weak-root.key 1024
rsa weak.key 1024
ec work/ec-root.key P-384
ec server-ec.key P-256
ec device-ec.key P-256
keys_are_made

root root       "tinydps test root"
root other-root "tinydps other root"
root ec-root    "tinydps EC root"
root weak-root  "tinydps weak root"
issue intermediate.pem work/intermediate.key "tinydps test intermediate" v3_ca root \
    "$from" "$to"

chain server     localhost          v3_server "$from" "$to"
cp work/leaf.pem leaf-only.pem
chain server-ec  localhost          v3_server "$from" "$to"
chain expired    localhost          v3_server 20200101000000Z 20210101000000Z
chain other-name other.example.test v3_other  "$from" "$to"
chain no-san     localhost          v3_no_san "$from" "$to"
chain weak       localhost          v3_server "$from" "$to"
chain device     demo-device        v3_device "$from" "$to"
chain device-ec  demo-device        v3_device "$from" "$to"

digest=sha384
issue service-issuer.pem work/service-issuer.key "tinydps service issuer" v3_ca root \
    "$from" "$to"
issuer=service-issuer
chain service    localhost          v3_server "$from" "$to"

digest=sha256
issuer=other-root
chain stranger   localhost          v3_server "$from" "$to"

rm -rf work
echo "$recipe" >complete
