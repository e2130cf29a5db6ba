#!/usr/bin/env python3
"""The command lines of minidump_stackwalk and minidump-stackwalk. Usage:
cli_compat.py MDWALK TESTDATA"""
import json
import os
import pathlib
import re
import struct
import subprocess
import sys
import tempfile

mdwalk = os.path.abspath(sys.argv[1])
dumps = pathlib.Path(sys.argv[2]) / "dumps"
dump, threads, full = (str(dumps / f"{n}.dmp") for n in
                       ("x86_64-O0-null", "x86_64-O2-threads", "i386-fp-threads"))
passed, failed = 0, []


def check(claim, condition, detail=""):
    global passed
    if condition:
        passed += 1
    else:
        failed.append(claim)
        print(f"FAILED {claim} {detail!r:.800}")


def run(*words, program=mdwalk):
    done = subprocess.run([program, *map(str, words)], capture_output=True, timeout=60)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def breakpad(*words):
    return run("--compat", "breakpad", *words)


def rust(*words):
    return run("--compat=rust-minidump", *words)


def refuses(claim, answer, says):
    code, out, err = answer
    check(claim, code == 1 and not out and err.count("\n") == 1 and says in err, answer)


def numbers(text):
    return [int(n) for n in re.findall(r"^Thread (\d+)", text, re.M)]


human, machine = run("-f", "breakpad-human", dump), run("-f", "breakpad", dump)
check("breakpad without options is the human form", breakpad(dump) == human, human)
check("-f human is the same", breakpad("-f", "human", dump) == human)
check("-m is the machine form", breakpad("-m", dump) == machine, machine)
check("-f machine is the same", breakpad("-fmachine", dump) == machine)
code, out, _ = machine
records = out.split("\n")
check("a record for the system, the processor, the graphics and the crash", code == 0 and
      [r.split("|")[0] for r in records[:4]] == ["OS", "CPU", "GPU", "Crash"], records[:4])
check("the crash names its reason, address and thread", records[3].split("|")[1] == "SIGSEGV /SEGV_MAPERR" and
      records[3].split("|")[3] == "0", records[3])
check("modules, a blank line, frames", records.index("") > 4 and all(
    r.startswith("Module|") and r.count("|") == 7 for r in records[4:records.index("")]) and all(
    r.count("|") == 6 for r in records[records.index("") + 1:-1]), records)
check("one module is the program", sum(r.startswith("Module|") and r.endswith("|1") for r in records) == 1)

everything = breakpad(threads)[1]
main = numbers(everything)[0]
check("the thread that crashed comes first, the others in order", len(numbers(everything)) > 2 and
      numbers(everything)[1:] == sorted(set(numbers(everything)) - {main}), numbers(everything))
check("-c leaves that thread alone", numbers(breakpad("-c", threads)[1]) == [main])
other = max(set(numbers(everything)) - {main})
check("-t N leaves thread N alone", numbers(breakpad("-t", other, threads)[1]) == [other])
code, out, _ = breakpad("-b", threads)
check("-b is a heading and frame lines", code == 0 and all(
    re.fullmatch(r"Thread \d+ \(crashed\)|\s?\d+  .*", line) for line in out.split("\n") if line), out)
code, out, _ = breakpad("-s", dump)
rows = re.findall(r"^     ([0-9a-f]{16})((?: [0-9a-f]{2})+)  ", out, re.M)
check("-s shows the memory of frames in rows of 16 bytes", code == 0 and "    Stack contents:" in out and len(rows) > 3
      and all(0 < len(r[1].split()) <= 16 for r in rows), rows[:3])
sp = int(re.search(r"rsp = 0x([0-9a-f]+)", out)[1], 16)
check("from the frame's stack pointer on", int(rows[0][0], 16) == sp, (rows[0], hex(sp)))
far = breakpad("-s", str(dumps / "x86_64-O2-overflow.dmp"))[1]
check("-s ends where nothing was captured", "Stack contents:" in far and
      not re.search(r"^     [0-9a-f]{16} {48}", far, re.M), len(far))
code, out, _ = breakpad("-d", dump)
pcs = re.findall(r"rip = 0x([0-9a-f]+)", out)
found = re.findall(r"\*\(0x[0-9a-f]{16}\) = 0x([0-9a-f]+) \S+ \+ 0x[0-9a-f]+$", out, re.M)
check("-d shows the words that point to code, return addresses among them", pcs[1] in found, (pcs, found))
# Thread 7 wrote the dump: Breakpad doesn't count it.
streams = [(7, struct.pack("<HHHBBIIIIIHH", 9, 6, 0, 1, 1, 0, 0, 0, 0x8201, 0, 0, 0) + bytes(24)),
           (3, struct.pack("<I", 2) + b"".join(struct.pack("<I", i) + bytes(44) for i in (7, 8))),
           (0x47670001, struct.pack("<III", 3, 7, 8))]
