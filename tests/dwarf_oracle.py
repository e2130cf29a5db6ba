#!/usr/bin/env python3
"""Function, file, line and inlined calls of about 1,000 addresses of each ELF
file given, ours (tests/dwarf_query.c) against addr2line, llvm-symbolizer and
gdb; and the same read unit by unit, which must not differ in a byte.

dwarf_oracle.py QUERY FILE[,DEBUG[,ASKED]]...   files that are there
dwarf_oracle.py QUERY --build FOLDER            our own programs, for four CPUs

An answer must be that of one of the first two, frame by frame: they disagree
with each other on a few per cent of all addresses. gdb knows no line of a call
site, takes rows that are no statement for the one before, and names stubs of
the PLT; where its functions and its innermost line are not ours, no other may
say what it says. What is taken as the same:

- paths after normpath, and a path that lacks the directory the compiler ran in;
- any of the names that symbol tables have for one address, and a name without
  its scope (both print DW_AT_name alone where there is no linkage name);
- a name with and without what GCC adds to its clones (".isra.0"): DWARF has
  the function's own, the symbol table the clone's;
- line 0 and "?", and the STT_FILE symbol's name that both show with line 0
  where there is no line program;
- nothing, where they have a line without a function (llvm-symbolizer) or with
  the function before it (addr2line): alignment between functions.

Exit 1 when an address has an answer that neither gives."""
import collections
import json
import pathlib
import posixpath
import random
import re
import subprocess
import shutil
import sys
import tempfile

COUNT = 1000
LLVM = ["llvm-symbolizer-14", "llvm-symbolizer-19"]
TOOL_GDB = [g for g in ("gdb-multiarch", "gdb") if shutil.which(g)][:1]
PREFIX = {"ARM": "arm-linux-gnueabihf-", "AArch64": "aarch64-linux-gnu-",
          "Intel 80386": "", "Advanced Micro Devices X86-64": ""}


def run(command, text=""):
    done = subprocess.run(command, input=text, capture_output=True, text=True)
    return done.stdout


def code_sections(file):
    for line in run(["readelf", "-SW", file]).splitlines():
        m = re.match(r"\s*\[ *\d+\] (\S+)\s+(?:PROGBITS|NOBITS)\s+(\w+) \w+ (\w+) \w+\s+(\w*)", line)
        if m and "X" in m[4]:
            yield int(m[2], 16), int(m[3], 16)


def functions(file):
    """start: (size, names) of what the symbol tables call functions."""
    found = collections.defaultdict(lambda: [0, set()])
    machine = run(["readelf", "-h", file])
    arm = re.search(r"Machine:\s+ARM$", machine, re.M)
    for line in run(["readelf", "-sW", file]).splitlines():
        m = re.match(r"\s*\d+: (\w+)\s+(\w+) (FUNC|IFUNC|NOTYPE|<\S+>: \S+)\s+\S+\s+\S+\s+(\w+) (\S+)", line)
        if m and m[4] != "UND":
            start = int(m[1], 16) & (~1 if arm else ~0)
            found[start][0] = max(found[start][0], int(m[2], 0))
            found[start][1].add(m[5].split("@")[0])
    return found


def addresses(file, symbols):
    rng = random.Random(file.encode()[-20:])
    text = [s for s in code_sections(file) if s[1]]
    starts = sorted(s for s in symbols if any(s - a < n for a, n in text if s >= a))
    out = []
    for i in range(COUNT if text else 0):
        if i % 2 and starts:
            start = rng.choice(starts)
            out.append(start + rng.randrange(max(symbols[start][0], 1)))
        else:
            a, n = rng.choices(text, [n for _, n in text])[0]
            out.append(a + rng.randrange(n))
    return sorted(set(out))


def parse_gnu(text):
    answers, frames, name = {}, None, None
    for line in text.splitlines():
        if re.fullmatch(r"0x[0-9a-f]+", line):
            frames = answers.setdefault(int(line, 16), [])
            name = None
        elif name is None:
            name = line
        else:
            file, _, number = re.sub(r" \(discriminator \d+\)", "", line).rpartition(":")
            frames.append((name, file, 0 if number == "?" else int(number)))
            name = None
    return answers


