#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Gets BearSSL's source as Debian has it: bearssl.sh DIR. Needs no root: the list of source
# packages is this machine's own list of binary packages, in a folder of its own. The
# packages' signature is checked by apt.
set -eu

[ $# -eq 1 ] || {
    echo "usage: $0 DIR" >&2
    exit 2
}
[ ! -f "$1/inc/bearssl.h" ] || exit 0
rm -rf "$1"
mkdir -p "$1/apt/parts" "$1/apt/lists/partial" "$1/apt/archives/partial"
cd "$1"

for list in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
    [ ! -f "$list" ] || sed -n 's/^deb[[:space:]]/deb-src /p' "$list" >>apt/parts/all.list
done
for list in /etc/apt/sources.list.d/*.sources; do
    [ ! -f "$list" ] || sed 's/^Types:.*/Types: deb-src/' "$list" >"apt/parts/${list##*/}"
done

own="-q -o Dir::State::lists=$PWD/apt/lists -o Dir::Cache=$PWD/apt
     -o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts=$PWD/apt/parts
     -o APT::Sandbox::User=root"
said=$(apt-get $own update 2>&1 && apt-get $own source --download-only bearssl 2>&1) || {
    echo "$said" >&2
    echo "$0: no source package of BearSSL; where its source is unpacked already, say" >&2
    echo "    make firmware BEARSSL_SOURCE=DIR" >&2
    exit 1
}
tar -xmf bearssl_*.orig.tar.* --strip-components=1
rm -rf apt bearssl_*
