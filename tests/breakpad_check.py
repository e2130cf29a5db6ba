#!/usr/bin/env python3
"""Breakpad's outputs against what minidump_stackwalk printed of the same dumps.

  breakpad_check.py REPLAY MDWALK CORPUS [--reasons FILE] [--lines FILE] [--write]

CORPUS has <source>/dumps, <source>/symbols and expected/<source>/<dump>.txt.
Two questions are asked of each stored output. With its own frames (their
registers, names and offsets read out of the stored text and put into a report
by tests/breakpad_replay.c) the emitters must print it again, line by line.
With the frames that mdwalk finds, every line that differs is listed twice:

- by hand, in --reasons: DUMP OUTPUT KIND, a tab, the heading of
  doc/differences.md that says why lines of that kind differ there;
- by this program, in --lines, which --write writes: a row for each place of
  an output (a frame, a module, a fact), with how many lines of it only the
  stored output and only mdwalk's has, their kind, and a digest of both.

A difference that is not listed is an error, and so is a row that nothing needs:
none appears, goes or becomes another one unseen."""
import argparse
import collections
import difflib
import glob
import hashlib
import os
import pathlib
import re
import subprocess
import sys

TRUST = {"given as instruction pointer in context": 128, "recovered by external stack walker": 112,
         "call frame info": 80, "simulating a return from leaf function": 64,
         "previous frame's frame pointer": 48, "call frame info with scanning": 32, "stack scanning": 16}
PC = ("rip", "eip", "pc")
OUTPUTS = (("breakpad", "breakpad-m.txt", True), ("breakpad-human", "breakpad.txt", True),
           ("breakpad-human", "nosym.breakpad.txt", False))
HEAD = """# Every line in which a stored output of minidump_stackwalk and mdwalk's own differ,
# by place: dump, output, place (2.5 is frame 5 of thread 2), kind, lines of the
# stored output and of mdwalk's alone, digest of them. Made by
# tests/breakpad_check.py --write; why, tests/breakpad_differences.tsv says.
"""


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


def places(lines):
    """Of each line what it is about: "2.5", frame 5 of thread 2; "module NAME"; else the fact's first words."""
    thread, at = None, ""
    for line in lines:
        row = re.match(r"(\d+)\|(\d+)\|", line)
        head = re.match(r"Thread (\d+)(?: |$)", line)
        frame = thread and re.match(r"\s?(\d+)  ", line)
        module = re.match(r"0x[0-9a-f]+ - 0x[0-9a-f]+  (\S+)", line)
        if row:
            at = f"{row[1]}.{row[2]}"
        elif head:
            at = thread = head[1]
        elif frame:
            at = f"{thread}.{frame[1]}"
        elif module or line.startswith("Loaded modules"):
            thread, at = None, f"module {module[1]}" if module else "modules"
        elif thread is None:
            at = re.split(r"[|:]", line)[0].lower()
        yield at


def differing(want, have):
    """(sign, place, line) of each line that only one of them has."""
    sides = [list(zip(places(lines), lines)) for lines in (want, have)]
    matcher = difflib.SequenceMatcher(None, want, have, autojunk=False)
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag != "equal":
            yield from (("-", *at) for at in sides[0][a:b])
            yield from (("+", *at) for at in sides[1][c:d])


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


def stack_kind(want, have):
    """What the frames of two stacks differ in; None: in nothing but what goes
    with them. Whatever comes behind a searched frame rests on it."""
    if [f[0] for f in want] == [f[0] for f in have]:
        return None
    proven, own = unscanned(want), unscanned(have)
    shorter = min(len(proven), len(own))
    if proven[:shorter] != own[:shorter]:
        return "trusted"
    if len(proven) > len(own):
        return "refused"  # what Breakpad takes
    return "scanned" if len(proven) < len(want) else "ended"


def same_frames(stored, own):
    """How many frames from the innermost on are the same, inlined ones too."""
    def key(frame):
        return frame["place"] if frame["inline"] else [v for n, v in frame["registers"] if n in PC]
    same = [key(a) == key(b) for a, b in zip(stored, own)]
    return same.index(False) if False in same else len(same)


def frame_kinds(stored, own):
    """{place: kind} of the stacks in two human outputs: of threads, and of the
    frames whose registers alone differ."""
    a, b, theirs, out = frames_of(stored), frames_of(own), dict(stored_frames(stored)), {}
    for number, frames in stored_frames(own):
        out[str(number)] = stack_kind(a.get(number, []), b.get(number, []))
        for i, frame in enumerate(frames[:same_frames(theirs.get(number, []), frames)]):
            trust = frame["trust"] or 128
            out[f"{number}.{i}"] = ("searched-registers" if trust <= 32 else
                                    "leaf-registers" if trust == 64 else "registers")
    return out


