#!/bin/sh
# tools/dev/tidy.sh BUILD - clang-tidy over the library and the command.
cd "$(dirname "$0")/../.." || exit 1
git ls-files 'lib/*.c' 'arch/*.c' 'tools/*.c' |
    xargs -P 2 -n 8 clang-tidy --quiet -p "$1" 2>/dev/null
