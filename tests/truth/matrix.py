#!/usr/bin/env python3
"""matrix.py [OPTION...] MDWALK - walks the stacks of crash programs of every
shape, and counts what is right, missing and invented.

Each program of tests/truth/crash.c is built for every target and option, runs
into its crash, and writes a minidump and its own record of its stacks. mdwalk
reads the dump three times: with a .sym file of each module (mksym.py), with the
ELF files, with nothing. The record says what is right and what is missing; a
frame that neither the record nor gdb's stack of the same crash has is invented.

  --only PATTERN   cases whose target-option-mode matches (fnmatch)
  --sample         what the tests run: see sample()
  --work FOLDER    programs, dumps and gdb's stacks stay here and are used again
  --expect FILE    stacks that can't be whole, and why; exits 1 at a difference
  --rebase         writes FILE again from what was found
  --markdown       prints the tables of doc/accuracy.md
  --verbose        prints each stack that is not whole, and what was invented
  --no-gdb         does without gdb's stacks"""
import argparse
import bisect
import collections
import concurrent.futures
import fnmatch
import functools
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1] / "testdata")]
import mksym  # noqa: E402
from crashes import CPP, SECONDS, SYSROOT, X86, build, cases, dump_of, missing_tools, run, sample  # noqa: E402
from minidump import Dump, Truth  # noqa: E402
from oracles import Places, called_stacks, gdb_stacks  # noqa: E402
from score import BACK, Called, Score, joined, recorded  # noqa: E402

READINGS = ("sym", "elf", "none")
# The same crash, built with tables: gdb reads the libraries' part of its stack.
TABLES = {"nouw": "O2"}
# What is below main or a thread's first function, and who called it.
BASE = ("__libc_start_call_main", "__libc_start_main*", "_start", "start_thread", "clone*",
        "__clone*", "thread_start")
# In glibc's clone of ARM a thread begins behind the last byte that its symbol
# has (sysdeps/unix/sysv/linux/arm/clone.S: label 1, after PSEUDO_END).
CLONE, BEHIND_CLONE = ("clone", "__clone"), {"arm": 16, "thumb": 16}
# gdb takes minutes for an overflow under qemu, and never comes back from a signal
# frame on AArch64.
NO_GDB = ("overflow",)
NO_GDB_AARCH64 = ("sighandler", "sigalt", "faulthandler")
LIBRARIES = re.compile(r"(libc|libm|libgcc_s|libstdc\+\+|ld-linux[^/]*)\.so[.0-9]*$")


# -- symbols --

class Library:
    """Modules' files by target, their .sym files and their functions."""

    def __init__(self, work):
        self.work, self.functions = work, {}

    def file(self, target, name):
        """A module's file; None of the vDSO."""
        root = SYSROOT[target]
        for path in (pathlib.Path(name), pathlib.Path(root + name),
                     pathlib.Path(root) / "lib" / pathlib.Path(name).name):
            if path.is_file():
                return path.resolve()
        return None

    def sym(self, path):
        digest = hashlib.sha1(path.read_bytes()).hexdigest()[:16]
        out = self.work / f"{path.name}-{digest}.sym"
        if not out.exists():
            part = out.with_suffix(f".{os.getpid()}.{id(path)}")
            mksym.main(path, part)
            part.rename(out)
        return out

    def read(self, path):
        if path not in self.functions:
            cpu, low = mksym.machine(path)[0], mksym.bias(path)
            self.functions[path] = [(a - low, a - low + (size or 64), name)
                                    for a, size, name in mksym.functions(path, cpu)]
        return self.functions[path]

    def named(self, path):
        """offset -> the function there, or ""."""
        every = self.read(path)

        def name(offset):
            i = bisect.bisect(every, (offset, 1 << 64)) - 1
            return every[i][2] if i >= 0 and offset < every[i][1] else ""
        return name

    def ranges(self, path, patterns):
        """[(start, end)] of the functions with such names."""
        wanted = re.compile("|".join(fnmatch.translate(p) for p in patterns) or "(?!)")
        return [(start, end) for start, end, name in self.read(path) if wanted.match(name)]


