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
rmdir "$1" 2>/dev/null || [ ! -e "$1" ] || {
    echo "$0: $1 is there and is not BearSSL's source: name another folder" >&2
    exit 1
}
mkdir -p "$1"
cd "$1"
trap 'cd ..; rm -rf "$folder"' EXIT # nothing half done stays
folder=$PWD
mkdir -p apt/parts apt/lists/partial apt/archives/partial

for list in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
    [ ! -f "$list" ] || sed -n 's/^deb[[:space:]]/deb-src /p' "$list" >>apt/parts/all.list
done
for list in /etc/apt/sources.list.d/*.sources; do
    [ ! -f "$list" ] || sed 's/^Types:.*/Types: deb-src/' "$list" >"apt/parts/${list##*/}"
done

own()
{
    apt-get -q -o Dir::State::lists="$folder/apt/lists" -o Dir::Cache="$folder/apt" \
        -o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts="$folder/apt/parts" \
        -o APT::Sandbox::User=root "$@" 2>&1
}
said=$(own update && own source --download-only bearssl) || {
    echo "$said" >&2
    echo "$0: no source package of BearSSL; where its source is unpacked already, say" >&2
    echo "    make firmware BEARSSL_SOURCE=DIR" >&2
    exit 1
}
tar -xmf bearssl_*.orig.tar.* --strip-components=1
rm -rf apt bearssl_*
trap - EXIT
