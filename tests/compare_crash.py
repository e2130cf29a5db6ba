#!/usr/bin/env python3
"""compare_crash.py MDWALK CORPUS [KNOWN]: the crash as we explain it against
the stored results of rust-minidump: adjusted address, memory accesses, where
the instruction goes, bit flips, inconsistencies, the instruction's mnemonic.

It analyses amd64 alone: of other dumps only its inconsistencies are compared,
which are always none. A difference that is ours by right has a line in KNOWN:
dump, field, why; a line that has become untrue is an error too.
"""
import json
import pathlib
import subprocess
import sys

FIELDS = ("adjusted_address", "instruction", "memory_accesses",
          "instruction_pointer_update", "possible_bit_flips",
          "crash_inconsistencies")
# How the two decoders spell one instruction.
SPELLING = {"return": "ret", "retn": "ret", "jz": "je", "jnz": "jne",
            "movabs": "mov", "ud2b": "ud2"}
PREFIXES = {"lock", "rep", "repne", "repe", "repz", "repnz", "bnd", "notrack"}


def mnemonic(text):
    words = [w for w in (text or "").split() if w not in PREFIXES]
    return SPELLING.get(words[0], words[0]) if words else None


def same_accesses(want, have):
    """It leaves the direction out where its table of instructions ends."""
    if not want or not have:
        return want == have
    if len(want) != len(have):
        return False
    for w, h in zip(want, have):
        if "access_type" not in w:
            h = {k: v for k, v in h.items() if k != "access_type"}
        if w != h:
            return False
    return True


def same_flips(want, have):
    if not want or not have:
        return want == have
    def rounded(flips):
        return [dict(f, confidence=round(f["confidence"], 6)) for f in flips]
    return rounded(want) == rounded(have)


def same(field, want, have):
    if field == "instruction":
        return mnemonic(want) == mnemonic(have)
    if field == "memory_accesses":
        return same_accesses(want, have)
    if field == "possible_bit_flips":
        return same_flips(want, have)
    return want == have


def main(tool, corpus, known_file=None):
    corpus, known = pathlib.Path(corpus), {}
    if known_file:
        for line in pathlib.Path(known_file).read_text().splitlines():
            if line and not line.startswith("#"):
                dump, field, why = line.split("\t")
                known[dump, field] = why
    equal, listed, differ, asked = dict.fromkeys(FIELDS, 0), 0, 0, dict.fromkeys(FIELDS, 0)
    for path in sorted((corpus / "expected").glob("*/*.nosym.json")):
        name = path.name.removesuffix(".nosym.json")
        dump = corpus / path.parent.name / "dumps" / (name + ".dmp")
        run = subprocess.run([tool, "--format", "json", dump], capture_output=True)
        if run.returncode:
            print(f"{name}: exit {run.returncode} {run.stderr[:200]}")
            differ += 1
            continue
        want = json.loads(path.read_text())
        have = json.loads(run.stdout)["crash_info"]
        amd64 = want["system_info"]["cpu_arch"] == "amd64"
        want = want["crash_info"]
        for field in FIELDS if amd64 else FIELDS[-1:]:
            asked[field] += 1
            if same(field, want.get(field), have.get(field)):
                equal[field] += 1
            elif known.pop((name, field), None):
                listed += 1
            else:
                differ += 1
                print(f"{name}: {field}\n    wants {json.dumps(want.get(field))}\n    has   {json.dumps(have.get(field))}")
    for dump, field in known:
        differ += 1
        print(f"{known_file}: {dump} {field} is equal now")
    print(", ".join(f"{f} {equal[f]}/{asked[f]}" for f in FIELDS))
    print(f"{listed} listed, {differ} unexplained")
    return int(differ > 0)


sys.exit(main(*sys.argv[1:]))