at, directory, body = 32 + 12 * len(streams), b"", b""
for kind, data in streams:
    directory += struct.pack("<III", kind, len(data), at + len(body))
    body += data
with tempfile.NamedTemporaryFile(suffix=".dmp") as file:
    file.write(struct.pack("<4sIIIIIQ", b"MDMP", 0xA793, len(streams), 32, 0, 0, 0) + directory + body)
    file.flush()
    check("threads are counted without the dump writer's", numbers(breakpad(file.name)[1]) == [0])
    check("-t N counts so, too", numbers(breakpad("-t", 0, file.name)[1]) == [0], breakpad("-t", 0, file.name))
    refuses("a thread that is not there", breakpad("-t", 1, file.name), "no thread with index 1")
check("letters may stand together", breakpad("-cs", threads) == breakpad("-c", "-s", threads))
check("-h explains", breakpad("-h")[1].startswith("usage: minidump_stackwalk"))
refuses("an unknown letter", breakpad("-x", dump), "unknown option: -x")
refuses("-f of neither", breakpad("-f", "xml", dump), "-f must be human or machine: xml")
refuses("no dump", breakpad("-m"), "no minidump given")
refuses("-t without an index", breakpad("-t", "one", dump), "-t must be an index: one")
refuses("a dump that is not there", breakpad(dump + "x"), "No such file")

check("minidump-stackwalk without options is the human form", rust(dump) == run("-f", "human", dump))
check("--json", rust("--json", dump) == run("-f", "json", dump))
check("--json --pretty", rust("--json", "--pretty", dump) == run("-f", "json", "--pretty", dump))
check("--brief", rust("--brief", dump) == run("--brief", dump))
check("--dump", rust("--dump", dump) == run("dump", dump))
check("--dump --brief has no hex dumps", len(rust("--dump", "--brief", threads)[1]) <= len(rust("--dump", threads)[1]))
with tempfile.TemporaryDirectory() as folder:
    file = os.path.join(folder, "out")
    code, out, err = rust("--output-file", file, "--json", dump)
    with open(file, encoding="utf-8") as f:
        check("--output-file", (code, out, err) == (0, "", "") and f.read() == run("-f", "json", dump)[1])
    code, out, err = rust("--cyborg", file, dump)
    with open(file, encoding="utf-8") as f:
        check("--cyborg writes json beside the human form", out == run(dump)[1] and json.load(f)["status"] == "OK", err)
    refuses("--output-file into nowhere", rust("--output-file", folder + "/no/where", dump), "No such file")
    check("--cyborg into nowhere fails and says so", rust("--cyborg", folder + "/no/where", dump)[::2] ==
          (1, f"mdwalk: {folder}/no/where: No such file or directory\n"))
    cache = os.path.join(folder, "cache")
    code, out, err = rust("--symbols-cache", cache, "--symbols-path", folder, "--symbols-tmp", folder, "--no-interactive",
                          "--features", "stable-all", "--verbose=off", "--no-color", dump)
    check("options for symbols and those without effect are taken", code == 0 and out, err)
    for name, program in (("minidump_stackwalk", breakpad), ("minidump-stackwalk", rust)):
        link = os.path.join(folder, name)
        os.symlink(mdwalk, link)
        check(f"called as {name}", run(dump, program=link) == program(dump))
refuses("--recover-function-args", rust("--recover-function-args", dump), "is not supported: arguments are not guessed")
refuses("--evil-json", rust("--evil-json=x", dump), "is not supported: certificates")
refuses("--log-file", rust("--log-file", "x", dump), "is not supported: there is no log")
refuses("--features unstable-all", rust("--features", "unstable-all", dump), "features must be")
refuses("--verbose of no level", rust("--verbose", "ful", dump), "unknown level: ful")
refuses("a flag that needs no value", rust("--json=1", dump), "option takes no value")
refuses("a flag that needs one", rust(dump, "--symbols-path"), "option needs a value")
check("--version", rust("--version") == run("--version"))
code, out, err = run("--compat", "lldb", dump)
check("--compat of neither", code == 2 and "must be breakpad or rust-minidump" in err, err)

page = (pathlib.Path(__file__).resolve().parent.parent / "doc/man/mdwalk.1").read_text()
page = page.split(".Sh OTHER COMMAND LINES")[1].split("\n.Sh ")[0]
source = (pathlib.Path(__file__).resolve().parent.parent / "tools/compat.c").read_text()
known = set(re.findall(r"\{\"([a-z-]+)\",\s*(?:NULL|\"[^\"]*\"),\s*DOES", source))
told = set(re.findall(r"(?<![a-z])-([a-z-]{3,})", page)) - {"compat", "tag", "width"}
check("the man page tells of every long option", known == told, known ^ told)

print(f"{passed} passed, {len(failed)} failed")
sys.exit(bool(failed))
