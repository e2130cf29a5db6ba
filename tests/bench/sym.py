#!/usr/bin/env python3
"""sym.py MAKE_SYM BENCH_SYM MDWALK: bench_sym on a new .sym of 500 MB. It lies
in TMPDIR, which has to be a disk, and is read from it once: what a program has
just written in small parts lies in the page cache in pages of 4 KiB, which cost
whoever maps them more than what was read from a disk does."""
import os
import pathlib
import subprocess
import sys
import tempfile

make_sym, bench_sym, mdwalk = sys.argv[1:]
with tempfile.TemporaryDirectory() as folder:
    files = [pathlib.Path(folder) / name for name in ("large.sym", "large.dmp")]
    subprocess.run([make_sym, *files], check=True)
    with open(files[0], "rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        while file.read(1 << 20):
            pass
    print(f"{files[0].stat().st_size / 1e6:.0f} MB", flush=True)
    subprocess.run([bench_sym, *files, mdwalk], check=True)
