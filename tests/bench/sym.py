#!/usr/bin/env python3
"""sym.py MAKE_SYM BENCH_SYM MDWALK: bench_sym on a new .sym of 500 MB. It lies
in TMPDIR, which has to be a disk:
what lies in memory is mapped in larger pieces."""
import pathlib
import subprocess
import sys
import tempfile

make_sym, bench_sym, mdwalk = sys.argv[1:]
with tempfile.TemporaryDirectory() as folder:
    files = [pathlib.Path(folder) / name for name in ("large.sym", "large.dmp")]
    subprocess.run([make_sym, *files], check=True)
    print(f"{files[0].stat().st_size / 1e6:.0f} MB", flush=True)
    subprocess.run([bench_sym, *files, mdwalk], check=True)
