#!/usr/bin/env python3
"""The examples do what the documents say of them.

usage: check_examples.py ROOT STACKS WALK SENTRY

README.md shows examples/stacks.c to the letter; its output on a real dump holds
every frame that the program recorded; examples/walk_made_up_stack.c prints what
tests/golden has; examples/sentry_event.c names the signal and prints the crashed
thread from the crash outward.
"""
import pathlib
import subprocess
import sys

root, (stacks, walk, sentry) = pathlib.Path(sys.argv[1]), sys.argv[2:]
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
print("\n".join(bad) or "ok")
sys.exit(bool(bad))
