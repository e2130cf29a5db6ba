#!/usr/bin/env python3
"""Breakpad's outputs against what minidump_stackwalk printed of the same dumps.

  breakpad_check.py REPLAY MDWALK CORPUS [--known FILE]

CORPUS has <source>/dumps, <source>/symbols and expected/<source>/<dump>.txt.
Two questions are asked of each stored output. With its own frames (their
registers, names and offsets read out of the stored text and put into a report
by tests/breakpad_replay.c) the emitters must print it again, line by line.
With the frames that mdwalk finds, every line that differs must belong to a kind
that FILE lists for it (DUMP OUTPUT KIND, a tab, the heading in
doc/differences.md); a line of FILE that nothing needs is an error too."""
import collections
import difflib
import glob
import os
import re
import subprocess
import sys

TRUST = {"given as instruction pointer in context": 128, "recovered by external stack walker": 112,
         "call frame info": 80, "simulating a return from leaf function": 64,
         "previous frame's frame pointer": 48, "call frame info with scanning": 32, "stack scanning": 16}
PC = ("rip", "eip", "pc")
OUTPUTS = (("breakpad", "breakpad-m.txt", True), ("breakpad-human", "breakpad.txt", True),
           ("breakpad-human", "nosym.breakpad.txt", False))


def read(path):
    with open(path, encoding="utf-8", errors="surrogateescape") as file:
        return file.read().split("\n")[:-1]


def frame_places(line):
    """module, function, file, line, offset of a frame line of the human form."""
    found = re.fullmatch(r"(.*?) \[(.*) : (\d+) \+ 0x([0-9a-f]+)\]", line)
    if found:
        head, file, number, offset = found.groups()
    else:
        head, _, offset = line.rpartition(" + ") if " + 0x" in line else ("", "", line)
        file, number = "", "0"
    module, _, function = head.partition("!")
    return module, function, file, int(number), int(offset.replace("0x", ""), 16)


def stored_frames(lines):
    """[(thread, [frame])] of the human form."""
    threads, frame = [], None
    for line in lines:
        found = re.fullmatch(r"Thread (\d+)(?: \(.*\))?", line)
        if found:
            threads.append((int(found[1]), []))
            continue
        if not threads or line.startswith("Loaded modules"):
            if threads:
                break
            continue
        found = re.fullmatch(r"\s?\d+  (.*)", line)
        if found:
            frame = {"place": frame_places(found[1]), "registers": [], "trust": None, "inline": False}
            threads[-1][1].append(frame)
        elif line.startswith("    Found by: "):
            frame["inline"] = line.endswith("inline record")
            frame["trust"] = TRUST.get(line[14:])
        elif "=" in line:
            frame["registers"] += re.findall(r"(\w+) = 0x([0-9a-f]+)", line)
    return threads


def feed(human, machine, symbols):
    """The lines that breakpad_replay reads."""
    full = {}
    for line in machine:
        words = line.split("|")
        if len(words) == 7 and words[0].isdigit():
            full[int(words[0]), int(words[1])] = words
    out = [] if symbols else ["N"]
    for line in human:
        if "(WARNING: No symbols" in line:
            out.append("W " + line.split()[0][2:])
    for number, frames in stored_frames(human):
        out.append(f"T {number:x}")
        for i, frame in enumerate(frames):
            real = next(f for f in frames[i:] if not f["inline"])
            pc = next(int(v, 16) for n, v in real["registers"] if n in PC)
            _, function, file, line, offset = frame["place"]
            words = full.get((number, i))
            if words:
                function, file = words[3], words[4]
            out.append(f"F {pc:x} {real['trust']:x} {frame['inline']:x} {line:x} {offset:x}")
            if function:
                out += [f"f {function}", f"s {file}"]
            if not frame["inline"]:
                out += [f"r {n} {v}" for n, v in frame["registers"]]
    return out


def run(command, lines=None):
    done = subprocess.run(command, input=None if lines is None else "\n".join(lines + [""]).encode("utf-8", "surrogateescape"),
                          capture_output=True, timeout=120)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}: exit {done.returncode}: {done.stderr.decode()}")
    return done.stdout.decode("utf-8", "surrogateescape").split("\n")[:-1]