def read_reasons(path):
    out = {}
    for line in read(path) if path else []:
        if line and not line.startswith("#"):
            key, _, heading = line.partition("\t")
            out[tuple(key.split())] = heading
    return out


def rows_of(name, suffix, lines):
    """A row for each place and kind of the lines: (sign, place, kind, line)."""
    groups = {}
    for sign, place, kind_of, line in lines:
        groups.setdefault((place, kind_of), []).append(sign + line)
    for (place, kind_of), group in groups.items():
        digest = hashlib.sha256("\n".join(group).encode("utf-8", "surrogateescape")).hexdigest()[:8]
        minus = sum(line[0] == "-" for line in group)
        yield "\t".join((name, suffix, place, kind_of, f"-{minus} +{len(group) - minus}", digest))


class Check:
    def __init__(self, replay, mdwalk, corpus):
        self.replay, self.mdwalk, self.corpus = replay, mdwalk, corpus
        self.symbols = [os.path.join(corpus, s, "symbols") for s in ("breakpad", "rust-minidump")]
        self.count, self.needed, self.rows, self.bad = collections.Counter(), set(), [], 0

    def replayed(self, name, suffix, form, dump, want, frames):
        """The stored output, from its own frames."""
        have = run([self.replay, form, dump], frames)
        self.count["replayed"] += 1
        self.count["lines"] += len(want)
        for sign, _, line in differing(want, have):
            if kind(line) == "reason":
                self.needed.add((name, suffix, "reason"))
                continue
            print(f"{name} {suffix}: {sign}{line}")
            self.bad += 1

    def walked(self, name, suffix, form, dump, want, human, paths):
        """The stored output against mdwalk's own frames."""
        kinds = frame_kinds(human, run([self.mdwalk, "--no-cache", "-f", "breakpad-human", dump] + paths))
        lines = []
        for sign, place, line in differing(want, run([self.mdwalk, "--no-cache", "-f", form, dump] + paths)):
            kind_of = kind(line)
            if kind_of == "stack":
                kind_of = kinds.get(place) or kinds[place.partition(".")[0]]
            lines.append((sign, place, kind_of, line))
            self.needed.add((name, suffix, kind_of))
            self.count["own " + kind_of] += 1
        self.rows += rows_of(name, suffix, lines)

    def dump(self, dump):
        source, name = dump.split(os.sep)[-3], os.path.basename(dump)[:-4]
        at = os.path.join(self.corpus, "expected", source, name + ".")
        for form, suffix, with_symbols in OUTPUTS:
            if not os.path.exists(at + suffix):
                continue
            want = read(at + suffix)
            human = read(at + ("breakpad.txt" if with_symbols else "nosym.breakpad.txt"))
            machine = read(at + "breakpad-m.txt") if with_symbols else []
            self.replayed(name, suffix, form, dump, want, feed(human, machine, with_symbols))
            self.walked(name, suffix, form, dump, want, human, self.symbols if with_symbols else [])


def compare(what, have, want):
    """How many are in one of them alone; says which."""
    for row in sorted(have - want):
        print(f"not listed in {what}:", row)
    for row in sorted(want - have):
        print(f"listed in {what}, but not there:", row)
    return len(have ^ want)


def main():
    parser = argparse.ArgumentParser()
    for name in ("replay", "mdwalk", "corpus"):
        parser.add_argument(name)
    parser.add_argument("--reasons")
    parser.add_argument("--lines", type=pathlib.Path)
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    check = Check(args.replay, args.mdwalk, args.corpus)
    for dump in sorted(glob.glob(os.path.join(args.corpus, "*", "dumps", "*.dmp"))):
        check.dump(dump)
    if args.write:
        args.lines.write_text(HEAD + "".join(row + "\n" for row in check.rows))
    listed = {r for r in args.lines.read_text().splitlines() if not r.startswith("#")} if args.lines else set()
    reasons = read_reasons(args.reasons)
    headings = (pathlib.Path(__file__).parent.parent / "doc/differences.md").read_text().splitlines()
    wrong = check.bad + compare("reasons", {" ".join(k) for k in check.needed}, {" ".join(k) for k in reasons})
    for heading in sorted({h for h in reasons.values() if f"## {h}" not in headings}):
        print("no heading of doc/differences.md:", heading)
        wrong += 1
    wrong += compare("lines", set(check.rows), listed)
    print(", ".join(f"{v} {k}" for k, v in sorted(check.count.items())) +
          f", {len(check.rows)} rows; {check.bad} replayed lines differ")
    return bool(wrong or not check.count["replayed"])


if __name__ == "__main__":
    sys.exit(main())
