#!/usr/bin/env python3
"""Stacks by full indexes alone are those by the ELF files that they are of, as
far as unwind tables lead: programs of tests/truth for each CPU, their dumps and
libraries, and then `mdwalk symbols index --full` of each in a folder, and
nothing else. What is found by the bytes of code needs the files.
index_walk.py MDWALK"""
import json
import pathlib
import re
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path[:0] = [str(pathlib.Path(__file__).resolve().parent / "truth")]
import crashes  # noqa: E402
import matrix  # noqa: E402
from minidump import Dump  # noqa: E402

CASES = (("O2", "sighandler"), ("O0", "threads"), ("O2", "throw"))
# Frames that tables led to, of all cases of a target. The vDSO of i386, on top of
# threads, has no tables.
LEAST = {"i386": 10}
bad = 0


def check(claim, condition, got):
    global bad
    if not condition:
        bad += 1
        print(f"{claim}: {got}")


def run(*words):
    return subprocess.run(words, capture_output=True, timeout=120, check=True).stdout.decode(errors="replace")


def frames(explained):
    """Stacks of (source, [pc, registers and where they came from])."""
    stacks = []
    for line in explained.splitlines():
        if line.startswith("Stack "):
            stacks.append([])
        elif re.match(r" *\d+  pc ", line):
            stacks[-1].append(["", [line]])
        elif m := re.match(r" +trust .*, source (\S+)", line):
            stacks[-1][-1][0] = m[1]
        elif re.match(r" +\w+ = 0x", line):
            stacks[-1][-1][1].append(line)
    return stacks


def named(report):
    """Place of each frame -> what it is called and where its line is."""
    keys = ("function", "function_offset", "file", "line", "inlines")
    return {(f["module"], f["module_offset"]): [f.get(k) for k in keys]
            for t in json.loads(report)["threads"] for f in t["frames"]}


def led(stack):
    """How many frames come before the first that no table led to."""
    return next((i for i, (source, _) in enumerate(stack) if source not in ("context", "dwarf", "arm-exidx")), len(stack))


def compare(claim, mdwalk, dump, files, alone):
    words = ["--no-cache", "--max-frames", "3000", dump]
    want, got = (frames(run(mdwalk, "unwind", "--explain", *words, *given)) for given in (files, [alone]))
    check(f"{claim}: stacks", len(want) == len(got), (len(want), len(got)))
    total = 0
    for i, (a, b) in enumerate(zip(want, got)):
        n = led(a)
        total += n - 1
        for k in range(n):
            check(f"{claim}, stack {i}, frame {k}", b[k:k + 1] == a[k:k + 1], (a[k], b[k:k + 1]))
        check(f"{claim}, stack {i}: its end", n < len(a) or len(b) == n, b[n:n + 1])
    x, y = (named(run(mdwalk, "-f", "json", *words, *given)) for given in (files, [alone]))
    for place in x.keys() & y.keys():
        check(f"{claim}: names at {place}", x[place] == y[place], (x[place], y[place]))
    check(f"{claim}: lines", any(names[3] for names in y.values()), y)
    return total


def one(mdwalk, work, target, option, mode):
    program = crashes.build(work, target, option, mode in crashes.CPP)
    dump = crashes.dump_of(work, program, target, mode)
    library = matrix.Library(work)
    files = {f for _, _, name, _ in Dump(dump).modules() if (f := library.file(target, name))}
    files.add(program)
    alone = work / f"{program.name}.indexes"
    alone.mkdir(exist_ok=True)
    for f in files:
        run(mdwalk, "symbols", "index", "--full", f, alone / (f.name + ".index"))
    return compare(f"{program.name} {mode}", mdwalk, dump, sorted(files), alone)


def main():
    mdwalk = str(pathlib.Path(sys.argv[1]).resolve())
    tested = 0
    with tempfile.TemporaryDirectory() as folder:
        for target in crashes.make.TARGETS:
            todo = [c for c in CASES if not crashes.missing_tools(target, *c)]
            total = sum(one(mdwalk, pathlib.Path(folder), target, *c) for c in todo)
            tested += len(todo)
            print(f"{target}: {total} frames")
            check(target, not todo or total >= LEAST.get(target, 40), total)
    sys.exit(1 if bad else 0 if tested else 77)


main()
