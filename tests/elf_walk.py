#!/usr/bin/env python3
"""A program of ours that keeps no frame pointer, its dump, and itself as the
symbol file: names, lines and rows come out of the ELF file. elf_walk.py MDWALK"""
import json
import pathlib
import subprocess
import sys
import tempfile

mdwalk = str(pathlib.Path(sys.argv[1]).resolve())
truth = pathlib.Path(__file__).resolve().parent / "truth"
SOURCES = ("crash.c", "selfdump.c", "shadow.c", "context.c", "memory.c", "modules.c", "put.c")
WANT = {"null": ["null", "three", "two", "one", "main"], "abort": ["three", "two", "one", "main"]}
bad = 0


def frames(dump, *words):
    run = subprocess.run([mdwalk, "-f", "json", "--no-cache", dump, *words], capture_output=True, timeout=60)
    return json.loads(run.stdout)["crashing_thread"]["frames"]


def check(claim, condition, got):
    global bad
    if not condition:
        bad += 1
        print(f"{claim}: {got}")


with tempfile.TemporaryDirectory() as folder:
    at = pathlib.Path(folder)
    subprocess.run(["gcc", "-std=gnu11", "-O2", "-g", "-w", "-fomit-frame-pointer", "-Wl,--build-id=sha1", "-pthread",
                    "-o", at / "own", *(truth / s for s in SOURCES)], check=True)
    subprocess.run(["objcopy", "--only-keep-debug", at / "own", at / "own.debug"], check=True)
    subprocess.run(["objcopy", "--strip-debug", at / "own", at / "plain"], check=True)
    for mode, want in WANT.items():
        dump = at / (mode + ".dmp")
        subprocess.run([at / "own", mode, dump], capture_output=True, timeout=60)
        for files in ((at / "own",), (at / "plain", at / "own.debug"), (at,)):
            claim = f"{mode} with {[f.name for f in files]}"
            got = [f for f in frames(dump, *files) if f["module"] == "own" and f["function"]]
            got = got[:len(want)]
            check(claim + ": names", [f["function"] for f in got] == want, [f["function"] for f in got])
            # libc, which nobody was told of, is between abort's first two
            known = got[1:] if mode == "abort" else got
            check(claim + ": trust", all(f["trust"] in ("cfi", "context") for f in known), known)
            if files[0].name == "own":
                check(claim + ": lines", all(f["line"] and f["file"].endswith("crash.c") for f in got), got)
    check("without a symbol file there are no names",
          not any(f["function"] for f in frames(at / "null.dmp")), "names")
sys.exit(bool(bad))
