#!/bin/sh
# tests/install.sh SOURCE BUILD - installs into an empty folder and builds the
# README's program against what is there, with pkg-config and nothing else.
set -eu
source=$1
build=$2
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
DESTDIR=$root meson install -C "$build" --no-rebuild --quiet
pc=$(find "$root" -name mdwalk.pc)
PKG_CONFIG_PATH=$(dirname "$pc")
PKG_CONFIG_SYSROOT_DIR=$root
export PKG_CONFIG_PATH PKG_CONFIG_SYSROOT_DIR
grep -q sanitize "$build/meson-info/intro-buildoptions.json" || exit 1
flags=$(sed -n '/"name": "b_sanitize"/,/}/s/.*"value": "\(address[^"]*\)".*/-fsanitize=\1/p' \
    "$build/meson-info/intro-buildoptions.json" | head -n 1)
${CC:-cc} $flags -o "$root/stacks" "$source/examples/stacks.c" \
    $(pkg-config --cflags --libs mdwalk)
LD_LIBRARY_PATH=$(dirname "$(find "$root" -name 'libmdwalk.so.0')")
export LD_LIBRARY_PATH
"$root/stacks" "$source/testdata/dumps/x86_64-fp-deep.dmp" | grep -q 'crash-x86_64-fp'
readelf -d "$LD_LIBRARY_PATH/libmdwalk.so.0" | grep -q 'SONAME.*\[libmdwalk.so.0\]'
readelf --version-info "$LD_LIBRARY_PATH/libmdwalk.so.0" | grep -q MDW_0
for file in include/mdwalk/mdwalk.h bin/mdwalk share/man/man1/mdwalk.1; do
    [ -f "$(find "$root" -path "*/$file")" ]
done
