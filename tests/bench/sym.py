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
import time

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
    began = time.monotonic()
    pid = os.spawnlp(os.P_NOWAIT, mdwalk, mdwalk, "symbols", "index", "--full",
                     files[0], files[0].with_suffix(".index"))
    _, status, used = os.wait4(pid, 0)
    if status:
        sys.exit("mdwalk symbols index --full failed")
    print(f"mdwalk symbols index --full: {time.monotonic() - began:.1f} s, "
          f"CPU {used.ru_utime + used.ru_stime:.1f} s, "
          f"{used.ru_maxrss / 1024:.0f} MiB resident, the mapped file with it")
