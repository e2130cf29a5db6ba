#!/bin/sh
# tests/fresh.sh [FOLDER [REPOSITORY]] - the README's commands on a Debian 12 in
# which nothing is but git and the shell, from a clean clone. Wants root and
# debootstrap. FOLDER keeps the system for looking into; without one it goes
# away. What is cloned is what is committed.
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
repository=${2:-$here}
suite=bookworm
keep=${1:-}
if [ -n "$keep" ]; then
    mkdir -p "$1"
    base=$(cd "$1" && pwd)
else
    base=$(mktemp -d)
fi
system=$base/system

tidy() {
    for folder in dev/pts proc; do
        if mountpoint -q "$system/$folder"; then
            umount -l "$system/$folder"
        fi
    done
    [ -n "$keep" ] || rm -rf --one-file-system "$base"
}
trap tidy EXIT
trap 'exit 1' INT TERM HUP

inside() {
    chroot "$system" /usr/bin/env -i HOME=/root LC_ALL=C.UTF-8 \
        PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive \
        ${http_proxy:+http_proxy="$http_proxy"} \
        ${https_proxy:+https_proxy="$https_proxy"} "$@"
}

# The mirror and the settings that this machine's own apt has.
# shellcheck disable=SC2016
mirror=$(apt-get indextargets --format '$(CODENAME) $(REPO_URI)' |
    awk -v suite="$suite" '$1 == suite { print $2; exit }')
[ -n "$mirror" ] || { echo "apt here knows no mirror of $suite" >&2; exit 1; }

if [ ! -f "$system/.done" ]; then
    debootstrap --variant=minbase "$suite" "$system" "$mirror" \
        > "$base/debootstrap.log" 2>&1 ||
        { tail -5 "$base/debootstrap.log" >&2; exit 1; }
    : > "$system/.done"
fi
rm -f "$system/etc/apt/sources.list"
for file in /etc/apt/sources.list /etc/apt/sources.list.d/*; do
    if [ -f "$file" ] && grep -q "${mirror%/}" "$file"; then
        mkdir -p "$system$(dirname "$file")"
        cp "$file" "$system$file"
    fi
done
apt-config dump --format '%f "%v";%n' Acquire |
    grep -E '^Acquire::(http|https|Check-|Retries)' \
        > "$system/etc/apt/apt.conf.d/99machine" || true
cp /etc/hosts /etc/resolv.conf "$system/etc/"
mount -t proc proc "$system/proc"
mkdir -p "$system/dev/pts"
mount -t devpts -o newinstance,ptmxmode=0666 devpts "$system/dev/pts"
ln -sf pts/ptmx "$system/dev/ptmx"

inside sh -c 'apt-get update -q && apt-get install -y -q \
    --no-install-recommends git' > "$base/git.log" 2>&1 ||
    { tail -5 "$base/git.log" >&2; exit 1; }
rm -rf "$system/root/origin.git" "$system/root/mdwalk"
git clone -q --bare "$repository" "$system/root/origin.git"
chown -R 0:0 "$system/root/origin.git"
inside git clone -q /root/origin.git /root/mdwalk

failed=0 number=0
commands=$(sed -n 's/^    \(sh tools\/dev\/.*\)/\1/p' \
    "$system/root/mdwalk/README.md")
[ -n "$commands" ] || { echo "README.md has no commands" >&2; exit 1; }
IFS='
'
for command in $commands; do
    number=$((number + 1))
    log=$base/command-$number.log
    unset IFS
    start=$(date +%s)
    code=0
    inside sh -c "cd /root/mdwalk && $command" > "$log" 2>&1 < /dev/null ||
        code=$?
    echo "== $command: exit $code after $(($(date +%s) - start)) s"
    tail -n 15 "$log"
    [ "$code" -eq 0 ] || failed=$((failed + 1))
done
echo "$((number - failed)) passed, $failed failed"
[ "$failed" -eq 0 ]
