# tools/dev/packages.sh - installs the Debian packages that are named and
# missing. Sourced by the scripts beside it.
need() {
    missing=
    for package in "$@"; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null |
            grep -q 'ok installed' || missing="$missing $package"
    done
    [ -n "$missing" ] || return 0
    as_root=
    [ "$(id -u)" = 0 ] || as_root=sudo
    echo "installing:$missing" >&2
    DEBIAN_FRONTEND=noninteractive
    export DEBIAN_FRONTEND
    $as_root apt-get update -q >&2
    # shellcheck disable=SC2086
    $as_root apt-get install -y -q --no-install-recommends $missing >&2
}

build_packages="gcc libc6-dev meson ninja-build pkg-config zlib1g-dev libbz2-dev liblzma-dev libzstd-dev libcapstone-dev libxxhash-dev libelf-dev libdwarf-dev libiberty-dev libcurl4-gnutls-dev libdebuginfod-dev libprotobuf-c-dev protobuf-c-compiler"
