#!/usr/bin/env python3
"""Every code has the name that its source says. Usage:
check_codes.py ROOT TEST_CODES [FOLDER]

ROOT/doc/gen/codes_extra.tsv is always compared with what TEST_CODES prints;
the tables of FOLDER (see doc/gen/codes.py) only where it is given. Then also:
no row stands in neither."""
import importlib.util
import pathlib
import subprocess
import sys

root, program = pathlib.Path(sys.argv[1]), sys.argv[2]
spec = importlib.util.spec_from_file_location("codes", root / "doc/gen/codes.py")
codes = importlib.util.module_from_spec(spec)
spec.loader.exec_module(codes)

out = subprocess.run([program, "print"], capture_output=True, text=True, check=True).stdout
have = {}
for line in out.splitlines():
    table, value, name = line.split("\t")
    have[table, int(value, 16)] = name

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
if len(sys.argv) > 3:
    bad += [f"{t} 0x{v:08x}: {n} has no source" for (t, v), n in have.items() if (t, v) not in want]
    print(f"{len(have)} rows: {len(want) - extra} of the folder, {extra} of codes_extra.tsv")
else:
    print(f"no folder of tables given: of {len(have)} rows only the {extra} of "
          "codes_extra.tsv were compared")
print("\n".join(bad[:20]))
sys.exit(bool(bad) or not have)
