#!/usr/bin/env python3
"""Compares every row of .ARM.exidx with readelf's reading of the same file, and
with the call frame information that the compiler wrote beside it.

exidx_oracle.py CFI_QUERY OBJDUMP FILE...

readelf says what the instructions of the compact model do; this puts them
together. Entries with the data of a personality routine it leaves closed: in a
file with .debug_frame the rows of both tables must find the same frame at every
call, which is where .ARM.exidx holds. Exits 1 when a row differs."""
import re
import subprocess
import sys

SHOWN = 5  # differences printed for a file
WHOLE = 8  # MDW_ROW_WHOLE
SP, LR, PC = 13, 14, 15
KEPT = [*range(4, 12), LR, PC]
CLOSED = "closed"

ENTRY = re.compile(r"(0x[0-9a-f]+)(?: <.*>)?: (?:@?0x[0-9a-f]+)( \[cantunwind\])?$")
STEP = re.compile(r"  ((?:0x[0-9a-f]{2} )+) *(.*)")
CALL = re.compile(r"\s*([0-9a-f]+):\s+blx?(?:eq|ne|cs|cc|mi|pl|vs|vc|hi|ls|ge|lt|gt|le)?\s")


def tool(*words, given=None):
    return subprocess.run(words, input=given, capture_output=True, text=True, errors="replace").stdout


class Frame:
    """What instructions have come to: places counted from a register."""

    def __init__(self):
        self.base, self.offset, self.saved, self.end = SP, 0, {}, None

    def pop(self, op, names):
        for name in re.split(r", *", names):
            kind, first, last = re.fullmatch(r"([a-zA-Z]+)(\d+)(?:-[a-zA-Z]+(\d+))?", name).groups()
            for number in range(int(first), int(last or first) + 1):
                if kind == "r":
                    self.saved[number] = f"[r{self.base}{self.offset:+d}]"
                self.offset += 8 if kind in ("D", "wR") else 4
        self.offset += 4 if op == 0xB3 or 0xB8 <= op <= 0xBF else 0  # FSTMFDX

    def step(self, op, text):
        if m := re.fullmatch(r"vsp = vsp ([+-]) (\d+)", text):
            self.offset += int(m[1] + m[2])
        elif m := re.fullmatch(r"vsp = r(\d+)", text):
            self.base, self.offset = int(m[1]), 0
        elif m := re.fullmatch(r"pop \{(.*)\}", text):
            self.pop(op, m[1])
        elif text == "finish":
            self.end = "row"
        else:
            self.end = text

    def row(self):
        registers = dict(self.saved)
        cfa = registers.pop(SP, f"r{self.base}{self.offset:+d}")
        registers.setdefault(PC, registers.get(LR, f"r{LR}+0"))
        return {"cfa": cfa, **{str(n): rule for n, rule in registers.items()}}


def entries(path):
    """[(start, row)]: None where nobody speaks, CLOSED where readelf doesn't."""
    found, frame = [], None
    for line in tool("readelf", "-uW", path).splitlines():
        if m := ENTRY.match(line):
            frame = Frame()
            found.append([int(m[1], 16), None if m[2] else frame])
        elif line.startswith("  Personality routine"):
            found[-1][1] = CLOSED
        elif (m := STEP.match(line)) and not frame.end:
            frame.step(int(m[1].split()[0], 16), m[2].strip())
    return [(start, f.row() if isinstance(f, Frame) else f) for start, f in found]


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


def wrong(want, got, start, end):
    """Why an answer isn't what readelf says."""
    if want is None:
        return None if got == "absent" else f"says {got} where nobody speaks"
    if isinstance(got, str):
        return f"says {got}"
    if got[:3] != (start, end - start, WHOLE):
        return "another range, or another kind of row"
    return None if want == CLOSED or got[3] == want else "another row"


def check_entries(query, path, every):
    ends = [start for start, _ in every[1:]] + [1 << 32]
    places = [a for (start, _), end in zip(every, ends) for a in (start, end - 1)]
    answers = ask(query, path, "exidx", places)
    bad = 0
    for i, (start, want) in enumerate(every):
        for at in (0, 1):
            got = answers[2 * i + at]
            why = wrong(want, got, start, ends[i])
            if why and (bad := bad + 1) <= SHOWN:
                print(f"  {places[2 * i + at]:x}: {why}\n    want {want}\n    got  {got}")
    closed = sum(want == CLOSED for _, want in every)
    print(f"{path}: {len(every)} entries, {closed} of them with a personality's data, {bad} differ")
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
        every = entries(path)
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