# -- a case --

def left_out():
    """{mode: [function]} that may be there once more than they recorded."""
    found = collections.defaultdict(list)
    for line in (HERE / "left_out.tsv").read_text().splitlines():
        if line and not line.startswith("#"):
            mode, function, _ = line.split("\t")
            found[mode].append(function)
    return found


def walk(mdwalk, dump, files):
    result = run(["timeout", str(SECONDS), mdwalk, "-f", "json", "--no-cache", "--max-frames", "8000", dump, *files])
    if result.returncode:
        raise RuntimeError(f"mdwalk {dump.name}: {result.stderr.decode(errors='replace')}")
    return {t["thread_id"]: t["frames"] for t in json.loads(result.stdout)["threads"]}


# Stacks of a crash by somebody else, and whether it is the same crash; by its
# calls, how long a call through a register is.
Seen = collections.namedtuple("Seen", "stacks same calls", defaults=([], False, 0))


class Allowed:
    """Which frames that no record has are none of the walker's inventions,
    where nobody has the whole stack."""

    def __init__(self, case, places, files, library, seen):
        back = BACK[case.target]
        self.places = places
        stacks, same = seen.stacks, seen.same
        self.names = {n: library.named(path) for n, path in files.items()}
        self.called = {self.name((m, o - 1)) for _, stack in stacks for m, o in stack if LIBRARIES.match(m or "")}
        self.gdb = {(m, o - n) for _, stack in stacks for m, o in stack for n in (0, *back)
                    if same or LIBRARIES.match(m or "")}
        self.base, self.declared = (
            {(n, o) for n, path in files.items() for start, end in library.ranges(path, names)
             for o in range(start, end)} for names in (BASE, case.left_out))
        self.base |= {(n, end + o) for n, path in files.items() for _, end in library.ranges(path, CLONE)
                      for o in range(BEHIND_CLONE.get(case.target, 0))}

    def name(self, at):
        """The function at a (module, offset), or ""."""
        return self.names.get(at[0], lambda _: "")(at[1]) if at else ""

    def is_base(self, place, inner, rest, below):
        """An emulated thread need not begin where another one does."""
        return below and self.places.of(place) in self.base | self.gdb

    def __call__(self, place, inner, rest, below):
        at, above = self.places.of(place), self.places.of(inner)
        if at in self.gdb or (below and at in self.base):
            return True
        if at in self.declared:
            return "once"
        if not at:
            return False
        # Of a crash that gdb can't read: the functions of the libraries that it
        # has in another one, and who called into a library or to nowhere, for
        # neither records what it returns to.
        name = self.name(at)
        if LIBRARIES.match(at[0]):
            return bool(name) and name in self.called
        return bool(rest and (above is None or LIBRARIES.match(above[0]))
                    and re.search(rf"\b{re.escape(rest[0].function)}\b", name))


def best_of(thread, stacks, places):
    """A recorded stack by that one of `stacks` that has most of it, and what is
    called there. Of several the one that stopped nearest, by its pc or else by
    its sp: both move from one run to the next, but not far."""
    wanted = recorded(thread)
    found = []
    for sp, stack in stacks:
        pcs = [places.address(m, o) for m, o in stack]
        found.append((Score().stack(wanted, [(pc, "", "") for pc in pcs], (0,), lambda *_: True), pcs, sp))
    nothing = Score().stack(wanted, [], (0,), None), [0], 0

    def near(f):
        return f[0].right, -abs(f[1][0] - thread["pc"]) // 64, -abs(f[2] - thread["sp"])
    return max(found, key=near, default=nothing)[:2]


