#!/usr/bin/env python3
"""mksym.py ELF [OUT]: a Breakpad .sym file of an ELF file, on standard output or
in OUT. Everything in it is said by binutils: readelf (build id, unwind rows, of
.ARM.exidx where no others are), nm (functions), addr2line (lines). It shares no
code with the library."""
import pathlib
import re
import subprocess
import sys

import ehabi

# A machine's word in .sym, its link register, the size of its instructions.
MACHINES = {"Advanced Micro Devices X86-64": ("x86_64", None, 1),
            "Intel 80386": ("x86", None, 1),
            "ARM": ("arm", "lr", 2),
            "AArch64": ("arm64", "x30", 4)}
DOLLAR = ("x86_64", "x86")
ARM_NAMES = {"r13": "sp", "r14": "lr", "r15": "pc"}
FDE = re.compile(r"FDE cie=([0-9a-f]+) pc=([0-9a-f]+)\.\.([0-9a-f]+)")
CIE = re.compile(r'^([0-9a-f]+) .* CIE "')
ROW = re.compile(r"[0-9a-f]{8,} (exp\b|\S+[+-]\d)")


def tool(*words, given=None):
    return subprocess.run([str(w) for w in words], input=given, capture_output=True, text=True,
                          errors="replace", env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"}).stdout


def machine(path):
    name = re.search(r"Machine:\s+(.*)", tool("readelf", "-h", path))[1].strip()
    return MACHINES[name]


def bias(path):
    """The address that offset 0 of the file is linked at."""
    starts = [int(m[2], 16) - int(m[1], 16) for m in
              re.finditer(r"LOAD +0x([0-9a-f]+) 0x([0-9a-f]+)", tool("readelf", "-lW", path))]
    return min(starts)


def identity(path):
    """Debug id of a build id: its first 16 bytes as a GUID, and age 0."""
    b = bytes.fromhex(re.search(r"Build ID: ([0-9a-f]+)", tool("readelf", "-nW", path))[1])
    b = (b + bytes(16))[:16]
    return (b[3::-1] + b[5:3:-1] + b[7:5:-1] + b[8:]).hex().upper() + "0"


def functions(path, cpu):
    """[(address, size, name)] of the symbol table, else of the dynamic one."""
    found = {}
    for words in (("-C",), ("-C", "-D")):
        for line in tool("nm", "-S", "--defined-only", *words, path).splitlines():
            m = re.match(r"([0-9a-f]+) (?:([0-9a-f]+) )?([tTwWi]) (.*)", line)
            if m and not m[4].startswith("$"):
                address = int(m[1], 16) & (~1 if cpu == "arm" else ~0)
                found.setdefault(address, (int(m[2] or "0", 16), re.sub("@.*", "", m[4])))
        if found:
            break
    return [(a, *found[a]) for a in sorted(found)]


def lines(path, ranges, step):
    """{address: (file, line)} at each change within the ranges."""
    places = [a for start, size, _ in ranges for a in range(start, start + size, step)]
    said = tool("addr2line", "-e", path, given="".join(f"{a:#x}\n" for a in places)).splitlines()
    found = {}
    for address, place in zip(places, said):
        file, _, line = place.split(" ")[0].rpartition(":")
        found[address] = (file, int(line)) if line.isdigit() and file != "??" else None
    return found


def put_functions(path, cpu, base, step, out):
    every = functions(path, cpu)
    sized = [f for f in every if f[1]]
    debug = ".debug_line" in tool("readelf", "-SW", path)
    known = lines(path, sized, step) if debug else {}
    files = {}
    for address, size, name in sized:
        records, last = [], None
        for at in range(address, address + size, step):
            place = known.get(at)
            if place and last and last[0] == place:
                last[1][1] = at + step - last[1][0]
            elif place:
                last = (place, [at, step])
                records.append(last)
            else:
                last = None
        out.append(f"FUNC {address - base:x} {size:x} 0 {name}")
        for (file, line), (at, length) in records:
            number = files.setdefault(file, len(files))
            out.append(f"{at - base:x} {length:x} {line} {number}")
    out.extend(f"PUBLIC {address - base:x} 0 {name}" for address, size, name in every if not size)
    return [f"FILE {n} {name}" for name, n in files.items()]


class Rules:
    """One row of readelf's table as STACK CFI says it."""

    def __init__(self, cpu, link):
        self.cpu, self.link = cpu, link

    def register(self, name):
        name = ARM_NAMES.get(name, name) if self.cpu == "arm" else name
        return "$" + name if self.cpu in DOLLAR else name

    def cfa(self, text):
        name, sign, number = re.fullmatch(r"(\w+)([+-])(\d+)", text).groups()
        return f".cfa: {self.register(name)} {number} {sign}"

    def rule(self, name, text):
        """None where a row says nothing of a register, or nothing that this
        format has words for."""
        target = ".ra" if name == "ra" else self.register(name)
        if m := re.fullmatch(r"c([+-])(\d+)", text):
            return f"{target}: .cfa {m[2]} {m[1]} ^"
        if m := re.fullmatch(r"v([+-])(\d+)", text):
            return f"{target}: .cfa {m[2]} {m[1]}"
        if re.fullmatch(r"[a-z]\w*\d|[re]?[a-ds][xpi]", text) and text not in ("s", "u"):
            return f"{target}: {self.register(text)}"
        if text == "u" and name == "ra":
            return ".ra: .undef"
        return None

    def row(self, cfa, columns, texts, bottom):
        """bottom: an undefined return address is said, not only never set."""
        if "exp" in (cfa, *texts) or "vexp" in texts:
            return None
        parts = [self.cfa(cfa)]
        for name, text in zip(columns, texts):
            if name == "ra" and text == "u" and not bottom:
                continue
            if part := self.rule(name, text):
                parts.append(part)
        if self.link and not any(p.startswith(".ra:") for p in parts):
            parts.append(f".ra: {self.link}")
        return " ".join(parts)


def bottoms(path):
    """Starts of the FDEs whose instructions say that nobody called: where the
    return address is in a register, the table shows that like a silence."""
    found, start = set(), None
    for line in tool("readelf", "-W", "--debug-dump=frames", path).splitlines():
        if m := FDE.search(line):
            start = int(m[2], 16)
        elif re.search(r"DW_CFA_undefined: r(14|30)\b", line):
            found.add(start)
    return found


def entries(path):
    """(start, end, [(address, CFA, columns, rules)]) of each FDE; one that has
    no instructions has its CIE's row."""
    cies, found, entry, columns = {}, [], None, []
    for line in tool("readelf", "-W", "--debug-dump=frames-interp", path).splitlines():
        if line.startswith("Contents of the "):
            cies = {}
        elif m := CIE.match(line):
            entry = cies[m[1].lstrip("0")] = (0, 0, [], None)
        elif m := FDE.search(line):
            entry = (int(m[2], 16), int(m[3], 16), [], cies.get(m[1].lstrip("0")))
            found.append(entry)
        elif re.match(r"\s+LOC ", line):
            columns = line.split()[2:]
        elif entry and ROW.match(line):
            at, cfa, *texts = re.sub(r" \(\S+\)", "", line).split()
            entry[2].append((int(at, 16), cfa, columns, texts))
    for start, end, rows, cie in found:
        yield start, end, rows or [(start, *r[1:]) for r in (cie[2] if cie else [])]


def put_rows(path, rules, base, out):
    """Returns what has been spoken of, as [(start, end)]."""
    seen, bottom = {}, bottoms(path)
    for start, end, rows in entries(path):
        if start in seen or end <= start:
            continue
        seen[start] = end
        for n, (at, cfa, columns, texts) in enumerate(rows):
            text = rules.row(cfa, columns, texts, not rules.link or start in bottom)
            if text is None:
                break  # what follows would be laid over a row that is missing
            if n == 0:
                out.append(f"STACK CFI INIT {start - base:x} {end - start:x} {text}")
            else:
                out.append(f"STACK CFI {at - base:x} {text}")
    return sorted(seen.items())


def code(path):
    """[(start, end)] of the executable sections."""
    found = re.finditer(r"\] \S+ +\S+ +([0-9a-f]+) [0-9a-f]+ ([0-9a-f]+) \S+ +\w*X", tool("readelf", "-SW", path))
    return [(int(m[1], 16), int(m[1], 16) + int(m[2], 16)) for m in found]


def left_of(start, end, taken):
    """What no range of `taken` has of one."""
    for low, high in taken:
        if low < end and start < high:
            if start < low:
                yield start, low
            start = high
    if start < end:
        yield start, end


def arm_text(frame):
    """A frame of .ARM.exidx as STACK CFI says it."""
    def name(number):
        return ARM_NAMES.get(f"r{number}", f"r{number}")

    def load(base, offset):
        return f"{name(base)} {abs(offset)} {'-' if offset < 0 else '+'} ^"

    saved = dict(frame.saved)
    cfa = load(*saved.pop(ehabi.SP)) if ehabi.SP in saved else load(frame.base, frame.offset)[:-2]
    back = saved.pop(ehabi.PC, saved.get(ehabi.LR))
    parts = [f".cfa: {cfa}", f".ra: {load(*back) if back else 'lr'}"]
    return " ".join(parts + [f"{name(n)}: {load(*place)}" for n, place in sorted(saved.items())])


def put_arm_rows(path, taken, base, out):
    sections = code(path)
    for start, end, frame in ehabi.entries(path):
        if not frame or frame.end != "row":
            continue
        for low, high in sections:
            for at, until in left_of(max(start, low), min(end, high), taken):
                out.append(f"STACK CFI INIT {at - base:x} {until - at:x} {arm_text(frame)}")


def sym(path):
    cpu, link, step = machine(path)
    base, body = bias(path), []
    files = put_functions(path, cpu, base, step, body)
    taken = put_rows(path, Rules(cpu, link), base, body)
    if cpu == "arm":
        put_arm_rows(path, taken, base, body)
    return "\n".join([f"MODULE Linux {cpu} {identity(path)} {pathlib.Path(path).name}", *files, *body, ""])


def main(path, out=None):
    text = sym(path)
    if out is None:
        sys.stdout.write(text)
    else:
        pathlib.Path(out).write_text(text)


if __name__ == "__main__":
    main(*sys.argv[1:])
