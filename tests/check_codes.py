#!/usr/bin/env python3
"""Every code has the name that its source says. Usage:
check_codes.py ROOT TEST_CODES [FOLDER]

Every row that TEST_CODES prints is one of ROOT/doc/gen/codes_extra.tsv, or its
table's other rows together have the count and the digest of
ROOT/doc/gen/codes_digest.tsv, which doc/gen/codes.py made of its sources. The
counts of ROOT/doc/codes.md and the values of mingw-w64's headers are compared
too. With FOLDER (see doc/gen/codes.py) the rows are compared one by one."""
import collections
import importlib.util
import pathlib
import re
import subprocess
import sys

MINGW = pathlib.Path("/usr/share/mingw-w64/include")
MINGW_TABLES = ("NTSTATUS", "WINERROR", "FAST_FAIL")
DEFINE = re.compile(r"^#define\s+(\w+)\s+(?:\(\(\w+\)\s*|__MSABI_LONG\(|_HRESULT_TYPEDEF_\()?"
                    r"(0x[0-9A-Fa-f]+|\d+)[UL]*\)*\s*(?:/\*.*)?$", re.M)
# [MS-ERREF] 2.3.1 has ours.
MINGW_WRONG = {"STATUS_PKU2U_CERT_FAILURE": 0xC000042E, "STATUS_GRAPHICS_DRIVER_MISMATCH": 0x401E0117}

root, program = pathlib.Path(sys.argv[1]), sys.argv[2]
spec = importlib.util.spec_from_file_location("codes", root / "doc/gen/codes.py")
codes = importlib.util.module_from_spec(spec)
spec.loader.exec_module(codes)

out = subprocess.run([program, "print"], capture_output=True, text=True, check=True).stdout
have = {}
for line in out.splitlines():
    table, value, name = line.split("\t")
    have[table, int(value, 16)] = name



def count_differences():
    """doc/codes.md says how many rows each table has."""
    said = {m[1]: int(m[2]) for m in re.finditer(r"^\| `(\w+)` \| (\d+) \|", (root / "doc/codes.md").read_text(), re.M)}
    counts = collections.Counter(table for table, _ in have)
    return [f"doc/codes.md: {t} has {counts.get(t, 0)} rows, not {said.get(t)}"
            for t in sorted(said.keys() | counts.keys()) if said.get(t) != counts.get(t)]


def digest_differences():
    """All rows that are no extra ones, by table, are those of the sources."""
    more = {(t, v) for t, rows in codes.extras().items() for v, _ in rows}
    rest = collections.defaultdict(list)
    for (table, value), name in have.items():
        if (table, value) not in more:
            rest[table].append((value, name))
    want = {t: (int(n), d) for t, n, d in codes.rows(root / "doc/gen/codes_digest.tsv")}
    print(f"{sum(n for n, _ in want.values())} rows of {len(want)} tables by digest, {len(more)} one by one")
    return [f"{t}: {len(rest[t])} rows that are not the {want.get(t, (0,))[0]} of its source"
            for t in sorted(want.keys() | rest.keys()) if (len(rest[t]), codes.digest(rest[t])) != want.get(t)]


def mingw_differences():
    """Names that mingw-w64 has too have its values."""
    values = collections.defaultdict(set)
    for header in ("ntstatus.h", "winerror.h", "winnt.h"):
        if not (MINGW / header).is_file():
            print(f"no {MINGW / header}: not compared")
            continue
        for name, value in DEFINE.findall((MINGW / header).read_text(errors="replace")):
            values[name].add(int(value, 0) & 0xFFFFFFFF)
    both = [(t, v, n) for (t, v), n in have.items() if t in MINGW_TABLES and n in values]
    print(f"{len(both)} names are mingw-w64's too")
    return [f"{t} {n}: has 0x{v:08x}, mingw-w64 {sorted(map(hex, values[n]))}" for t, v, n in both
            if v not in values[n] and values[n] != {MINGW_WRONG.get(n)}]


want = {(table, value): name for table, rows in codes.extras().items() for value, name in rows}
extra = len(want)
if len(sys.argv) > 3:
    folder = pathlib.Path(sys.argv[3])
    stems = [(t, s) for tables in codes.FILES.values() for t, s, _ in tables if s]
    unused = {p.stem for p in folder.glob("*.tsv")} - {s for _, s in stems}
    if unused:
        sys.exit(f"tables that codes.py does not know: {sorted(unused)}")
    for table, stem in stems:
        want |= {(table, int(v, 16)): n for v, n in codes.rows(folder / f"{stem}.tsv")}

bad = [f"{t} 0x{v:08x}: has {have.get((t, v))}, wants {n}"
       for (t, v), n in want.items() if have.get((t, v)) != n]
bad += count_differences() + mingw_differences()
if len(sys.argv) > 3:
    bad += [f"{t} 0x{v:08x}: {n} has no source" for (t, v), n in have.items() if (t, v) not in want]
    print(f"{len(have)} rows: {len(want) - extra} of the folder, {extra} of codes_extra.tsv")
bad += digest_differences()
print("\n".join(bad[:20]))
sys.exit(bool(bad) or not have)
