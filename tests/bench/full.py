#!/usr/bin/env python3
"""full.py START EMPTY MDWALK: what bench/start.c measures, of full-memory dumps
of 1 and 16 GiB. They are sparse: both together take a few hundred kilobytes."""
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).parent
with tempfile.TemporaryDirectory() as folder:
    dumps = [pathlib.Path(folder) / f"full-{gib}-gib.dmp" for gib in (1, 16)]
    for dump, gib in zip(dumps, (1, 16)):
        subprocess.run([sys.executable, HERE / "make_full.py", dump, str(gib)], check=True)
        on_disk = dump.stat().st_blocks * 512
        print(f"{dump.name}: {dump.stat().st_size} bytes, {on_disk} on disk")
    sys.stdout.flush()
    sys.exit(subprocess.run([*sys.argv[1:], *dumps]).returncode)
