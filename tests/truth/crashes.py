"""tests/truth/crashes.py - the crash programs of every target, option and mode:
built, and run into their crash."""
import pathlib
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1] / "testdata")]
import make  # noqa: E402

# The whole of an overflown stack is in its dump: twice this is what is kept.
STACK_LIMIT = 192 << 10
SECONDS = 60
SUPPORT = ("selfdump", "shadow", "context", "memory", "modules", "put")
SYSROOT = {"x86_64": "", "i386": "/usr/i686-linux-gnu", "arm": "/usr/arm-linux-gnueabihf",
           "thumb": "/usr/arm-linux-gnueabihf", "aarch64": "/usr/aarch64-linux-gnu"}
X86 = ("x86_64", "i386")
OPTIONS = ("O0", "O2", "fp", "nouw")
CLANGS = ("clangO0", "clangfp")
CPP = ("throw", "noexcept")
MODES = make.MODES + ["wild", "memcpy", "tail", "raw", *CPP]


def compilers(target, option):
    command, flags = make.compiler(target, option)
    if command[0].endswith("clang"):
        return command, [command[0] + "++", *command[1:]], flags
    return command, [command[0][:-3] + "g++", *command[1:]], flags


def missing_tools(target, option, mode):
    c, cpp, _ = compilers(target, option)
    tools = [(cpp if mode in CPP else c)[0], emulator(target)[0]]
    return [t for t in tools if shutil.which(t) is None]


def cases():
    found = [(t, o, m) for t in make.TARGETS for o in OPTIONS for m in MODES]
    # clang's ARM code forgets where a function that never returns came from,
    # and clang has no cross headers for C++ here.
    return found + [(t, o, m) for t in make.CLANG for o in CLANGS for m in MODES
                    if m not in CPP and (m != "noret" or t not in ("arm", "thumb"))]


def sample(case):
    """One case of each mode for each target, and of each option for each
    target: the option moves on by one with each mode, beginning with another
    one for each target."""
    target, option, mode = case
    options = OPTIONS + (CLANGS if target in make.CLANG and mode not in CPP else ())
    start = list(make.TARGETS).index(target)
    return option == options[(start + MODES.index(mode)) % len(options)]


def run(words, **more):
    return subprocess.run([str(w) for w in words], capture_output=True, timeout=SECONDS * 4, **more)


def compile_one(command, flags, source, out):
    if not out.exists():
        part = out.with_suffix(".part")
        result = run([*command, *flags, "-w", "-pthread", "-I", HERE, "-c", "-o", part, source])
        if result.returncode:
            raise RuntimeError(result.stderr.decode(errors="replace"))
        part.rename(out)
    return out


def build(work, target, option, cpp):
    """The crash and its callers with the option; what writes the dump is never
    on a stack that is walked, and built once."""
    program = work / f"{'crashxx' if cpp else 'crash'}-{target}-{option}"
    if program.exists():
        return program
    c, cxx, flags = compilers(target, option)
    flags = [*flags, "-g0" if "nouw" in option else "-g", f"-ffile-prefix-map={HERE}=."]
    plain = "clang" if option.startswith("clang") else ""
    # qemu 7.2 begins handlers on x86_64 with a stack that SSE can't use.
    support = ["-std=gnu11", "-O2", *(["-mstackrealign"] if target in X86 else [])]
    objects = [compile_one(c, support, HERE / f"{s}.c", work / f"{s}-{target}{plain}.o") for s in SUPPORT]
    for source in ("crash", "raw"):
        objects.append(compile_one(c, ["-std=gnu11", *flags], HERE / f"{source}.c",
                                   work / f"{source}-{target}-{option}.o"))
    if cpp:
        more = ["-fno-exceptions"] if "nouw" in option else []
        objects.append(compile_one(cxx, ["-std=gnu++17", *flags, *more], HERE / "throw.cc",
                                   work / f"throw-{target}-{option}.o"))
    result = run([*(cxx if cpp else c), "-Wl,--build-id=sha1", "-pthread", "-o", program, *objects])
    if result.returncode:
        raise RuntimeError(result.stderr.decode(errors="replace"))
    return program


SAME_ADDRESSES = make.same_addresses()
LIMITS = ["prlimit", f"--stack={STACK_LIMIT}", "--core=0"]


def runner(target):
    words = make.TARGETS[target][1]
    return [*words[:1], "-s", str(STACK_LIMIT), *words[1:]] if words else []


def emulator(target):
    """What runs a target's programs, also where the CPU itself could."""
    if target in X86:
        root = SYSROOT[target]
        return [f"qemu-{target}", "-s", str(STACK_LIMIT), *(["-L", root] if root else [])]
    return runner(target)


def command(program, mode):
    """Names without a folder: what lies on a stack doesn't depend on the place."""
    return [f"./{program.name}", mode, f"{program.name}-{mode}.part"]


def dump_of(work, program, target, mode):
    dump = work / f"{program.name}-{mode}.dmp"
    if not dump.exists():
        words = command(program, mode)
        part = work / words[-1]
        result = run([*LIMITS, *SAME_ADDRESSES, *runner(target), *words], env={}, cwd=work, stdin=subprocess.DEVNULL)
        if result.returncode:
            raise RuntimeError(f"{program.name} {mode} ended with {result.returncode}: "
                               f"{result.stderr.decode(errors='replace')}")
        part.rename(dump)
    return dump