def parse_llvm(text):
    answers = {}
    for line in text.splitlines():
        try:
            one = json.loads(line)
        except ValueError:
            continue
        answers[int(one["Address"], 16)] = [
            (f["FunctionName"], f["FileName"], f["Line"]) for f in one.get("Symbol", [])]
    return answers


GDB = """
import gdb, json
def say(pc):
    at, names, block = gdb.find_pc_line(pc), [], gdb.block_for_pc(pc)
    while block:
        if block.function:
            names.append(block.function.linkage_name)
        block = block.superblock
    if not names:
        found = gdb.execute("info symbol %d" % pc, to_string=True)
        names = ["??"] if found.startswith("No symbol") else [found.split(" ")[0]]
    print(json.dumps([pc, names, at.symtab.fullname() if at.symtab else "", at.line]))
for line in open(ADDRESSES):
    say(int(line, 16))
"""


def ask_gdb(file, text):
    """address: names, file, innermost line."""
    with tempfile.TemporaryDirectory() as folder:
        at = pathlib.Path(folder)
        (at / "addresses").write_text(text)
        (at / "ask.py").write_text(f"ADDRESSES = {str(at / 'addresses')!r}\n" + GDB)
        out = run(["timeout", "120", *TOOL_GDB, "-nx", "-batch", "-iex", "set debuginfod enabled off",
                   "-ex", "set debug-file-directory", "-x", str(at / "ask.py"), file])
    answers = {}
    for line in out.splitlines():
        if line.startswith("["):
            pc, *rest = json.loads(line)
            answers[pc] = rest
    return answers


def same_as_gdb(frames, gdb, aliases):
    names, file, line = gdb
    frames = frames or [("??", "??", 0)]
    if names == ["??"] and len(frames) == 1 and not frames[0][2]:
        return True
    return len(frames) == len(names) and all(same_name(f[0], n, aliases) for f, n in zip(frames, names)) and (
        frames[0][2] == line and (not line or same_file(frames[0][1], file)))


CLONE = re.compile(r"(\.(isra|part|constprop|cold|lto_priv|localalias|llvm)(\.\d+)?)+$")


def same_name(a, b, aliases):
    a, b = (CLONE.sub("", (n or "??").split("@")[0]) for n in (a, b))
    return a == b or a.split("::")[-1] == b.split("::")[-1] or any(
        a in names and b in names for names in aliases)


def same_file(a, b):
    a, b = (posixpath.normpath(f) if f and f != "??" else "??" for f in (a, b))
    return a == b or a.endswith("/" + b) or b.endswith("/" + a)


def same(ours, theirs, aliases):
    empty = [("??", "??", 0)]
    ours, theirs = ours or empty, theirs or empty
    if ours == empty and len(theirs) == 1 and theirs[0][0] in ("", "??"):
        return True
    return len(ours) == len(theirs) and all(
        same_name(o[0], t[0], aliases) and o[2] == t[2]
        and (same_file(o[1], t[1]) or not o[1] and not t[2] and "/" not in t[1])
        for o, t in zip(ours, theirs))


