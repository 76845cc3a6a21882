#!/bin/sh
# SPDX-License-Identifier: MIT
#
# A device registers with a service on this desk: what `make demo` runs.
#
#     examples/demo.sh [BUILD [PKI]]
#
# Real TLS 1.2 on real sockets; nothing leaves this machine.
set -eu

build=${1:-build}
pki=${2:-$build/pki}
work=$(mktemp -d)
emulator=

# The emulator ends with the demo, whatever way that ends.
clean_up()
{
    if [ -n "$emulator" ]; then
        kill "$emulator" 2>/dev/null || true
        wait "$emulator" 2>/dev/null || true
    fi
    rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

"$build/bin/dps-emulator" --port 0 --ws-port 0 --ports-file "$work/ports" \
    --certificate "$pki/server.pem" --private-key "$pki/server.key" &
emulator=$!
until [ -e "$work/ports" ]; do
    kill -0 "$emulator" || exit 1
    sleep 0.05
done
port=$(sed -n 's/^mqtt=//p' "$work/ports")

# The demo enrollment's key, see the README: a text that is no secret, in base64.
key=$(printf '%s' 'tinydps demo key, not a secret!!' | base64)

set -- "$build/bin/dps" register --host localhost --port "$port" --ca "$pki/root.pem" \
    --id-scope 0ne00000000 --registration-id demo-device --symmetric-key "$key"
printf '\nThe emulator listens on port %s. Now, as a device would:\n\n$' "$port"
printf ' %s' "$@"
printf '\n\n'
"$@"
