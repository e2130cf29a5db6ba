#!/usr/bin/env python3
"""Makes testdata/dumps: builds tests/truth/crash.c for every target and lets
each program write its own minidump and its own truth.

  make.py              makes every dump of the selection again
  make.py --check      makes them in a temporary folder, compares their structure
                       with the committed ones and exits 0 or 1
  make.py --list       prints the selection
  make.py --all FOLDER makes every target, option and mode in FOLDER
  make.py --lldb       makes only the one that lldb-19 writes
  --only TEXT          (with each) only dumps whose name contains TEXT"""
import argparse
import fcntl
import os
import pathlib
import resource
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
TRUTH = HERE.parent / "tests/truth"
sys.path.insert(0, str(TRUTH))
sys.dont_write_bytecode = True
from minidump import Dump, Truth, verify  # noqa: E402

# Programs are built and run here: the paths get into the dumps.
PLACE = pathlib.Path("/tmp/mdwalk-truth")
STACK_LIMIT = 1 << 20
SECONDS = 20

TARGETS = {
    "x86_64": (["gcc"], []),
    "i386": (["i686-linux-gnu-gcc"], []),
    "arm": (["arm-linux-gnueabihf-gcc", "-marm"],
            ["qemu-arm", "-L", "/usr/arm-linux-gnueabihf"]),
    "thumb": (["arm-linux-gnueabihf-gcc", "-mthumb"],
              ["qemu-arm", "-L", "/usr/arm-linux-gnueabihf"]),
    "aarch64": (["aarch64-linux-gnu-gcc"],
                ["qemu-aarch64", "-L", "/usr/aarch64-linux-gnu"]),
}
CLANG = {
    "x86_64": ["clang"],
    "arm": ["clang", "--target=arm-linux-gnueabihf", "-march=armv7-a", "-marm"],
    "thumb": ["clang", "--target=arm-linux-gnueabihf", "-march=armv7-a", "-mthumb"],
    "aarch64": ["clang", "--target=aarch64-linux-gnu"],
}
NO_TABLES = ["-fno-asynchronous-unwind-tables", "-fno-unwind-tables"]
FRAME_POINTER = ["-O2", "-fno-omit-frame-pointer"]
OPTIONS = {
    "O0": ["-O0"],
    "O2": ["-O2"],
    "fp": FRAME_POINTER,
    "nouw": ["-O2", "-fomit-frame-pointer", *NO_TABLES],
    "fpnouw": [*FRAME_POINTER, *NO_TABLES],
}
MODES = ("null leaf jump0 trap abort noret alloca vla bigframe overflow deep inline "
         "sighandler sigalt faulthandler qsort threads").split()
# target-option-mode[-variant]; an option that starts with "clang" is clang's.
SELECTION = """
x86_64-O0-null x86_64-O0-null-full x86_64-O2-leaf x86_64-O2-threads x86_64-O2-overflow
x86_64-O2-sighandler x86_64-O2-jump0 x86_64-fp-deep x86_64-fp-faulthandler
x86_64-nouw-qsort x86_64-nouw-alloca x86_64-fpnouw-threads
i386-O0-vla i386-O2-bigframe i386-O2-sigalt i386-O2-faulthandler i386-fp-threads
i386-nouw-noret i386-nouw-trap i386-fpnouw-deep
arm-O0-null arm-O2-sighandler arm-fp-qsort arm-nouw-leaf arm-fpnouw-threads
arm-clangfp-deep
thumb-O0-sigalt thumb-O2-null thumb-O2-overflow thumb-nouw-noret thumb-fp-threads
thumb-clangfp-alloca
aarch64-O0-inline aarch64-O2-leaf aarch64-O2-threads aarch64-O2-faulthandler
aarch64-O2-null-full aarch64-fp-deep-old aarch64-fpnouw-abort-old
x86_64-O2-vla-lldb
""".split()


def compiler(target, option):
    if option.startswith("clang"):
        return CLANG[target], OPTIONS[option.removeprefix("clang")]
    return TARGETS[target][0], OPTIONS[option]


def missing(target, option, variant):
    tools = [compiler(target, option)[0][0], *TARGETS[target][1][:1]]
    tools += ["lldb-19"] if "lldb" in variant else []
    return [t for t in tools if shutil.which(t) is None]


def say(text):
    print(f"make.py: {text}", file=sys.stderr)


def limits():
    resource.setrlimit(resource.RLIMIT_STACK, (STACK_LIMIT, STACK_LIMIT))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def same_addresses():
    """Without address randomisation, where the machine allows that."""
    setarch = ["setarch", "-R"]
    allowed = subprocess.run([*setarch, "true"], capture_output=True).returncode == 0
    return setarch if allowed else []


def build(target, option):
    program = PLACE / f"crash-{target}-{option}"
    if not program.exists():
        command, flags = compiler(target, option)
        sources = sorted(TRUTH.glob("*.c"))
        subprocess.run([*command, "-std=gnu11", *flags, f"-ffile-prefix-map={TRUTH}=.",
                        "-Wl,--build-id=sha1", "-pthread", "-o", program, *sources],
                       check=True, timeout=120, cwd=PLACE)
    return program


