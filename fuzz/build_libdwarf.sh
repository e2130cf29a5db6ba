#!/bin/sh
# fuzz/build_libdwarf.sh - libdwarf from Debian's source with the sanitizers of
# the fuzz targets, because faults in an uninstrumented library stay unseen.
# usage: build_libdwarf.sh FOLDER; leaves FOLDER/libdwarf.a and its headers in
# FOLDER/include. CC and SANITIZE may be set.
set -eu

folder=${1:?usage: build_libdwarf.sh FOLDER}
cc=${CC:-clang}
sanitize=${SANITIZE:--fsanitize=fuzzer-no-link,address,undefined}
mkdir -p "$folder/lists/partial" "$folder/include/libdwarf"
folder=$(cd "$folder" && pwd)

# Lists of its own: the system's need not name source packages, and stay as
# they are.
key=/usr/share/keyrings/debian-archive-keyring.gpg
release=$(. /etc/os-release && echo "$VERSION_CODENAME")
echo "deb-src [signed-by=$key] http://deb.debian.org/debian $release main" \
    > "$folder/source.list"
apt() {
    apt-get -qq -o Dir::Etc::sourcelist="$folder/source.list" \
        -o Dir::Etc::sourceparts=- -o Dir::State::lists="$folder/lists" "$@"
}
cd "$folder"
if ! ls -d dwarfutils-*/ > /dev/null 2>&1; then
    apt update
    apt --download-only source dwarfutils
    dpkg-source --no-check -x dwarfutils_*.dsc
fi

cd dwarfutils-*/
[ -f libdwarf/config.h ] || [ -f config.h ] ||
    ./configure CC="$cc" --disable-dependency-tracking > configure.out
cd libdwarf
cp libdwarf.h dwarf.h "$folder/include/libdwarf/"
rm -f "$folder"/*.o "$folder/libdwarf.a"
for source in *.c; do
    case $source in
    # Programs of its build.
    gen*|*test_*|*_test.c|malloc_check.c|dwgetopt.c) continue ;;
    esac
    # It adds an offset to a pointer first and checks the offset then.
    "$cc" $sanitize -fno-sanitize=pointer-overflow -g -O1 -w -DHAVE_CONFIG_H -I. -I.. -c "$source" \
        -o "$folder/${source%.c}.o" || echo "left out: $source" >&2
done
ar rcs "$folder/libdwarf.a" "$folder"/*.o
