#!/usr/bin/env python3
"""The examples do what the documents say of them.

usage: check_examples.py ROOT STACKS WALK SENTRY MEMORY_PROVIDER MDWALK

README.md shows examples/stacks.c to the letter; its output on a real dump holds
every frame that the program recorded; examples/walk_made_up_stack.c prints what
tests/golden has; examples/sentry_event.c names the signal and prints the crashed
thread from the crash outward; examples/memory_provider.c finds names in files
that it holds in memory, by id and no others.
"""
import json
import pathlib
import subprocess
import sys
import tempfile

root, (stacks, walk, sentry, provider, tool) = pathlib.Path(sys.argv[1]), sys.argv[2:]
bad = []
source = (root / "examples/stacks.c").read_text().split("\n", 1)[1].strip()
shown = (root / "README.md").read_text().split("```c\n")[1].split("```")[0].strip()
if shown != source:
    bad.append("README.md and examples/stacks.c differ")

dump = root / "testdata/dumps/x86_64-fp-deep.dmp"
out = subprocess.run([stacks, dump], capture_output=True, text=True, check=True).stdout
printed = [int(line.split()[-1], 16) for line in out.splitlines()]
for line in dump.with_suffix(".truth").read_text().splitlines():
    word = line.split()
    if word[0] == "frame" and int(word[1], 16) not in printed:
        bad.append(f"stacks does not print {line}")
if subprocess.run([stacks, root / "README.md"], capture_output=True).returncode != 2:
    bad.append("stacks says nothing of a file that is no dump")

out = subprocess.run([walk], capture_output=True, text=True, check=True).stdout
if out != (root / "tests/golden/walk_made_up_stack.txt").read_text():
    bad.append("walk_made_up_stack prints something else than tests/golden")

out = subprocess.run([sentry, dump], capture_output=True, text=True, check=True).stdout
reason, value, thread, *frames = out.splitlines()
truth = [line.split() for line in dump.with_suffix(".truth").read_text().splitlines()]
if (reason, value) != ("SIGSEGV / SEGV_MAPERR", "Fatal Error: SIGSEGV / SEGV_MAPERR / 0x0"):
    bad.append(f"sentry_event calls the crash {reason}, {value}")
if thread != "thread " + next(words[1] for words in truth if words[0] == "crash"):
    bad.append(f"sentry_event names another {thread}")
wanted = [next(words[1] for words in truth if words[0] == "pc")]
wanted += [words[1] for words in truth if words[0] == "frame"]
printed = iter(int(line.split()[0], 16) for line in frames)
if not all(int(addr, 16) in printed for addr in wanted):
    bad.append("sentry_event does not print the crashed thread in order")
if subprocess.run([sentry, root / "README.md"], capture_output=True).returncode != 2:
    bad.append("sentry_event says nothing of a file that is no dump")

document = json.loads(subprocess.run([tool, "-f", "json", dump], capture_output=True, check=True).stdout)
frames = [f for t in document["threads"] for f in t["frames"]]
frame = next(f for f in frames if f["module"])
module = next(m for m in document["modules"] if m["filename"] == frame["module"])
start = int(frame["module_offset"], 16) - 4
with tempfile.TemporaryDirectory() as folder:
    file, other = pathlib.Path(folder) / "a", pathlib.Path(folder) / "b"
    text = (f"MODULE Linux x86_64 {module['debug_id']} x\nFILE 0 /src/a.c\nINLINE_ORIGIN 0 inner\n"
            f"FUNC {start:x} 10 0 outer\nINLINE 0 7 0 0 {start:x} 10\n{start:x} 10 42 0\n")
    file.write_text(text)
    other.write_text(text.replace(module["debug_id"], "0" * 31 + "10").replace("outer", "wrong"))
    for files in ((other, file), (file, other)):
        out = subprocess.run([provider, dump, *files], capture_output=True, text=True, check=True).stdout
        if not out.startswith("0.0 inner /src/a.c:42\n0.1 outer /src/a.c:7\n") or "wrong" in out:
            bad.append(f"memory_provider prints {out[:200]}")
    if subprocess.run([provider, dump], capture_output=True, text=True, check=True).stdout.count("?") != len(frames):
        bad.append("memory_provider finds names in nothing")
print("\n".join(bad) or "ok")
sys.exit(bool(bad))
