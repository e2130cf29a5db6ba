#!/usr/bin/env python3
"""Events that are kept: tests/golden/sentry-*.json, and beside each a table that
names the source of its every value.

usage: sentry_golden.py MDWALK ROOT [--corpus FOLDER] [--write]

Without FOLDER those of ROOT/testdata/dumps, with it those of rust-minidump's
dumps, with its symbols (the layout: tests/sentry_check.py). An event must be the
one that is kept, byte by byte; its table is made again from the dump, where the
bytes at an offset must be the value, and must be the one that is kept. --write
keeps what there is now: read the difference before it is committed.
"""
import argparse
import json
import pathlib
import subprocess
import sys

sys.dont_write_bytecode = True
from sentry_dump import Dump
from sentry_sources import table

TESTDATA = [("x86_64-fp-deep", "sentry"), ("aarch64-O2-threads", "sentry-rich"), ("i386-O2-sigalt", "sentry")]
CORPUS = ["test", "linux-mini", "pipeline-inlines-macos-segv"]
HEAD = "# Value by value: path, value, source. Made by tests/sentry_golden.py, sources as in tests/sentry_sources.py.\n"


def cases(args):
    for name, form in TESTDATA if not args.corpus else ():
        yield name, form, args.root / "testdata/dumps" / (name + ".dmp"), [], None
    for name in CORPUS if args.corpus else ():
        expected = args.corpus / "expected/rust-minidump" / (name + ".json")
        yield (name, "sentry", args.corpus / "rust-minidump/dumps" / (name + ".dmp"),
               sorted(args.corpus.glob("*/symbols")), json.loads(expected.read_text()))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("tool")
    parser.add_argument("root", type=pathlib.Path)
    parser.add_argument("--corpus", type=pathlib.Path)
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    bad = values = 0
    for name, form, path, symbols, stored in cases(args):
        text = subprocess.run([args.tool, "--no-cache", "--format", form, "--pretty", path, *symbols],
                              capture_output=True, check=True, text=True).stdout
        rows = table(Dump(path.read_bytes()), stored, json.loads(text))
        values += len(rows)
        made = {".json": text, ".tsv": HEAD + "".join(
            f"{leaf}\t{json.dumps(value)}\t{source}\n" for leaf, value, source in rows)}
        for ending, content in made.items():
            kept = args.root / "tests/golden" / f"sentry-{name}{ending}"
            if args.write:
                kept.write_text(content)
            elif not kept.exists() or kept.read_text() != content:
                bad += 1
                print(f"{kept.name} is another one: --write, and read the difference")
    print(f"{values} values, {bad} files differ")
    return bad > 0


sys.exit(main())
