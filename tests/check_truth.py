#!/usr/bin/env python3
"""Every stack of testdata/dumps against what the program itself recorded.

usage: check_truth.py MDWALK ROOT

A recorded return address must be found, in order, in its own thread. A frame of
a trust above scan that lies in the crashing program above the last frame found
must be recorded, unless it was called from another module: the C library
records nothing, so who called it isn't recorded either. Stacks that aren't whole without unwind tables are
listed in tests/truth_known.tsv: how many frames are found, and why no more; a
line that has become untrue is an error too.
"""
import json
import pathlib
import subprocess
import sys

BACK = {"x86_64": (1,), "i386": (1,), "arm": (4, 2), "thumb": (2, 4), "aarch64": (4,)}
HANDLERS = ("on_usr1", "on_fault")


def read_truth(path):
    threads, frames = {}, None
    for line in path.read_text().splitlines():
        word = line.split()
        if word[0] == "thread":
            frames = threads.setdefault(int(word[1]), [])
        elif word[0] == "frame":
            frames.append((int(word[1], 16), word[2]))
    return threads


def is_address(offset, address, function, back):
    """What was interrupted was not called, and nobody calls what a handler returns to."""
    if function == "interrupted" or (function in HANDLERS and offset == address):
        return offset == address
    return any(offset == address - n for n in back)


def in_program(frame):
    return (frame["module"] or "").startswith("crash-")


def score(recorded, frames, back):
    """Recorded frames found in order, and trusted frames that are none."""
    at = found = 0
    taken = set()
    for address, function in recorded:
        for i in range(at, len(frames)):
            if is_address(int(frames[i]["offset"], 16), address, function, back):
                at, found = i + 1, found + 1
                taken.add(i)
                break
    invented = [f for i, f in enumerate(frames)
                if i and i not in taken and f["trust"] not in ("scan", "non")
                and i < at and in_program(f) and in_program(frames[i - 1])]
    return found, invented


def main(tool, root):
    root = pathlib.Path(root)
    known = {}
    for line in (root / "tests/truth_known.tsv").read_text().splitlines():
        if line and not line.startswith("#"):
            name, found, why = line.split("\t")
            known[name] = int(found)
    passed = failed = 0
    for path in sorted((root / "testdata/dumps").glob("*.truth")):
        run = subprocess.run([tool, "--format", "json", path.with_suffix(".dmp")], capture_output=True, check=True)
        report = json.loads(run.stdout)
        back = BACK[path.name.split("-")[0]]
        found = total = 0
        problems = []
        threads = {t["thread_id"]: t["frames"] for t in report["threads"]}
        for tid, recorded in read_truth(path).items():
            if tid not in threads:
                problems.append(f"thread {tid} is not there")
                continue
            n, invented = score(recorded, threads[tid], back)
            found, total = found + n, total + len(recorded)
            problems += [f"thread {tid}: {f['trust']} {f['offset']} was never called" for f in invented]
        want = known.pop(path.stem, total)
        if found != want:
            problems.append(f"{found} of {total} recorded frames, expected {want}")
        for problem in problems:
            print(f"{path.stem}: {problem}")
        passed, failed = passed + (not problems), failed + bool(problems)
    for name in known:
        failed += 1
        print(f"tests/truth_known.tsv: no dump {name}")
    print(f"{passed} passed, {failed} failed")
    return int(failed > 0)


sys.exit(main(*sys.argv[1:]))
