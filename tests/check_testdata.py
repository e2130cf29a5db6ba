#!/usr/bin/env python3
"""check_testdata.py [ROOT]: testdata stays small, whole and anonymous. Each dump
has its truth and agrees with it, the README names it, and no file holds a path,
user or host name of the machine that made it."""
import pathlib
import re
import socket
import struct
import sys

ROOT = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
sys.path.insert(0, str(ROOT / "tests/truth"))
sys.dont_write_bytecode = True
from minidump import Dump, Truth, verify  # noqa: E402

MAX_DUMPS, MAX_BYTES = 40, 2 << 20
ANY_MACHINE = ["/work/", "/root/", "/home/"]
# Everybody has these: they name no machine.
COMMON = {"/", "/tmp", "/usr", "localhost"}
WORD = b"[A-Za-z0-9_.-]"

bad = 0


def complain(where, what):
    global bad
    bad += 1
    print(f"{where}: {what}")


def both(text, before, after):
    """A pattern for text as ASCII and one for it as UTF-16, either order."""
    narrow = re.escape(text.encode())
    wide = b"\0".join(re.escape(bytes([c])) for c in text.encode())
    return re.compile(before + b"(?:" + narrow + b"|" + wide + b")" + after)


def patterns():
    """[(what, pattern, whether in dumps only)]"""
    found = [(text, both(text, b"", b""), False) for text in ANY_MACHINE]
    for path in {str(pathlib.Path.home()), str(ROOT)} - COMMON:
        found.append((path, both(path, b"", b"(?!" + WORD + b")"), False))
    for host in {socket.gethostname(), socket.gethostname().split(".")[0]} - COMMON - {""}:
        if len(host) > 3:
            found.append((host, both(host, b"(?<!" + WORD + b")", b"(?!" + WORD + b")"), False))
        else:  # two or three letters occur by chance
            found.append((host, both(host, rb"(?<=[\0 \n])", rb"(?=[\0 \n])"), True))
    return found


def check_names(file, data):
    for text, pattern, dumps_only in patterns():
        hit = pattern.search(data)
        if hit and (file.suffix == ".dmp" or not dumps_only):
            complain(file.relative_to(ROOT), f"names this machine at {hit.start()}: {text}")


def check_pairs(dumps, readme):
    for file in dumps:
        name = file.relative_to(ROOT)
        other = file.with_suffix(".truth" if file.suffix == ".dmp" else ".dmp")
        if not other.exists():
            complain(name, f"has no {other.name}")
        elif file.suffix == ".dmp":
            try:
                for line in verify(Dump(file), Truth(other.read_text())):
                    complain(name, line)
            except (ValueError, LookupError, struct.error) as e:
                complain(name, f"not a whole dump: {e}")
        if f"`{file.stem}`" not in readme:
            complain(name, "isn't in testdata/README.md")


def main():
    folder = ROOT / "testdata"
    dumps = sorted((folder / "dumps").iterdir())
    count = sum(f.suffix == ".dmp" for f in dumps)
    size = sum(f.stat().st_size for f in dumps)
    if not 0 < count <= MAX_DUMPS:
        complain("testdata/dumps", f"{count} dumps, at most {MAX_DUMPS}")
    if size > MAX_BYTES:
        complain("testdata/dumps", f"{size} bytes, at most {MAX_BYTES}")
    check_pairs(dumps, (folder / "README.md").read_text())
    for file in sorted(f for f in folder.rglob("*") if f.is_file()):
        if "__pycache__" not in file.parts:
            check_names(file, file.read_bytes())
    print(f"{count} dumps, {size} bytes, {bad} complaints")
    return bool(bad)


sys.exit(main())
