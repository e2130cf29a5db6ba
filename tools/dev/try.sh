#!/bin/sh
# tools/dev/try.sh - installs what is missing, builds mdwalk into build/ and
# shows what it says of a real dump.
set -eu
cd "$(dirname "$0")/../.."
. tools/dev/packages.sh
need $build_packages
[ -f build/build.ninja ] || meson setup build -Dtests=false >&2
ninja -C build >&2
exec build/tools/mdwalk --brief "${1:-testdata/dumps/x86_64-O0-null.dmp}"