def kind(line):
    if line.startswith(("Crash|", "Crash reason")):
        return "reason"
    if re.match(r"0x[0-9a-f]+ - 0x", line):
        return "symbols"
    if re.match(r"\d+\|\d+\||\s?\d+  |     ?[ \w]{1,5} = 0x|    Found by: | $", line):
        return "stack"
    return "facts"


def differing(want, have):
    return [line for line in difflib.unified_diff(want, have, lineterm="", n=0)
            if not line.startswith(("---", "+++", "@@"))]


def frames_of(human):
    """{thread: [(pc, trust, registers)]} of the frames that aren't inlined."""
    out = {}
    for number, frames in stored_frames(human):
        out[number] = [(next(int(v, 16) for n, v in f["registers"] if n in PC), f["trust"], tuple(f["registers"]))
                       for f in frames if not f["inline"] and f["registers"]]
    return out


def unscanned(frames):
    """The frames before the first that was found by searching the stack."""
    for i, frame in enumerate(frames):
        if frame[1] <= 32:
            return [f[0] for f in frames[:i]]
    return [f[0] for f in frames]


def stack_kind(stored, own):
    """What the stacks of two human outputs differ in, the gravest first.
    Whatever comes behind a searched frame rests on it."""
    a, b, worst = frames_of(stored), frames_of(own), "registers"
    for number in set(a) | set(b):
        want, have = a.get(number, []), b.get(number, [])
        if [f[0] for f in want] == [f[0] for f in have]:
            continue
        want, have = unscanned(want), unscanned(have)
        shorter = min(len(want), len(have))
        if want[:shorter] != have[:shorter]:
            return "trusted"
        worst = "scanned"
    return worst


def known_differences(path):
    out = {}
    for line in read(path) if path else []:
        if line and not line.startswith("#"):
            key, _, heading = line.partition("\t")
            out[tuple(key.split())] = heading
    return out


def main(argv):
    replay, mdwalk, corpus = argv[1:4]
    known = known_differences(argv[argv.index("--known") + 1] if "--known" in argv else None)
    needed, count, bad = set(), collections.Counter(), 0
    symbols = [os.path.join(corpus, s, "symbols") for s in ("breakpad", "rust-minidump")]
    for dump in sorted(glob.glob(os.path.join(corpus, "*", "dumps", "*.dmp"))):
        source, name = dump.split(os.sep)[-3], os.path.basename(dump)[:-4]
        at = os.path.join(corpus, "expected", source, name + ".")
        for form, suffix, with_symbols in OUTPUTS:
            if not os.path.exists(at + suffix):
                continue
            want = read(at + suffix)
            human = read(at + ("breakpad.txt" if with_symbols else "nosym.breakpad.txt"))
            machine = read(at + "breakpad-m.txt") if with_symbols else []
            have = run([replay, form, dump], feed(human, machine, with_symbols))
            count["replayed"] += 1
            count["lines"] += len(want)
            for line in differing(want, have):
                if kind(line[1:]) == "reason":
                    needed.add((name, suffix, "reason"))
                    continue
                print(f"{name} {suffix}: {line}")
                bad += 1
            paths = symbols if with_symbols else []
            have = run([mdwalk, "-f", form, dump] + paths)
            stacks = stack_kind(human, run([mdwalk, "-f", "breakpad-human", dump] + paths))
            for line in differing(want, have):
                key = (name, suffix, stacks if kind(line[1:]) == "stack" else kind(line[1:]))
                count["own " + key[2]] += 1
                needed.add(key)
    for key in sorted(needed - set(known)):
        print("not listed:", " ".join(key))
    for key in sorted(set(known) - needed):
        print("listed, but equal:", " ".join(key))
    print(", ".join(f"{v} {k}" for k, v in sorted(count.items())) + f"; {bad} replayed lines differ")
    return bool(bad or needed ^ set(known) or not count["replayed"])


if __name__ == "__main__":
    sys.exit(main(sys.argv))