def settled(truth, stacks, places, files):
    """Whether each thread has in `stacks` what it recorded and, of several,
    stopped where it did; a loop is no longer than 64 bytes."""
    for thread in truth.threads.values():
        score, pcs = best_of(thread, stacks, places)
        at = places.of(thread["pc"])
        moved = len(truth.threads) > 1 and at and at[0] in files and abs(pcs[0] - thread["pc"]) > 64
        if moved or any(not w.exact for w in score.missing):
            return False
    return True


class Case:
    def __init__(self, key, work, mdwalk, library, left, gdb):
        self.target, self.option, self.mode = key
        self.name = "-".join(key)
        self.left_out = left[self.mode]
        self.scores, self.gdb = {}, Score()
        program = build(work, self.target, self.option, self.mode in CPP)
        read = Dump(dump_of(work, program, self.target, self.mode))
        truth, places = Truth(read.comment()), Places(read)
        files = {pathlib.Path(n).name: f for _, _, n, _ in read.modules() if (f := library.file(self.target, n))}
        seen = self.debugged(work, truth, places) if gdb else Seen()
        allowed = Allowed(self, places, files, library, seen)
        if self.called(seen):
            seen = Seen(called_stacks(work, program, self.target, self.mode, files,
                                      lambda stacks: settled(truth, stacks, places, files)), True,
                        {"arm": 4, "thumb": 2, "aarch64": 4}.get(self.target, 0))
        whole = {tid: self.whole(thread, seen, places) for tid, thread in truth.threads.items()}
        given = {"none": [], "elf": list(files.values()), "sym": [library.sym(f) for f in files.values()]}
        for reading in READINGS:
            walked = walk(mdwalk, work / f"{program.name}-{self.mode}.dmp", given[reading])
            self.read(reading, walked, truth, allowed, whole)

    @staticmethod
    def whole(thread, seen, places):
        """The whole stack of a thread; None if nobody has all that it recorded."""
        called = best_of(thread, seen.stacks, places)[1]
        if seen.calls and not places.of(thread["pc"]):
            # Where it called to nothing is executed that would show a call.
            called.insert(1, called[0] + seen.calls)
        return joined(recorded(thread), [Called(a) for a in called[1:]]) if seen.same else None

    def called(self, seen):
        """Whether qemu is asked for the calls: where it has run the crash, and
        where gdb can't read it. qemu-i386 has no threads, and a stack that is
        not as long overflows after another number of calls."""
        if self.target not in X86:
            return True
        read = seen.same and self.gdb.right == self.gdb.wanted
        return not read and self.mode != "overflow" and (self.target, self.mode) != ("i386", "threads")

    def debugged(self, work, truth, places):
        """gdb's stacks of the same crash, scored like mdwalk's; of a build
        without tables those of the one with."""
        option = TABLES.get(self.option, self.option)
        same = option == self.option
        if self.mode in NO_GDB or (self.target == "aarch64" and self.mode in NO_GDB_AARCH64):
            return Seen()
        if not same and self.target not in X86:
            return Seen()  # which nobody would ask for anything
        program = build(work, self.target, option, self.mode in CPP)
        stacks = gdb_stacks(work, program, self.target, self.mode)
        for thread in truth.threads.values() if same else ():
            self.gdb.add(best_of(thread, stacks, places)[0])
        return Seen(stacks, same)

    def read(self, reading, stacks, truth, allowed, whole):
        for tid, thread in truth.threads.items():
            frames = [(int(f["offset"], 16), f["trust"], f"{f['module']}+{f['module_offset']} {f['function']}")
                      for f in stacks.get(tid, [])]
            may_be = allowed if whole[tid] is None else allowed.is_base
            self.scores[reading, thread["name"] or ""] = Score().stack(
                recorded(thread), frames, BACK[self.target], may_be, whole[tid])


@functools.cache
def library_of(work):
    """One for each process: it reads a module's functions once."""
    return Library(work)


def one(arguments):
    key, work, mdwalk, left, gdb = arguments
    try:
        return Case(key, work, mdwalk, library_of(work), left, gdb)
    except (RuntimeError, ValueError, OSError, subprocess.SubprocessError) as e:
        return f"{'-'.join(key)}: {e}"


