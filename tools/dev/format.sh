#!/bin/sh
# tools/dev/format.sh [--check] - formats every C file, or says which are not.
# Tables (.def) are one row a line and stay as they are.
cd "$(dirname "$0")/../.." || exit 1
mode=-i
[ "${1:-}" = --check ] && mode="--dry-run -Werror"
git ls-files '*.c' '*.h' | xargs clang-format $mode
