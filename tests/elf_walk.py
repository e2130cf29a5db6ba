#!/usr/bin/env python3
"""Programs of ours that keep no frame pointer, their dumps, and themselves as
symbol files: names, lines and rows come out of the ELF file, or out of it and
its debug file together, unit by unit as out of a whole index. elf_walk.py MDWALK"""
import json
import pathlib
import subprocess
import sys
import tempfile

mdwalk = str(pathlib.Path(sys.argv[1]).resolve())
truth = pathlib.Path(__file__).resolve().parent / "truth"
SOURCES = ("crash.c", "selfdump.c", "shadow.c", "context.c", "memory.c", "modules.c", "put.c")
WANT = {"null": ["null", "three", "two", "one", "main"], "abort": ["abort_mode", "three", "two", "one", "main"]}
bad = 0


def report(*words):
    return subprocess.run([mdwalk, "-f", "json", *words], capture_output=True, timeout=60).stdout


def frames(dump, *files):
    return json.loads(report("--no-cache", dump, *files))["crashing_thread"]["frames"]


def gcc(*words):
    subprocess.run(["gcc", "-std=gnu11", "-O2", "-w", "-fomit-frame-pointer", *words], check=True)


def program(out, *flags, crash=("-g",)):
    """crash.c is compiled with flags of its own."""
    gcc("-c", *crash, "-o", out.with_suffix(".o"), truth / "crash.c")
    gcc("-g", *flags, "-Wl,--build-id=sha1", "-pthread", "-o", out, out.with_suffix(".o"),
        *(truth / s for s in SOURCES if s != "crash.c"))


def objcopy(*words):
    subprocess.run(["objcopy", *words], check=True)


def check(claim, condition, got):
    global bad
    if not condition:
        bad += 1
        print(f"{claim}: {got}")


with tempfile.TemporaryDirectory() as folder:
    at = pathlib.Path(folder)
    program(at / "own")
    objcopy("--only-keep-debug", at / "own", at / "own.debug")
    objcopy("--strip-debug", at / "own", at / "plain")
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
            check(claim + ": lines", all(f["line"] and f["file"].endswith("crash.c") for f in got), got)
        runs = [report("--cache", at / "cache", dump, at / "own") for _ in range(2)]
        check(mode + ": unit by unit as with the whole index", runs[0] == runs[1] and b"crash.c" in runs[0], runs)
    check("a whole index was written down", [*(at / "cache").rglob("*")], "nothing")
    check("without a symbol file there are no names",
          not any(f["function"] for f in frames(at / "null.dmp")), "names")

# Symbols that only one of the two has.
with tempfile.TemporaryDirectory() as folder:
    at = pathlib.Path(folder)
    program(at / "own", crash=("-g0",))
    subprocess.run([at / "own", "null", at / "null.dmp"], capture_output=True, timeout=60)
    objcopy("--only-keep-debug", "--strip-symbol=two", at / "own", at / "own.debug")
    objcopy("--strip-debug", at / "own", at / "plain")
    objcopy("-S", at / "own", at / "bare")
    objcopy("-S", "--keep-symbol=two", "--keep-symbol=one", at / "own", at / "mini")
    subprocess.run(["xz", at / "mini"], check=True)
    objcopy(f"--add-section=.gnu_debugdata={at / 'mini.xz'}", at / "bare", at / "packed")
    for files, lacking in ((("plain", "own.debug"), []), (("own.debug", "plain"), []), (("own.debug",), ["two"]),
                           (("packed", "own.debug"), []), (("bare", "own.debug"), ["two"]),
                           (("packed",), ["null", "three", "main"])):
        got = [f["function"] for f in frames(at / "null.dmp", *(at / f for f in files)) if f["module"] == "own"]
        want = [None if n in lacking else n for n in WANT["null"]]
        check(f"symbols of {files}", got[:len(want)] == want, got)

# Functions in files beside it.
for version in (4, 5):
    with tempfile.TemporaryDirectory() as folder:
        at = pathlib.Path(folder)
        split = [f"-gdwarf-{version}", "-gsplit-dwarf"]
        program(at / "own", *split, crash=split)
        subprocess.run([at / "own", "null", at / "null.dmp"], capture_output=True, timeout=60)
        runs = [report("--cache", at / "cache", at / "null.dmp", at / "own") for _ in range(2)]
        check(f"split DWARF {version}: unit by unit as with the whole index", runs[0] == runs[1], runs)
        found = json.loads(runs[0])
        got = [f["function"] for f in found["crashing_thread"]["frames"] if f["module"] == "own"]
        check(f"split DWARF {version}: symbols", got[:len(WANT["null"])] == WANT["null"], got)
        said = [i for i in found["mdwalk"]["issues"] if "split DWARF" in json.dumps(i)]
        check(f"split DWARF {version} is said once", len(said) == 1, found["mdwalk"]["issues"])
sys.exit(bool(bad))