# -- what is said --

# Where frames are chained by their frame pointers, compiler's own way.
CHAINED = ("O0", "fp", "clangO0", "clangfp")


def chained(case):
    return case.option in CHAINED and (case.target != "thumb" or case.option.startswith("clang"))


def total(done, reading):
    """The stacks of some cases, read one way."""
    sum_of = Score()
    for case in done:
        for (how, _), s in case.scores.items():
            if how == reading:
                sum_of.add(s)
    return sum_of


def trusted(score):
    """Inventions that don't say they are guesses."""
    return len(score.invented) - score.guesses


def show(case):
    for (reading, name), s in case.scores.items():
        if s.whole < s.stacks or s.invented or s.found < s.every:
            lost = ", ".join(w.function for w in s.missing[:6]) + (" ..." if len(s.missing) > 6 else "")
            every = f" of all {s.found}/{s.every}" if s.every else ""
            if s.lost:
                every += f" not {' '.join(f'{c.address:x}' for c in s.lost[:6])}"
            thread = f" [{name}]" if name else ""
            print(f"{case.name}{thread} {reading}: {s.right}/{s.wanted}{every} invented {len(s.invented)}"
                  + (f"; missing {lost}" if lost else "")
                  + "".join(f"; {i}" for i in s.invented[:4]))


def grouped(done):
    groups = {}
    for case in done:
        groups.setdefault((case.target, case.option), []).append(case)
    return groups


def summary(done):
    for (target, option), group in grouped(done).items():
        for reading in READINGS:
            s = total(group, reading)
            print(f"{target:8} {option:8} {reading:5} right {s.right:6}/{s.wanted:<6} whole {s.whole:3}/{s.stacks:<3} "
                  f"invented {len(s.invented):4} of them guesses {s.guesses}, of all {s.found}/{s.every}")
    gdb = Score()
    for case in done:
        gdb.add(case.gdb)
    print(f"gdb right {gdb.right}/{gdb.wanted}: "
          + " ".join(f"{c.name}:{c.gdb.right}/{c.gdb.wanted}" for c in done if c.gdb.right != c.gdb.wanted))


def cell(done, reading):
    s = total(done, reading)
    if not s.stacks:
        return ""
    invented = f"{trusted(s)} + {s.guesses}" if reading == "none" else str(len(s.invented))
    return f"{s.right} of {s.wanted}, {s.whole} of {s.stacks}, {invented}"


def table(done):
    print("| target | option | .sym | ELF | nothing | gdb |")
    print("|---|---|---|---|---|---|")
    for (target, option), group in grouped(done).items():
        gdb = Score()
        for c in group:
            gdb.add(c.gdb)
        print(f"| {target} | {option} | {cell(group, 'sym')} | {cell(group, 'elf')} | {cell(group, 'none')} | "
              f"{f'{gdb.right} of {gdb.wanted}' if gdb.wanted else '-'} |")
    print()
    print("| frames by a frame-pointer chain, nothing but the dump | right | without the overflows |")
    print("|---|---|---|")
    for target in SYSROOT:
        both = []
        for skip in ("", "overflow"):
            s = total([c for c in done if c.target == target and chained(c) and c.mode != skip], "none")
            both.append(f"{100 * s.right / s.wanted:.1f} % of {s.wanted}" if s.wanted else "-")
        print(f"| {target}{' (clang)' if target == 'thumb' else ''} | {both[0]} | {both[1]} |")


# -- expectations --

def faults(case, reading):
    """(missing, invented); with nothing to go by, a guess that says that it is
    one is no fault."""
    s = total([case], reading)
    return len(s.missing), trusted(s) if reading == "none" else len(s.invented)


def read_expected(path):
    """{(case, reading): ((missing, invented), why)}"""
    found = {}
    for line in path.read_text().splitlines() if path.exists() else []:
        if line and not line.startswith("#"):
            name, reading, missing, invented, why = line.split("\t")
            found[name, reading] = ((int(missing), int(invented)), why)
    return found


