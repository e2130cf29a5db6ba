"""tests/truth/oracles.py - the stacks of a crash as others see them, each as (sp,
[(module, offset)]) innermost first, a module of None being no file: gdb's, and by
the calls that qemu has seen (calls.py)."""
import bisect
import functools
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import time

import calls
import make
import mksym
from crashes import HERE, LIMITS, SAME_ADDRESSES, SECONDS, SYSROOT, X86, command, dump_of, emulator, run, runner
from minidump import Dump



class Places:
    """Addresses as (module, offset)."""

    def __init__(self, dump):
        self.modules = sorted((base, size, pathlib.Path(name).name) for base, size, name, _ in dump.modules())

    def address(self, module, offset):
        base = next((b for b, _, name in self.modules if name == module), 0)
        return base + offset

    def of(self, address):
        i = bisect.bisect(self.modules, (address, 1 << 64, "")) - 1
        if i < 0 or address - self.modules[i][0] >= self.modules[i][1]:
            return None
        return self.modules[i][2], address - self.modules[i][0]


def gdb_words(program, target, mode, folder):
    """How gdb starts a program and how it is started under qemu."""
    gdb = [*LIMITS, "timeout", "-s", "KILL", SECONDS, "gdb-multiarch", "-nx", "-q", "-batch",
           "-iex", "set debuginfod enabled off", "-ex", f"file {program}"]
    script = ["-x", HERE / "gdb_stack.py"]
    dump = folder / "unused.dmp"
    if not make.TARGETS[target][1]:
        return [*gdb, "-ex", f"set args {mode} {dump}", *script], None
    qemu = runner(target)
    socket = folder / "gdb"
    return ([*gdb, "-ex", f"set sysroot {SYSROOT[target]}", "-ex", f"target remote {socket}", *script],
            [*LIMITS, "timeout", "-s", "KILL", SECONDS + 5, qemu[0], "-g", socket, *qemu[1:], program, mode, dump])


def gdb_run(program, target, mode):
    folder = pathlib.Path(tempfile.mkdtemp(prefix="gdb-", dir="/tmp"))
    gdb, qemu = gdb_words(program, target, mode, folder)
    env = {"PATH": "/usr/bin:/bin", "MDWALK_STOPS": "2" if mode == "faulthandler" else "1",
           "MDWALK_START": "continue" if qemu else "run"}
    stub = None
    try:
        if qemu:
            stub = subprocess.Popen([str(w) for w in qemu], env={}, stdin=subprocess.DEVNULL,
                                    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            while not (folder / "gdb").exists() and stub.poll() is None:
                time.sleep(0.02)
        said = run(gdb, env=env, stdin=subprocess.DEVNULL).stdout
    finally:
        if stub:
            stub.terminate()  # timeout hands it on to qemu
            stub.wait()
        shutil.rmtree(folder, ignore_errors=True)
    return said.decode(errors="replace")


# -- the calls --

# selfdump.c: where threads stop, and what the crashed one calls once all have.
STOPS, STOPPED = ("on_crash", "on_stop"), "memory_read_maps"


def emulated(work, program, target, mode):
    """A dump of the crash under qemu: where modules are."""
    if target not in X86:
        return dump_of(work, program, target, mode)
    dump = work / f"{program.name}-{mode}.qemu"
    if not dump.exists():
        run([*LIMITS, *SAME_ADDRESSES, *emulator(target), f"./{program.name}", mode, dump.name], env={}, cwd=work,
            stdin=subprocess.DEVNULL)
    return dump


LONGEST = 15  # bytes of an x86 instruction


@functools.cache
def behind(path, offset):
    """Where an x86 instruction of a file ends, as objdump says, if it calls."""
    at = offset + mksym.bias(path)
    said = mksym.tool("objdump", "-d", f"--start-address={at}", f"--stop-address={at + 2 * LONGEST}", path)
    found = re.findall(r"^ +([0-9a-f]+):\t[^\n\t]*\t(\w*)", said, re.MULTILINE)
    return int(found[1][0], 16) - mksym.bias(path) if found[0][1] == "call" else None


def return_addresses(stack, files):
    """Of a stack of x86 calls, and of the call that it stopped in."""
    sp, pcs = stack
    found = [(m, behind(files[m], o)) for m, o in pcs if m in files]
    return sp, [pcs[0], *((m, o) for m, o in found if o)]


TRIES = 4


def calls_of(work, program, target, mode, files):
    dump = Dump(emulated(work, program, target, mode))
    places = Places(dump)
    base = places.address(program.name, 0)
    words = command(program, mode) if target not in X86 else [f"./{program.name}", mode, f"{program.name}-{mode}.qemu"]
    stacks = calls.run(
        [*LIMITS, *SAME_ADDRESSES, *emulator(target), *words], "arm" if target == "thumb" else target,
        [(b, b + size) for b, size, name, _ in dump.modules() if "/ld-linux" not in name],
        [base + start_of(program, s) for s in STOPS], base + start_of(program, STOPPED), env={}, cwd=work)
    stacks = [(sp, [places.of(a) or (None, a) for a in pcs]) for sp, pcs in stacks]
    return [return_addresses(s, files) for s in stacks] if target in X86 else stacks


def called_stacks(work, program, target, mode, files, settled):
    """The stacks of a crash by the calls that qemu saw, like gdb's. Kept beside
    the programs. settled(stacks): whether each thread was where it is in the
    dump; a slow one may not have come there, and is run again."""
    kept = work / f"{program.name}-{mode}.calls"
    if kept.exists():
        return json.loads(kept.read_text())
    for _ in range(TRIES):
        stacks = calls_of(work, program, target, mode, files)
        if stacks and settled(stacks):
            kept.write_text(json.dumps(stacks))
            return stacks
    raise RuntimeError(f"{program.name} {mode}: qemu saw other stacks")


def text_start(path):
    return int(re.search(r" \.text +\S+ +([0-9a-f]+)", mksym.tool("readelf", "-SW", path))[1], 16)


def start_of(path, function):
    return next(int(line.split()[0], 16) & ~1 for line in mksym.tool("nm", path).splitlines()
                if line.split()[1:] in (["T", function], ["t", function]))


def gdb_stacks(work, program, target, mode):
    """gdb's stacks of a crash, [(sp, [(module, offset)])] innermost first; a
    module of None has no file. Kept beside the programs."""
    kept = work / f"{program.name}-{mode}.gdb"
    if kept.exists():
        return json.loads(kept.read_text())
    bases, stacks = [], []
    for word, *rest in (line.split() for line in gdb_run(program, target, mode).splitlines() if line.strip()):
        if word == "PROGRAM":
            bases.append(((int(rest[0], 16) & ~1) - start_of(program, "main"), program.name))
        elif word == "LIBRARY":
            bases.append((int(rest[0], 16) - text_start(rest[1]), pathlib.Path(rest[1]).name))
        elif word == "STACK":
            sp, *pcs = (int(w, 16) for w in rest)
            stacks.append((sp, [place_in(sorted(bases), pc) for pc in pcs]))
    if stacks:
        part = kept.with_suffix(f".{os.getpid()}")
        part.write_text(json.dumps(stacks))
        part.rename(kept)
    return stacks


def place_in(bases, address):
    """The module that begins last before an address; nothing lies 64 MiB into one."""
    i = bisect.bisect(bases, (address, "~")) - 1
    if i < 0 or address - bases[i][0] > 64 << 20:
        return None, address
    return bases[i][1], address - bases[i][0]