def run(command):
    """The program ends with 0 after it wrote crash.dmp."""
    result = subprocess.run([*same_addresses(), *command], cwd=PLACE, env={}, timeout=SECONDS,
                            preexec_fn=limits, stdin=subprocess.DEVNULL, capture_output=True)
    if result.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, command))} ended with {result.returncode}: "
                           f"{result.stderr.decode(errors='replace')}")


def keep(name, dump, truth, folder):
    dump.chmod(0o644)
    shutil.move(dump, folder / f"{name}.dmp")
    (folder / f"{name}.truth").write_text(truth)


def dump_self(program, target, mode, variant):
    runner = TARGETS[target][1]
    if runner and "full" in variant:
        runner = [*runner, "-s", "65536"]  # qemu maps the whole stack
    run([*runner, program, mode, "crash.dmp", *variant])


def dump_with_lldb(program, mode):
    """lldb stops at the fault and saves; the program then goes on into its own
    handler, whose dump holds the truth about the same moment."""
    before = ["settings set target.inherit-env false", "settings set target.disable-aslr true",
              f"process launch -w {PLACE} -- {mode} crash.dmp"]
    after = ["process save-core --plugin-name=minidump --style=stack lldb.dmp",
             "process continue"]
    arguments = [x for c in before for x in ("-o", c)] + [x for c in after for x in ("-k", c)]
    subprocess.run(["lldb-19", "-x", "-b", *arguments, program], cwd=PLACE, timeout=120,
                   env={"PATH": "/usr/bin:/bin"}, preexec_fn=limits, check=True,
                   stdin=subprocess.DEVNULL, capture_output=True)


def make(name, folder):
    target, option, mode, *variant = name.split("-")
    program = build(target, option)
    written = PLACE / "crash.dmp"
    if "lldb" in variant:
        dump_with_lldb(program, mode)
        written = PLACE / "lldb.dmp"
    else:
        dump_self(program, target, mode, variant)
    truth = Dump(PLACE / "crash.dmp").comment()
    bad = verify(Dump(written), Truth(truth))
    if bad:
        raise RuntimeError("; ".join(bad))
    written.chmod(0o644)
    shutil.move(written, folder / f"{name}.dmp")
    (folder / f"{name}.truth").write_text(truth)


def structure(folder, name):
    dump = Dump(folder / f"{name}.dmp")
    truth = Truth((folder / f"{name}.truth").read_text())
    return {"architecture": dump.arch, "streams": sorted(dump.streams),
            "threads": truth.shape(), "names": sorted(dump.names().values()),
            "first module": dump.modules()[0][2]}


def differences(new, name):
    if not (HERE / "dumps" / f"{name}.dmp").exists():
        return ["isn't committed"]
    a, b = structure(HERE / "dumps", name), structure(new, name)
    return [f"{key}: committed {a[key]}, made {b[key]}" for key in a if a[key] != b[key]]


def make_each(names, folder, check):
    failed = 0
    skipped = set()
    for name in names:
        target, option, _, *variant = name.split("-")
        tools = missing(target, option, variant)
        if tools:
            failed += 1
            if (target, *tools) not in skipped:
                say(f"SKIPPED {target} ({option}): no {' and no '.join(tools)} here")
            skipped.add((target, *tools))
            continue
        try:
            make(name, folder)
            bad = differences(folder, name) if check else []
        except (RuntimeError, ValueError, OSError, subprocess.SubprocessError) as e:
            bad = [str(e)]
        failed += bool(bad)
        for line in bad:
            say(f"{name}: {line}")
    return failed


def every():
    ours = [f"{t}-{o}-{m}" for t in TARGETS for o in OPTIONS for m in MODES]
    # clang's ARM code forgets where a function that never returns came from.
    clangs = [f"{t}-clang{o}-{m}" for t in CLANG for o in OPTIONS for m in MODES
              if m != "noret" or t not in ("arm", "thumb")]
    old = [f"aarch64-{o}-{m}-old" for o in OPTIONS for m in MODES]
    return ours + clangs + old


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--lldb", action="store_true")
    parser.add_argument("--all", type=pathlib.Path)
    parser.add_argument("--only", default="")
    args = parser.parse_args()
    names = [n for n in (every() if args.all else SELECTION) if args.only in n]
    if args.lldb:
        names = [n for n in names if n.endswith("-lldb")]
    if args.list:
        print("\n".join(names))
        return 0
    with open(f"{PLACE}.lock", "w") as lock, tempfile.TemporaryDirectory() as temporary:
        fcntl.flock(lock, fcntl.LOCK_EX)
        shutil.rmtree(PLACE, ignore_errors=True)
        PLACE.mkdir()
        folder = pathlib.Path(temporary) if args.check else args.all or HERE / "dumps"
        folder.mkdir(parents=True, exist_ok=True)
        try:
            failed = make_each(names, folder, args.check)
        finally:
            shutil.rmtree(PLACE, ignore_errors=True)
    print(f"{len(names) - failed} passed, {failed} failed")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
