#!/bin/sh
# tools/dev/check.sh - installs what the tests need, builds with gcc and with
# clang under its sanitizers, runs every test of both builds, the formatter, the
# linter and the proof that testdata can be made again.
set -u
cd "$(dirname "$0")/../.."
. tools/dev/packages.sh
need $build_packages g++ git python3 python3-jsonschema python3-protobuf \
    protobuf-compiler binutils file man-db \
    xz-utils zstd universal-ctags clang clang-format clang-tidy libclang-rt-14-dev llvm \
    libcapstone-dev debuginfod libelf-dev valgrind strace \
    mingw-w64-x86-64-dev lldb-19 llvm-19 gdb gdb-multiarch qemu-user \
    gcc-i686-linux-gnu g++-i686-linux-gnu libc6-dev-i386-cross \
    gcc-arm-linux-gnueabihf g++-arm-linux-gnueabihf libc6-dev-armhf-cross \
    gcc-aarch64-linux-gnu g++-aarch64-linux-gnu libc6-dev-arm64-cross ||
    exit 1

passed=0
failed=0
# name, command...: one test of its own
check() {
    name=$1
    shift
    echo "== $name"
    if "$@"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED: $name"
    fi
}

# folder, compiler, meson options...: builds, runs, and counts what meson says
suite() {
    folder=$1
    compiler=$2
    shift 2
    echo "== tests in $folder ($compiler)"
    rm -rf "$folder"
    if ! CC=$compiler meson setup "$folder" -Dwerror=true "$@" ||
        ! ninja -C "$folder"; then
        failed=$((failed + 1))
        echo "FAILED: $folder does not build"
        return
    fi
    meson test -C "$folder" --print-errorlogs
    set -- $(python3 tools/dev/count.py "$folder")
    passed=$((passed + $1))
    failed=$((failed + $2))
}

suite build-gcc gcc
ASAN_OPTIONS=detect_leaks=1:abort_on_error=0
UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
export ASAN_OPTIONS UBSAN_OPTIONS
suite build-san clang -Db_sanitize=address,undefined -Db_lundef=false
check format sh tools/dev/format.sh --check
check tidy sh tools/dev/tidy.sh build-san
check testdata-again python3 testdata/make.py --check

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
