#!/usr/bin/env python3
"""check_coverage.py ROOT BUILDDIR: doc/coverage.md has no empty cell, and every
test, benchmark or file that it names exists.

Its tables have the rows `| sentence | state | shown by |`. A row that is not
built begins its state with "not built"; every other row names, in backticks, at
least one test of the build or one file of the repository."""
import json
import pathlib
import re
import sys

root, build = map(pathlib.Path, sys.argv[1:3])
# What `meson introspect --tests` and `--benchmarks` print.
tests = {t["name"] for kind in ("tests", "benchmarks")
         for t in json.loads((build / f"meson-info/intro-{kind}.json").read_text())}
bad = rows = unbuilt = 0


def complain(number, what):
    global bad
    bad += 1
    print(f"doc/coverage.md:{number}: {what}")


def check_row(number, cells):
    global rows, unbuilt
    rows += 1
    if len(cells) != 3:
        return complain(number, f"{len(cells)} cells")
    if not all(cells):
        return complain(number, "an empty cell")
    names = re.findall(r"`([^`]+)`", cells[2])
    if cells[1].startswith("not built"):
        unbuilt += 1
    elif not names:
        complain(number, "names nothing that shows it")
    for name in names:
        if name not in tests and not (root / name).is_file():
            complain(number, f"neither a test nor a file: {name}")


def main():
    lines = (root / "doc/coverage.md").read_text().splitlines()
    for number, line in enumerate(lines, 1):
        if not line.startswith("|"):
            continue
        cells = [c.strip() for c in re.split(r"(?<!\\)\|", line.strip())[1:-1]]
        following = lines[number] if number < len(lines) else ""
        if re.fullmatch(r"[|:\- ]+", line) or re.fullmatch(r"\|[|:\- ]*-[|:\- ]*", following):
            continue  # a heading or the rule below it
        check_row(number, cells)
    if not rows:
        complain(0, "no rows")
    print(f"{rows} rows, {unbuilt} not built, {bad} complaints")
    return bool(bad)


sys.exit(main())
