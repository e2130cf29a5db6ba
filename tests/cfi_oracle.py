#!/usr/bin/env python3
"""Compares every row of every FDE with readelf's reading of the same file.

cfi_oracle.py CFI_QUERY FILE...

Each file is read three ways, where it has the sections: .eh_frame through
.eh_frame_hdr, .eh_frame alone, .debug_frame. Exits 1 when a row differs. What
readelf does not tell apart counts as equal: registers without a rule and
undefined ones, and the contents of expressions."""
import re
import subprocess
import sys

X86 = dict(zip("eax ecx edx ebx esp ebp esi edi eip".split(), range(9)))
X64 = dict(zip("rax rdx rcx rbx rsi rdi rbp rsp r8 r9 r10 r11 r12 r13 r14 r15".split(), range(16)))
X64["rip"] = 16
ARM = {f"r{i}": i for i in range(15)}
A64 = {**{f"x{i}": i for i in range(31)}, "sp": 31}
MACHINES = {"Intel 80386": X86, "Advanced Micro Devices X86-64": X64, "ARM": ARM, "AArch64": A64}
# Where pc has a number of its own, it gets the return column's rule.
PCS = {id(ARM): 15, id(A64): 32}
SHOWN = 5  # differences printed for a file

FDE = re.compile(r"FDE cie=([0-9a-f]+) pc=([0-9a-f]+)\.\.([0-9a-f]+)")
CIE = re.compile(r'^([0-9a-f]+) .* CIE "(.*)" cf=\S+ df=\S+ ra=(\d+)')


def tool(*args):
    return subprocess.run(args, capture_output=True, text=True, errors="replace").stdout


class Entry:
    def __init__(self, start, end, cie):
        self.start, self.end, self.cie, self.rows = start, end, cie, []


def parse_row(line, columns):
    place, cfa, *rules = re.sub(r" \(\S+\)", "", line).split()  # "r8 (r8)"
    return int(place, 16), cfa, dict(zip(columns, rules))


def read_frames(path):
    """Section -> FDEs. A CIE is an entry with its return column and letters."""
    found, cies, entry, columns = {}, {}, None, []
    for line in tool("readelf", "-W", "--debug-dump=frames-interp", path).splitlines():
        if m := re.match(r"Contents of the (\S+) section", line):
            section, cies = found.setdefault(m[1], []), {}
        elif m := CIE.match(line):
            entry = cies[m[1].lstrip("0")] = Entry(0, 0, None)
            entry.letters, entry.ra = m[2], int(m[3])
        elif m := FDE.search(line):
            entry = Entry(int(m[2], 16), int(m[3], 16), cies.get(m[1].lstrip("0")))
            section.append(entry)
        elif re.match(r"\s+LOC ", line):
            columns = line.split()[2:]
        elif entry and re.match(r"[0-9a-f]{8,} (exp\b|\S+[+-]\d)", line):
            entry.rows.append(parse_row(line, columns))
    return found


def expected(fde):
    """(start, end, cfa, rules) without empty rows; the last of equal places."""
    rows = fde.rows or [(fde.start, *row[1:]) for row in fde.cie.rows[-1:]]
    for i, (place, cfa, rules) in enumerate(rows):
        end = rows[i + 1][0] if i + 1 < len(rows) else fde.end
        if place < end:
            yield place, end, cfa, rules


def same_base(want, got, names):
    """"rsp+8" against "r7+8"."""
    m = re.match(r"(.*?)([+-]\d+)$", want)
    return bool(m) and m[1] in names and got == f"r{names[m[1]]}{int(m[2]):+d}"


def same_cfa(want, got, names):
    if want == "exp":  # or what a simple expression comes to
        return re.match(r"expr:|\[?r\d+[+-]", got) is not None
    return same_base(want, got, names)


def same_rule(want, got):
    if want == "u":
        return got in (None, "u")
    if got is None:
        return False
    if want == "s":
        return got == "s"
    if m := re.match(r"([cv])([+-]\d+)$", want):
        text = f"c{int(m[2]):+d}"
        return got == (f"[{text}]" if m[1] == "c" else text)
    if want == "exp":
        return re.match(r"load:|\[r\d+[+-]", got) is not None
    if want == "vexp":
        return re.match(r"expr:|\[?r\d+[+-]", got) is not None
    return got == f"{want}+0"  # readelf says "r" and the DWARF number


def compare(row, answer, fde, names):
    start, end, cfa, rules = row
    parts = answer.split()
    if len(parts) < 4:
        return f"says {answer}"
    got = dict(part.split("=", 1) for part in parts[4:])
    if (int(parts[1], 16), int(parts[1], 16) + int(parts[2], 16)) != (start, end):
        return "another range"
    if bool(int(parts[3], 16) & 1) != ("S" in fde.cie.letters):
        return "signal or not"
    if not same_cfa(cfa, got.pop("cfa"), names):
        return "another CFA"
    wanted = {(fde.cie.ra if name == "ra" else names.get(name)): rule for name, rule in rules.items()}
    numbers = set(names.values()) | {fde.cie.ra}
    if pc := PCS.get(id(names)):
        numbers.add(pc)
        rule = wanted.get(fde.cie.ra, "u")
        wanted[pc] = f"r{fde.cie.ra}" if rule == "s" else rule
    for number in numbers - {None}:
        if not same_rule(wanted.get(number, "u"), got.get(str(number))):
            return f"register {number}: {wanted.get(number)} is not {got.get(str(number))}"
    return None


def check(query, path, mode, fdes, names):
    questions = []
    for fde in fdes:
        for row in expected(fde):
            questions += [(row[0], row, fde), (row[1] - 1, row, fde)]
    asked = "".join(f"{addr:x}\n" for addr, _, _ in questions)
    out = subprocess.run([query, path, mode], input=asked, capture_output=True, text=True)
    answers = out.stdout.splitlines()
    if len(answers) != len(questions):
        print(f"{path} {mode}: {len(answers)} answers to {len(questions)} questions: {out.stderr.strip()}")
        return 1
    bad = 0
    for (addr, row, fde), answer in zip(questions, answers):
        why = compare(row, answer, fde, names)
        if why and (bad := bad + 1) <= SHOWN:
            print(f"  {addr:x}: {why}\n    want {row}\n    got  {answer}")
    print(f"{path} {mode}: {len(fdes)} FDEs, {len(questions) // 2} rows, {bad} differ")
    return bad


def main():
    query, bad, rows = sys.argv[1], 0, 0
    for path in sys.argv[2:]:
        machine = re.search(r"Machine:\s+(.*)", tool("readelf", "-h", path))
        names = MACHINES.get(machine[1].strip() if machine else "")
        sections = tool("readelf", "-SW", path)
        if not names:
            print(f"{path}: not for us")
            continue
        frames = read_frames(path)
        for section, mode in ((".eh_frame", "header"), (".eh_frame", "index"), (".debug_frame", "debug")):
            if mode == "header" and not re.search(r"\.eh_frame_hdr\s+(PROGBITS|X86_64_UNWIND)", sections):
                continue
            if frames.get(section):
                bad += check(query, path, mode, frames[section], names)
    sys.exit(bad > 0)


main()
