#!/usr/bin/env python3
"""mutate.py [--batch] [--jobs N] PROGRAM FOLDER: what becomes of damaged dumps.

Of every *.dmp under FOLDER, 50 evenly spread truncations and 200 mutants of one
to eight flipped bytes, the same in every run: half of the mutants are damaged
anywhere, half in what the directory points to and memory is not. Each must give
a report (exit 0, valid JSON) or a clear error (exit 2, one sentence on standard
error) within a second of processor time and without a finding of a sanitizer,
to which an allocation of more than 8 MiB is one.
Where no damaged byte belongs to the header, the directory, the thread list, the
module list, or to a record, name or context that these point to, every thread
and every module must still be there.

PROGRAM is the command mdwalk; with --batch it is tests/mutate_batch, which does
the same in one process for each dump and also reads every record of every
stream. Both should be built with -fsanitize=address,undefined. The reader in this file is only for finding which
bytes matter; it shares nothing with the library."""
import argparse
import bisect
import concurrent.futures
import json
import os
import pathlib
import random
import resource
import struct
import subprocess
import sys
import tempfile
import time

CUTS, FLIPS, SEED = 50, 200, 20240229
LIMIT = 1.0  # seconds
THREAD_LIST, MODULE_LIST, THREAD_EX_LIST = 3, 4, 8
SANITIZERS = {
    "ASAN_OPTIONS": "exitcode=99:quarantine_size_mb=16:max_allocation_size_mb=8",
    "UBSAN_OPTIONS": "exitcode=99:halt_on_error=1:print_stacktrace=1"}


