#!/usr/bin/env python3
"""Compares every row of .ARM.exidx with readelf's reading of the same file, and
with the call frame information that the compiler wrote beside it.

exidx_oracle.py CFI_QUERY OBJDUMP FILE...

readelf says what the instructions are, tests/truth/ehabi.py what they come to.
In a file with .debug_frame the rows of both tables must find the same frame at
every call, which is where .ARM.exidx holds. Exits 1 when a row differs."""
import pathlib
import re
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "truth"))
from ehabi import LR, PC, SP, entries  # noqa: E402

SHOWN = 5  # differences printed for a file
WHOLE = 8  # MDW_ROW_WHOLE
KEPT = [*range(4, 12), LR, PC]
CALL = re.compile(r"\s*([0-9a-f]+):\s+blx?(?:eq|ne|cs|cc|mi|pl|vs|vc|hi|ls|ge|lt|gt|le)?\s")


def tool(*words, given=None):
    return subprocess.run(words, input=given, capture_output=True, text=True, errors="replace").stdout


def row_of(frame):
    """As cfi_query prints it."""
    registers = {n: f"[r{base}{offset:+d}]" for n, (base, offset) in frame.saved.items()}
    cfa = registers.pop(SP, f"r{frame.base}{frame.offset:+d}")
    registers.setdefault(PC, registers.get(LR, f"r{LR}+0"))
    return {"cfa": cfa, **{str(n): rule for n, rule in registers.items()}}


def ask(query, path, mode, addresses):
    """[(start, size, flags, {name: rule}) or a status]"""
    out = tool(query, path, mode, given="".join(f"{a:x}\n" for a in addresses))
    answers = []
    for line in out.splitlines():
        words = line.split()
        if len(words) < 4:
            answers.append(" ".join(words[1:]))
        else:
            answers.append((int(words[1], 16), int(words[2], 16), int(words[3], 16),
                            dict(w.split("=", 1) for w in words[4:])))
    if len(answers) != len(addresses):
        sys.exit(f"{path} {mode}: {len(answers)} answers to {len(addresses)} questions")
    return answers


def wrong(frame, got, start, end):
    """Why an answer isn't what readelf says."""
    if frame is None:
        return None if got == "absent" else f"says {got} where nobody speaks"
    if isinstance(got, str):
        return None if frame.end != "row" else f"says {got}"
    if got[:3] != (start, end - start, WHOLE):
        return "another range, or another kind of row"
    want = row_of(frame)
    return None if frame.end == "row" and got[3] == want else f"want {frame.end} {want}"


def check_entries(query, path, every):
    places = [a for start, end, _ in every for a in (start, end - 1)]
    answers = ask(query, path, "exidx", places)
    bad = 0
    for i, (start, end, frame) in enumerate(every):
        for at in (0, 1):
            why = wrong(frame, answers[2 * i + at], start, end)
            if why and (bad := bad + 1) <= SHOWN:
                print(f"  {places[2 * i + at]:x}: {why}\n    got {answers[2 * i + at]}")
    print(f"{path}: {len(every)} entries, {sum(f is not None for _, _, f in every)} with a row, {bad} differ")
    return bad


def split(rule):
    """"[r13+8]" or "r13+8": register and offset."""
    m = re.fullmatch(r"\[?(r\d+|c)([+-]\d+)\]?", rule)
    return m[1], int(m[2])


def slots(row):
    """{register: where it was saved, from the CFA}"""
    base, cfa = split(row["cfa"])
    found = {}
    for number in KEPT:
        rule = row.get(str(number), "")
        if rule.startswith("["):
            register, offset = split(rule)
            found[number] = offset if register == "c" else offset - cfa if register == base else None
    return found


def check_calls(query, objdump, path):
    """At each call: the frame of one table and of the other."""
    calls = [int(m[1], 16) for line in tool(objdump, "-d", "--no-show-raw-insn", path).splitlines()
             if (m := CALL.match(line))]
    pairs = [(at, a[3], d[3]) for at, a, d in zip(calls, ask(query, path, "exidx", calls),
                                                  ask(query, path, "debug", calls))
             if not isinstance(a, str) and not isinstance(d, str)]
    bad = 0
    for at, arm, dwarf in pairs:
        same = split(arm["cfa"]) == split(dwarf["cfa"]) or split(arm["cfa"])[0] != split(dwarf["cfa"])[0]
        if (not same or slots(arm) != slots(dwarf)) and (bad := bad + 1) <= SHOWN:
            print(f"  {at:x}: two frames\n    exidx {arm}\n    debug {dwarf}")
    print(f"{path}: {len(calls)} calls, {len(pairs)} in both tables, {bad} differ")
    return bad, len(pairs)


def main():
    query, objdump, *files = sys.argv[1:]
    bad = rows = calls = 0
    for path in files:
        every = list(entries(path))
        rows += len(every)
        if every:
            bad += check_entries(query, path, every)
        if ".debug_frame" in tool("readelf", "-SW", path):
            wrong_calls, compared = check_calls(query, objdump, path)
            bad, calls = bad + wrong_calls, calls + compared
    print(f"{rows} entries, {calls} calls")
    sys.exit(bad > 0 or not rows or not calls)


if __name__ == "__main__":
    main()
