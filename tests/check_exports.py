#!/usr/bin/env python3
"""check_exports.py ROOT LIBRARY [SANITIZERS]: the shared library exports what the public
headers declare and nothing else, under one version, and holds no writable data
of its own."""
import pathlib
import re
import subprocess
import sys

root, lib = pathlib.Path(sys.argv[1]), sys.argv[2]
include = root / "include/mdwalk"
declared = set()
for name in re.findall(r'#include "mdwalk/(\w+\.h)"', (include / "mdwalk.h").read_text()):
    declared |= set(re.findall(r"\bMDW_API\b[^;(]*?\b(mdw_\w+)\s*\(", (include / name).read_text()))
out = subprocess.run(["nm", "-D", "--defined-only", lib], capture_output=True, text=True, check=True)
exported = {line.split()[-1] for line in out.stdout.splitlines()} - {"MDW_0"}
names = {name.removesuffix("@@MDW_0") for name in exported if name.endswith("@@MDW_0")}
out = subprocess.run(["objdump", "-t", lib], capture_output=True, text=True, check=True)
# The pointer and the byte of crt files, what libgcc knows of the processor, and
# the lock in lib/base/once.c.
known = {".data", ".bss", "__dso_handle", "completed.0", "__TMC_END__", "__cpu_model", "__cpu_features2", "taken"}
writable = {m[2]: int(m[1], 16) for m in re.finditer(r"\s\.(?:data|bss)\s+(\w+)\s+(?:\.hidden )?(\S+)$", out.stdout, re.M)
            if m[2] not in known and int(m[1], 16)}  # without a size: a linker's mark of where a section is
if sys.argv[3:] not in ([], ["none"]):
    writable = {}  # the sanitizers'
unversioned = {name for name in exported if not name.endswith("@@MDW_0")}
for what, found in (("undeclared exports", names - declared), ("declared but not exported", declared - names),
                    ("exported without version", unversioned), ("writable data", writable)):
    if found:
        print(f"{what}: {sorted(found)} {writable or ''}")
print(f"{len(names)} functions")
sys.exit(bool(names != declared or unversioned or writable or not names))