def compare(done, expected):
    """How many stacks are worse than they were said to be."""
    worse = 0
    for case in done:
        for reading in READINGS:
            have, want = faults(case, reading), expected.get((case.name, reading), ((0, 0), ""))[0]
            if have[0] > want[0] or have[1] > want[1]:
                worse += 1
                print(f"WORSE {case.name} {reading}: {have[0]} missing and {have[1]} invented, "
                      f"expected {want[0]} and {want[1]}")
            elif have != want:
                print(f"better {case.name} {reading}: {have[0]} missing and {have[1]} invented, "
                      f"expected {want[0]} and {want[1]}: --rebase")
    return worse


HEAD = """# Stacks of tests/truth/matrix.py that aren't whole or have invented frames: case,
# reading, recorded frames that are missing, invented ones (with nothing to go
# by: of a trust above scan), why. Any other stack is whole and has none.
"""


def rebase(done, expected, path):
    """Lines of other cases and known reasons stay; what is new has to be given
    a reason by hand."""
    for case in done:
        for reading in READINGS:
            why = expected.pop((case.name, reading), (None, "?"))[1]
            if faults(case, reading) != (0, 0):
                expected[case.name, reading] = (faults(case, reading), why)
    path.write_text(HEAD + "".join(f"{name}\t{reading}\t{m}\t{i}\t{why}\n"
                                   for (name, reading), ((m, i), why) in sorted(expected.items())))


def arguments():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--only", default="*")
    parser.add_argument("--sample", action="store_true")
    parser.add_argument("--work", type=pathlib.Path)
    parser.add_argument("--expect", type=pathlib.Path)
    parser.add_argument("--rebase", action="store_true")
    parser.add_argument("--markdown", action="store_true")
    parser.add_argument("--verbose", action="store_true")
    parser.add_argument("--no-gdb", action="store_true")
    parser.add_argument("mdwalk", type=pathlib.Path)
    return parser.parse_args()


def run_all(args, work):
    keys = [k for k in cases() if fnmatch.fnmatch("-".join(k), args.only) and (not args.sample or sample(k))]
    lacking = {t for k in keys for t in missing_tools(*k)}
    keys = [k for k in keys if not missing_tools(*k)]
    if lacking:
        print(f"matrix.py: no {', '.join(sorted(lacking))} here: fewer cases", file=sys.stderr)
    # One after the other, so that no two build the same file.
    for target, option, mode in keys:
        build(work, target, option, mode in CPP)
        build(work, target, TABLES.get(option, option), mode in CPP)
    jobs = [(k, work, args.mdwalk.resolve(), left_out(), not args.no_gdb) for k in keys]
    with concurrent.futures.ProcessPoolExecutor(2) as pool:
        done = list(pool.map(one, jobs))
    return done, lacking


def main():
    args = arguments()
    with tempfile.TemporaryDirectory(prefix="mdwalk-truth-") as temporary:
        work = (args.work or pathlib.Path(temporary)).resolve()
        work.mkdir(parents=True, exist_ok=True)
        found, lacking = run_all(args, work)
    bad = [d for d in found if isinstance(d, str)]
    done = [d for d in found if not isinstance(d, str)]
    print("".join(f"{line}\n" for line in bad), end="")
    for case in done if args.verbose else []:
        show(case)
    (table if args.markdown else summary)(done)
    expected = read_expected(args.expect) if args.expect else {}
    if args.rebase:
        rebase(done, expected, args.expect)
    worse = compare(done, expected) if args.expect and not args.rebase else 0
    if args.expect:
        print(f"{3 * len(done) - worse} readings as expected, {worse} worse, {len(bad)} that failed")
    if bad or worse:
        return 1
    return 77 if lacking and args.expect and not args.rebase else 0


if __name__ == "__main__":
    sys.exit(main())