class Map:
    """Which bytes of a whole dump lead to its threads and modules."""

    def __init__(self, data):
        self.data, self.spans, self.structure = data, [], []
        self.ids = {THREAD_LIST: [], THREAD_EX_LIST: [], MODULE_LIST: []}
        self.order = ">" if data[:4] == b"PMDM" else "<"
        try:
            self.read()
            self.whole = data[:4] in (b"MDMP", b"PMDM")
        except struct.error:
            self.whole = False  # nothing is promised of it
        self.spans = merged(self.spans, len(data))
        self.starts = [s for s, _ in self.spans]
        self.structure = merged(self.structure, len(data)) or [(0, len(data))]

    def unpack(self, form, at):
        return struct.unpack_from(self.order + form, self.data, at)

    def read(self):
        _, _, count, directory = self.unpack("4I", 0)
        self.spans += [(0, 32), (directory, 12 * count)]
        for i in range(min(count, len(self.data) // 12)):
            kind, size, at = self.unpack("3I", directory + 12 * i)
            self.structure.append((at, size))
            if kind in (THREAD_LIST, THREAD_EX_LIST, MODULE_LIST):
                self.spans.append((at, size))
                self.read_list(kind, at, size)
        self.structure += self.spans

    def read_list(self, kind, at, size):
        stride = {THREAD_LIST: 48, THREAD_EX_LIST: 64, MODULE_LIST: 108}[kind]
        count, = self.unpack("I", at)
        first = at + 4 + (4 if size == 8 + count * stride else 0)
        for record in range(first, min(first + count * stride, len(self.data)), stride):
            self.spans.append((record, stride))
            self.ids[kind] += self.unpack("Q" if kind == MODULE_LIST else "I", record)
            if kind == MODULE_LIST:
                name, = self.unpack("I", record + 20)
                length, = self.unpack("I", name)
                self.spans.append((name, 4 + length))
                self.locations(record, 76, 84)
            else:
                self.locations(record, 40)

    def locations(self, record, *places):
        for place in places:
            size, at = self.unpack("2I", record + place)
            self.spans.append((at, size))

    def holds(self, offset):
        i = bisect.bisect_right(self.starts, offset) - 1
        return i >= 0 and offset < self.spans[i][0] + self.spans[i][1]

    def spares(self, job):
        """Whether a job leaves every byte that matters as it was."""
        if not self.whole:
            return False
        if job[0] == "cut":
            return not self.spans or sum(self.spans[-1]) <= job[1]
        return not any(self.holds(offset) for offset, _ in job[1])


def merged(spans, size):
    found = []
    for start, length in sorted(spans):
        end = min(start + length, size)
        if found and start <= found[-1][1]:
            found[-1][1] = max(found[-1][1], end)
        elif start < end:
            found.append([start, end])
    return [(start, end - start) for start, end in found]


def jobs_of(data, where, seed):
    """[("cut", length) or ("flip", [(offset, value)])]"""
    rng = random.Random(seed)
    found = [("cut", len(data) * i // CUTS) for i in range(CUTS)]
    for i in range(FLIPS):
        flips = {}
        for _ in range(rng.randint(1, 8)):
            offset = rng.randrange(len(data))
            if i % 2:
                start, length = rng.choice(where.structure)
                offset = start + rng.randrange(length)
            flips[offset] = rng.randint(1, 255)
        found.append(("flip", sorted(flips.items())))
    return found


def mutant(data, job):
    if job[0] == "cut":
        return data[:job[1]]
    copy = bytearray(data)
    for offset, value in job[1]:
        copy[offset] ^= value
    return bytes(copy)


def line_of(job):
    if job[0] == "cut":
        return f"cut {job[1]}\n"
    return "flip " + " ".join(f"{o} {v}" for o, v in job[1]) + "\n"


class Result:
    def __init__(self, seconds, report=None, error=None, bad=None):
        self.seconds, self.report, self.error, self.bad = seconds, report, error, bad


def tail(file):
    file.seek(0)
    lines = file.read().decode(errors="replace").splitlines()
    telling = [l for l in lines if "ERROR" in l or "runtime error" in l]
    frames = [l.strip() for l in lines if l.strip().startswith("#")][:6]
    return " | ".join((telling[:2] or lines[-3:]) + frames) or "said nothing"


def run_batch(program, path, jobs):
    """One process, until it dies: then another for what is left."""
    results = []
    with tempfile.TemporaryFile() as todo:
        todo.write("".join(map(line_of, jobs)).encode())
        while len(results) < len(jobs):
            todo.seek(0)
            with tempfile.TemporaryFile() as said:
                child = subprocess.Popen([program, path, str(len(results))],
                                         stdin=todo, stdout=subprocess.PIPE,
                                         stderr=said, env={**os.environ, **SANITIZERS})
                read_results(child.stdout, results)
                child.stdout.close()
                if child.wait() == 0 and len(results) == len(jobs):
                    continue
                bad = f"exit {child.returncode}: {tail(said)}"
                if len(results) < len(jobs):
                    results.append(Result(0, bad=bad))
                else:  # a leak is found when all is done
                    results[-1].bad = bad
    return results


def read_results(stream, results):
    while True:
        words = stream.readline().decode().rstrip("\n").split(" ", 3)
        if len(words) < 4 or int(words[0]) != len(results):
            return
        seconds = int(words[1]) / 1e6
        if words[2] == "report":
            text = stream.read(int(words[3]))
            results.append(Result(seconds, report=text))
        else:
            results.append(Result(seconds, error=words[3]))


def run_command(program, path, jobs):
    data = pathlib.Path(path).read_bytes()
    with tempfile.TemporaryDirectory() as folder:
        file = os.path.join(folder, "mutant.dmp")
        return [run_once(program, file, mutant(data, job)) for job in jobs]


def run_once(program, file, data):
    with open(file, "wb") as f:
        f.write(data)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    try:
        done = subprocess.run([program, "--format", "json", file], capture_output=True,
                              timeout=20, env={**os.environ, **SANITIZERS})
    except subprocess.TimeoutExpired:
        return Result(20, bad="20 seconds and not done")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    said = done.stderr.decode(errors="replace")
    if done.returncode == 0 and not said:
        return Result(seconds, report=done.stdout)
    if done.returncode == 2 and said.count("\n") == 1 and said.endswith("\n"):
        return Result(seconds, error=said.strip())
    return Result(seconds, bad=f"exit {done.returncode}: {said[:400]!r}")


def contents(text):
    """Thread ids and module bases of a report."""
    found = json.loads(text)
    return ([t["thread_id"] for t in found["threads"]],
            [int(m["base_addr"], 16) for m in found["modules"]])


def judge(result, job, where):
    """Why a result is wrong, or None; and whether the lists were compared."""
    if result.bad:
        return result.bad, False
    if result.seconds > LIMIT:
        return f"{result.seconds:.2f} s", False
    spared = where.spares(job)
    if result.report is None:
        if not result.error:
            return "an error that says nothing", False
        return (f"refused: {result.error}" if spared else None), spared
    try:
        lists = contents(result.report)
    except (ValueError, KeyError, TypeError) as e:
        return f"not the JSON of a report: {e!r}", False
    if spared:
        threads = where.ids[THREAD_LIST] or where.ids[THREAD_EX_LIST]
        whole = threads, where.ids[MODULE_LIST]
        for name, now, then in zip(("thread", "module"), lists, whole):
            if now != then:
                lost = [f"{x:#x}" for x in then if x not in now]
                return f"{name}s {len(now)} of {len(then)}, lost {lost[:5]}", True
    return None, spared


def run_dump(task):
    program, batch, path, name = task
    data = pathlib.Path(path).read_bytes()
    where = Map(data)
    jobs = [("flip", [])] + jobs_of(data, where, f"{SEED} {name}")
    results = (run_batch if batch else run_command)(program, path, jobs)
    bad, compared = [], 0
    for job, result in zip(jobs, results):
        why, spared = judge(result, job, where)
        compared += spared
        if why:
            bad.append(f"{name}: {line_of(job).strip()[:90]}: {why}")
    return (len(jobs), sum(r.report is not None for r in results),
            sum(r.error is not None for r in results), compared,
            max((r.seconds, name) for r in results), bad)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--batch", action="store_true")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("program")
    parser.add_argument("folder")
    args = parser.parse_args()
    folder = pathlib.Path(args.folder)
    dumps = sorted(p for p in folder.rglob("*.dmp") if p.stat().st_size)
    if not dumps:
        sys.exit(f"{folder}: no dumps")
    sanitized = b"__asan_init" in pathlib.Path(args.program).read_bytes()
    tasks = [(os.path.abspath(args.program), args.batch, str(p),
              str(p.relative_to(folder))) for p in dumps]
    start = time.monotonic()
    with concurrent.futures.ProcessPoolExecutor(args.jobs) as pool:
        done = list(pool.map(run_dump, tasks))
    runs, reports, errors, compared = (sum(d[i] for d in done) for i in range(4))
    seconds, slowest = max(d[4] for d in done)
    bad = [line for d in done for line in d[5]]
    for line in bad[:60]:
        print(line)
    if len(bad) > 60:
        print(f"... and {len(bad) - 60} more")
    print(f"{len(dumps)} dumps, {runs} runs in {time.monotonic() - start:.0f} s, "
          f"sanitizers: {'yes' if sanitized else 'no'}")
    print(f"{reports} reports, {errors} clear errors, slowest {seconds * 1000:.0f} ms "
          f"({slowest})")
    print(f"{compared} mutants with threads and modules compared")
    print(f"{runs - len(bad)} passed, {len(bad)} failed")
    return bool(bad)


if __name__ == "__main__":
    sys.exit(main())
