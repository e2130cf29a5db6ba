#!/usr/bin/env python3
"""Every #include goes down. Rules: tests/layers.txt."""
import pathlib
import re
import sys

ROOT = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".")
# Which room a public header speaks for.
PUBLIC = {"base": "base", "module": "base", "source": "source", "dump": "dump", "unwind": "unwind",
          "symbol": "symbol", "state": "state", "crash": "crash", "crash_draft": "crash",
          "report": "process", "sentry": "sentry", "mdwalk": "tools"}


def rules():
    allowed = {}
    for line in (ROOT / "tests/layers.txt").read_text().splitlines():
        line = line.split("#")[0].strip()
        if line:
            room, _, deps = line.partition(":")
            unknown = set(deps.split()) - allowed.keys()
            if unknown:
                sys.exit(f"layers.txt: {room} names {unknown} before they exist")
            allowed[room] = {room, *deps.split()}
    return allowed


def room(path):
    parts = path.split("/")
    if parts[0] in ("include", "mdwalk"):
        return PUBLIC[pathlib.Path(path).stem]
    return parts[1] if parts[0] == "lib" else parts[0]


def main():
    allowed, bad = rules(), 0
    for file in sorted(p for d in ("include", "lib", "arch", "tools") for p in (ROOT / d).rglob("*.[ch]")):
        here = room(str(file.relative_to(ROOT)))
        for n, line in enumerate(file.read_text().splitlines(), 1):
            m = re.match(r'\s*#\s*include\s*"([^"]+)"', line)
            if not m or m[1].endswith(".def"):
                continue
            there = room(m[1])
            # The tools are an ordinary client: public headers and their own.
            ok = there in allowed[here] if here != "tools" else (
                m[1].startswith("mdwalk/") or there == "tools")
            if not ok:
                bad += 1
                print(f"{file}:{n}: {here} may not include {m[1]}")
    sys.exit(bool(bad))


main()