def check(query, files):
    """IMAGE[,DEBUG[,ASKED]]: the oracles are given the last of these; none of
    them but gdb reads .gnu_debugdata."""
    image, debug, oracle = (files + ",,").split(",")[:3]
    oracle = oracle or debug or image
    symbols = functions(oracle)
    for start, (size, names) in functions(image).items():
        symbols[start][0] = max(symbols[start][0], size)
        symbols[start][1] |= names
    aliases = [names for _, names in symbols.values() if len(names) > 1]
    asked = addresses(oracle, symbols)
    text = "".join(f"{a:#x}\n" for a in asked)
    machine = re.search(r"Machine:\s+(.*)", run(["readelf", "-h", image]))[1]
    ours = parse_gnu(run([query] + [f for f in (image, debug) if f], text))
    oracles = {"addr2line": parse_gnu(run(
        [PREFIX.get(machine, "") + "addr2line", "-a", "-i", "-f", "-e", oracle], text))}
    for tool in LLVM:
        oracles[tool] = parse_llvm(run(
            [tool, f"--obj={oracle}", "--no-demangle", "--output-style=JSON"], text))
    agree, bad, apart = collections.Counter(), [], 0
    gdb = ask_gdb(debug or image, text) if TOOL_GDB else {}
    by_unit = run([query, "--unit"] + [f for f in (image, debug) if f], text)
    if parse_gnu(by_unit) != ours:
        print(f"{image}: unit by unit it is another answer")
        bad.append(asked[0])
    for a in asked:
        fits = [n for n, o in oracles.items() if a in o and same(ours.get(a), o[a], aliases)]
        agree.update(fits)
        against = a in gdb and not same_as_gdb(ours.get(a), gdb[a], aliases)
        agree["gdb"] += a in gdb and not against
        outvoted = against and any(
            n not in fits and same_as_gdb(o[a], gdb[a], aliases) for n, o in oracles.items() if a in o)
        agree["outvoted"] += outvoted
        if not fits or outvoted:
            bad.append(a)
        apart += len({json.dumps(o.get(a)) for o in oracles.values()}) > 1
    inlined = sum(len(f) > 1 for f in ours.values())
    named = sum(f[0][0] != "??" for f in ours.values())
    print(f"{pathlib.Path(image).name}: {len(asked)} addresses, {named} named, {inlined} inlined, "
          + ", ".join(f"{n} {agree[n]}" for n in (*oracles, "gdb", "outvoted"))
          + f", oracles apart {apart}, neither {len(bad)}")
    for a in bad[:int(SHOW)]:
        print(f"  {a:#x}\n    ours {ours.get(a)}")
        for n, o in (*oracles.items(), ("gdb", gdb)):
            print(f"    {n} {o.get(a)}")
    return len(bad)


SHOW = 3
COMPILERS = [("gcc", "x86_64"), ("i686-linux-gnu-gcc", "i386"), ("clang", "x86_64"),
             ("arm-linux-gnueabihf-gcc", "arm"), ("aarch64-linux-gnu-gcc", "aarch64")]


PREFIX_OF = {"arm": "arm-linux-gnueabihf-", "aarch64": "aarch64-linux-gnu-"}


def variants(prefix, file):
    """Compressed, in two files, and with the symbols of .gnu_debugdata alone."""
    def objcopy(*words):
        subprocess.run([prefix + "objcopy", *words], check=True)

    for way in ("zlib", "zstd", "zlib-gnu"):
        objcopy(f"--compress-debug-sections={way}", file, f"{file}-{way}")
        yield f"{file}-{way}"
    objcopy("--only-keep-debug", file, file + ".debug")
    objcopy("--strip-all", file, file + "-bare")
    yield f"{file}-bare,{file}.debug"
    objcopy("--strip-debug", file, file + "-mini")
    with open(file + "-mini.xz", "wb") as out:
        subprocess.run(["xz", "-c", file + "-mini"], stdout=out, check=True)
    objcopy(f"--add-section=.gnu_debugdata={file}-mini.xz", file + "-bare", file + "-packed")
    yield f"{file}-packed,,{file}-mini"


def build(folder):
    """crash.c without what writes dumps: only its code is looked at."""
    here = pathlib.Path(__file__).parent / "truth"
    sources = [str(here / f) for f in
               ("crash.c", "selfdump.c", "shadow.c", "context.c", "memory.c", "modules.c", "put.c")]
    for compiler, cpu in COMPILERS:
        for version in (2, 3, 4, 5):
            out = f"{folder}/crash-{compiler}-dwarf{version}"
            for extra in ([], ["-fcf-protection=none"]):
                done = subprocess.run(
                    [compiler, "-std=gnu11", "-w", "-O2", "-g", f"-gdwarf-{version}", "-pthread",
                     "-I", str(here), *sources, "-o", out, *extra], capture_output=True, text=True)
                if not done.returncode:
                    break
            if done.returncode:
                print(f"{compiler}: {done.stderr.splitlines()[:1]}")
                continue
            yield out
            if version == 5 or (compiler, version) == ("gcc", 4):
                yield from variants(PREFIX_OF.get(cpu, ""), out)


def main():
    global SHOW
    args = sys.argv[1:]
    if "--show" in args:
        at = args.index("--show")
        SHOW = args[at + 1]
        del args[at:at + 2]
    query, files = args[0], args[1:]
    if files[:1] == ["--build"]:
        pathlib.Path(files[1]).mkdir(parents=True, exist_ok=True)
        files = build(files[1])
    sys.exit(bool(sum([check(query, f) for f in files])))


main()
