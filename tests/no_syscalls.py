#!/usr/bin/env python3
"""strace of test_no_alloc: between a walk's two markers there is no system call at all, so neither mmap nor brk.
no_syscalls.py PROGRAM ELF_FILE..."""
import os
import re
import shutil
import subprocess
import sys
import tempfile

if not shutil.which("strace"):
    sys.exit(77)
with tempfile.NamedTemporaryFile("r") as log:
    # The leak check can't be made under strace.
    run = subprocess.run(["strace", "-f", "-o", log.name, *sys.argv[1:]], capture_output=True, text=True, timeout=120,
                         env={**os.environ, "ASAN_OPTIONS": "detect_leaks=0"})
    lines = log.read().splitlines()
if run.returncode == 77 or "ptrace" in run.stderr and "not permitted" in run.stderr:
    sys.exit(77)
walks = sum(int(n) for n in re.findall(r": (\d+) walks$", run.stdout, re.M))
begun, inside, bad = 0, False, []
for line in lines:
    if 'access("a walk begins"' in line:
        begun, inside = begun + 1, True
    elif 'access("a walk ends"' in line:
        inside = False
    elif inside:
        bad.append(line)
if run.returncode or not walks or begun != walks or inside or bad:
    print(run.stderr, f"{walks} walks, {begun} begun", *bad[:20], sep="\n")
    sys.exit(1)
