#!/usr/bin/env python3
"""check_truth_crash.py MDWALK ROOT: what is said about the crash of every dump
of testdata/dumps is what its program did: tests/truth_crash.tsv. Every line of
the table must have been used by a dump. Where capstone cannot be loaded, all but
the instruction is told."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile


def read_table(path):
    rows = {}
    for line in path.read_text().splitlines():
        if line and not line.startswith("#"):
            mode, cpu, *want = line.split("\t")
            rows[mode, cpu] = want
    return rows


def find_row(rows, stem):
    cpu, _, mode = stem.split("-", 2)
    names = [mode, mode.removesuffix("-old").removesuffix("-full")]
    for name in names:
        for key in ((name, cpu), (name, "*")):
            if key in rows:
                return key
    return None


def address_is(want, have, registers):
    if want == "none":
        return have is None
    if have is None:
        return False
    have = int(have, 16)
    value = {n: int(v, 16) for n, v in registers.items()}
    if want == "sp":
        sp = value.get("rsp", value.get("esp", value.get("sp")))
        return abs(have - sp) < 0x10000
    if want == "pc":
        return have == value.get("rip", value.get("eip", value.get("pc")))
    return have == int(want, 16)


def problems(want, report):
    reason, address, access, first, more = want
    crash, found = report["crash_info"], report["mdwalk"]["crash"]["findings"]
    registers = report["crashing_thread"]["frames"][0]["registers"]
    accesses = [f"{a.get('access_type')} {a.get('size')}" for a in crash["memory_accesses"] or []]
    names = [f["name"] for f in found]
    expected = [n for n in [first, *more.split(",")] if n != "-"]
    if crash["type"] != reason:
        yield f"reason {crash['type']}"
    if not address_is(address, crash["address"], registers):
        yield f"address {crash['address']}, wanted {address}"
    if accesses != ([] if access == "-" else [access]):
        yield f"accesses {accesses}, wanted {access}"
    if access != "-" and accesses and address != "sp" and crash["memory_accesses"][0]["address"] != crash["address"]:
        yield "the access is somewhere else"
    if names != expected:
        yield f"findings {names}, wanted {expected}"


def without_capstone(tool, dump):
    with tempfile.TemporaryDirectory() as folder:
        (pathlib.Path(folder) / "libcapstone.so.4").touch()
        run = subprocess.run([tool, "--format", "json", dump], capture_output=True, check=True,
                             env=os.environ | {"LD_LIBRARY_PATH": folder})
    report = json.loads(run.stdout)
    crash, found = report["crash_info"], report["mdwalk"]["crash"]["findings"]
    if crash["instruction"] or crash["memory_accesses"]:
        yield "an instruction without capstone"
    if crash["type"] != "SIGSEGV / SEGV_MAPERR" or [f["name"] for f in found] != ["null-dereference"]:
        yield f"without capstone: {crash['type']}, {found}"


def main(tool, root):
    root = pathlib.Path(root)
    rows, used, failed, count = read_table(root / "tests/truth_crash.tsv"), set(), 0, 0
    for path in sorted((root / "testdata/dumps").glob("*.truth")):
        run = subprocess.run([tool, "--format", "json", path.with_suffix(".dmp")], capture_output=True, check=True)
        key = find_row(rows, path.stem)
        used.add(key)
        bad = list(problems(rows[key], json.loads(run.stdout))) if key else ["its mode is not in tests/truth_crash.tsv"]
        for problem in bad:
            print(f"{path.stem}: {problem}")
        failed, count = failed + bool(bad), count + 1
    for problem in without_capstone(tool, root / "testdata/dumps/x86_64-O0-null.dmp"):
        failed += 1
        print(problem)
    for key in rows.keys() - used:
        failed += 1
        print(f"tests/truth_crash.tsv: no dump for {key}")
    print(f"{count} dumps, {failed} failed")
    return int(failed > 0 or not count)


sys.exit(main(*sys.argv[1:]))
