#!/usr/bin/env python3
"""crosscheck.py [DUMP...]: lldb-19, which opens minidumps, reads in testdata's
dumps what their programs said: threads, pc of each, sp of the crashed one, and
the same module bases as the file."""
import pathlib
import re
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True
from minidump import Dump, Truth  # noqa: E402

DUMPS = pathlib.Path(__file__).resolve().parents[2] / "testdata/dumps"
LLDB = "lldb-19"


def lldb(path):
    commands = ["thread list", "register read pc sp", "image list -h -b"]
    arguments = [x for c in commands for x in ("-o", c)]
    result = subprocess.run([LLDB, "-x", "-b", "-c", path, *arguments], timeout=60,
                            env={"PATH": "/usr/bin:/bin"}, stdin=subprocess.DEVNULL,
                            capture_output=True, text=True)
    return result.stdout


def read(text):
    """What lldb printed: {tid: pc}, the selected tid, (pc, sp), module bases."""
    threads = {int(tid): int(pc, 16) for tid, pc in
               re.findall(r"thread #\d+: tid = (\d+), (0x[0-9a-f]+)", text)}
    selected = re.search(r"^\* thread #\d+: tid = (\d+)", text, re.M)
    registers = re.findall(r"^\s+(?:[re]?ip|pc|[re]?sp) = (0x[0-9a-f]+)", text, re.M)
    bases = re.findall(r"^\[ *\d+\] (?:.* )?(0x[0-9a-f]{8,})", text, re.M)
    return (threads, selected and int(selected[1]), tuple(int(r, 16) for r in registers),
            sorted(int(b, 16) for b in bases))


def check(path):
    dump, truth = Dump(path), Truth(path.with_suffix(".truth").read_text())
    threads, crash, registers, bases = read(lldb(path))
    crashed = truth.threads[truth.crash]
    wanted = [
        ("threads", threads, {tid: t["pc"] for tid, t in truth.threads.items()}),
        ("crashed thread", crash, truth.crash),
        ("pc and sp", registers, (crashed["pc"], crashed["sp"])),
        ("modules", bases, sorted(base for base, _, _, _ in dump.modules())),
    ]
    return [f"{what}: lldb {found}, expected {expected}"
            for what, found, expected in wanted if found != expected]


def main():
    if shutil.which(LLDB) is None:
        print(f"crosscheck.py: no {LLDB} here: nothing checked", file=sys.stderr)
        return 77  # meson: skipped
    paths = [pathlib.Path(p) for p in sys.argv[1:]] or sorted(DUMPS.glob("*.dmp"))
    failed = 0
    for path in paths:
        bad = check(path)
        failed += bool(bad)
        for line in bad:
            print(f"{path.name}: {line}")
    print(f"{len(paths) - failed} passed, {failed} failed")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
