#!/usr/bin/env python3
"""The command line: exit status, sentences, options, packed input. Usage:
cli.py MDWALK TESTDATA"""
import bz2
import gzip
import json
import lzma
import os
import pathlib
import pty
import re
import shutil
import signal
import struct
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
mdwalk = os.path.abspath(sys.argv[1])
dumps = sorted((pathlib.Path(sys.argv[2]) / "dumps").glob("*.dmp"))
passed, failed = 0, []


def check(claim, condition, detail=""):
    global passed
    if condition:
        passed += 1
    else:
        failed.append(claim)
        print(f"FAILED {claim} {detail!r:.600}")


def run(*words, stdin=b"", env=None):
    done = subprocess.run([mdwalk, *map(str, words)], input=stdin, capture_output=True, timeout=60,
                          env={**os.environ, **(env or {})})
    return done.returncode, done.stdout, done.stderr


def refuses(claim, *words, says, stdin=b""):
    """Status 2, nothing on standard output, one sentence on standard error."""
    code, out, err = run(*words, stdin=stdin)
    check(claim, code == 2 and out == b"" and err.count(b"\n") == 1 and err.startswith(b"mdwalk: ") and
          says in err, (code, out[:100], err))


def minidump(streams):
    """A little-endian dump of (type, bytes)."""
    at, directory, body = 32 + 12 * len(streams), b"", b""
    for kind, data in streams:
        directory += struct.pack("<III", kind, len(data), at + len(body))
        body += data
    return struct.pack("<4sIIIIIQ", b"MDMP", 0xA793, len(streams), 32, 0, 0, 0) + directory + body


def of_many_threads():
    for dump in dumps:
        code, out, _ = run("-f", "json", dump)
        if code == 0 and len(json.loads(out)["threads"]) > 2:
            return dump
    sys.exit("testdata has no dump with three threads")


def test_report(dump):
    code, human, err = run(dump)
    check("a dump is reported without a word on standard error", code == 0 and err == b"", err)
    check("the report has crash, thread and modules",
          b"\nCrash reason:" in human and b"(crashed)" in human and b"\nLoaded modules:\n" in human)
    check("report is the default command", run("report", dump) == (0, human, b""))
    check("human is the default format", run("-f", "human", dump)[1] == human)
    code, compact, _ = run("--format=json", dump)
    check("json is one line", code == 0 and compact.count(b"\n") == 1)
    pretty = run("-fjson", "--pretty", dump)[1]
    check("pretty json has many, and says the same",
          pretty.count(b"\n") > 100 and json.loads(pretty) == json.loads(compact))

    def ordered(pairs):
        keys = [k for k, _ in pairs]
        if keys != sorted(keys):
            unordered.append(keys)
        return dict(pairs)
    unordered = []
    document = json.loads(compact, object_pairs_hook=ordered)
    check("json keys are in alphabetical order", not unordered, unordered[:1])
    check("json has the schema's status", document["status"] == "OK")
    for i, thread in enumerate(document["threads"]):
        one = json.loads(run("-f", "json", "--thread", i, dump)[1])
        check(f"--thread {i} is that thread alone", one["threads"] == [thread], one["threads"])
    last = len(document["threads"]) - 1
    one = run("--thread", last, dump)[1]
    check("--thread works in human reports",
          re.findall(rb"^Thread (\d+)", one, re.M) == [b"%d" % last], one[-200:])
    cut = json.loads(run("-f", "json", "--max-frames", 1, dump)[1])
    check("--max-frames 1 leaves one frame", max(t["frame_count"] for t in cut["threads"]) == 1)
    check("a walk that was cut is an issue", run("--max-frames", 1, "--fail-on-issues", dump)[0] == 1)
    scanned = json.loads(run("-f", "json", "--no-scan", dump)[1])
    check("--no-scan leaves no scanned frame",
          not any(f["trust"] == "scan" for t in scanned["threads"] for f in t["frames"]))
    brief = run("--brief", dump)[1]
    check("--brief is the crash and one stack",
          brief.startswith(b"Crash reason:") and brief.count(b"\nThread ") == 1 and b"modules" not in brief)
    check("a whole dump has no issue to fail on", run("--fail-on-issues", dump)[0] == 0)


def test_sentry(dump):
    def event(*words):
        code, out, err = run("-f", "sentry", *words, dump)
        check(f"sentry {words}", code == 0 and not err, (code, err))
        return json.loads(out)
    strict = event()
    stack = strict["exception"]["values"][0]["stacktrace"]
    check("sentry is one line", run("-f", "sentry", dump)[1].count(b"\n") == 1)
    check("sentry --pretty says the same", event("--pretty") == strict)
    check("addresses are raw by default", stack["instruction_addr_adjustment"] == "all_but_first")
    inside = event("--adjusted")["exception"]["values"][0]["stacktrace"]
    check("--adjusted says none, and moves all but the crash",
          inside["instruction_addr_adjustment"] == "none" and
          [int(f["instruction_addr"], 16) for f in inside["frames"]] ==
          [int(f["instruction_addr"], 16) - (i < len(stack["frames"]) - 1) for i, f in enumerate(stack["frames"])])
    skipped = event("--skip-frames", 1)["exception"]["values"][0]["stacktrace"]
    check("--skip-frames leaves the crash out and says all",
          skipped == {"frames": stack["frames"][:-1], "instruction_addr_adjustment": "all"}, skipped)
    cut = event("--sentry-frames", 2)["exception"]["values"][0]["stacktrace"]
    check("--sentry-frames keeps the innermost", cut == stack | {"frames": stack["frames"][-2:]})
    check("--sentry-compat has the address in the type",
          event("--sentry-compat")["exception"]["values"][0]["type"].endswith(" / 0x0"))
    check("--event-id", event("--event-id", "AB" * 16)["event_id"] == "ab" * 16)
    check("--level", event("--level=info")["level"] == "info")
    check("--sentry-inlines", event("--sentry-inlines", "none") == strict)
    one = event("--thread", 1)
    check("--thread is that thread alone", len(one["threads"]["values"]) == 1)


def test_colour(dump):
    plain = run(dump)[1]
    check("no colour into a pipe", b"\x1b" not in plain)
    coloured = run("--color=always", dump)[1]
    check("--color=always colours, and nothing else changes",
          b"\x1b[" in coloured and re.sub(rb"\x1b\[[0-9;]*m", b"", coloured) == plain)

    def on_terminal(*words, **env):
        master, slave = pty.openpty()
        environment = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "TERM")} | env
        child = subprocess.Popen([mdwalk, *words, str(dump)], stdout=slave, env=environment)
        os.close(slave)
        out = b""
        try:
            while part := os.read(master, 65536):
                out += part
        except OSError: # the end of a terminal
            pass
        child.wait()
        os.close(master)
        return b"\x1b" in out
    check("a terminal gets colour", on_terminal(TERM="xterm"))
    check("not with --color=never", not on_terminal("--color=never", TERM="xterm"))
    check("not with NO_COLOR", not on_terminal(TERM="xterm", NO_COLOR="1"))
    check("an empty NO_COLOR counts for nothing", on_terminal(TERM="xterm", NO_COLOR=""))
    check("not on a dumb terminal", not on_terminal(TERM="dumb"))
    check("not without TERM", not on_terminal())


def test_input(dump, folder):
    data = dump.read_bytes()
    plain = run(dump)[1]
    check("'-' is standard input", run("-", stdin=data)[:2] == (0, plain))
    packed = {"gz": gzip.compress(data), "bz2": bz2.compress(data), "xz": lzma.compress(data)}
    if shutil.which("zstd"):
        packed["zst"] = subprocess.run(["zstd", "-c"], input=data, capture_output=True, check=True).stdout
    for name, bytes_ in packed.items():
        file = folder / f"packed.{name}"
        file.write_bytes(bytes_)
        check(f"{name} is opened as it is", run(file)[:2] == (0, plain), run(file)[2])
        check(f"{name} on standard input too", run("-", stdin=bytes_)[:2] == (0, plain))
    file = folder / "cut.gz"
    file.write_bytes(packed["gz"][:-20])
    code, out, err = run("--fail-on-issues", file)
    check("of a packed file that is cut, what came out is used, and it says so",
          code == 1 and out and b"cut.gz: packed file cut short at offset" in err, (code, err))
    for kind in (dump, folder / "packed.gz"):
        twice = folder / "name with \x1b[2J and\nline.dmp"
        twice.write_bytes(kind.read_bytes())
        check("a strange file name is fine", run(twice)[:2] == (0, plain))
    named = folder / "dump"
    named.write_bytes(data)
    done = subprocess.run([mdwalk, "--", "dump"], cwd=folder, capture_output=True)
    check("behind -- a file may be called dump", done.stdout == plain, done.stderr)
    option = folder / "--brief"
    option.write_bytes(data)
    done = subprocess.run([mdwalk, "--", "--brief"], cwd=folder, capture_output=True)
    check("behind -- a file may be called --brief", done.stdout == plain, done.stderr)


def test_refusals(dump, folder):
    data = dump.read_bytes()
    refuses("no arguments", says=b"no minidump given")
    refuses("a command without a file", "dump", says=b"no minidump given")
    refuses("an unknown option", "--frobnicate", dump, says=b"unknown option: --frobnicate")
    refuses("an unknown letter", "-x", dump, says=b"unknown option: -x")
    refuses("an option that is cut short", "--form", "json", dump, says=b"unknown option: --form")
    refuses("an option without its value", dump, "--format", says=b"option needs a value: --format")
    refuses("a value where none belongs", "--brief=yes", dump, says=b"option takes no value: --brief=yes")
    for words, says in ((("--event-id", "12"), b"--event-id must be 32 hex digits: 12"),
                        (("--level", "high"), b"--level must be debug, info, warning, error or fatal: high"),
                        (("--sentry-frames", "0"), b"--sentry-frames must be a number from 1: 0"),
                        (("--skip-frames", "-1"), b"--skip-frames must be a number: -1"),
                        (("--sentry-inlines", "all"), b"--sentry-inlines must be plain, final or none: all"),
                        (("-f", "sentry", "--sentry-inlines", "final"),
                         b"--sentry-inlines final needs: --format sentry-rich")):
        refuses(f"{words}", *words, dump, says=says)
    refuses("an unknown format", "-f", "xml", dump, says=b"unknown format: xml")
    refuses("an unknown colour", "--color", "blue", dump, says=b"--color must be auto, always or never: blue")
    for word in ("-1", "x", "", "4294967295", "99999999999999999999"):
        refuses(f"--thread {word!r}", "--thread", word, dump, says=b"--thread must be an index")
    for word in ("0", "-1", "1x", "4294967296"):
        refuses(f"--max-frames {word!r}", "--max-frames", word, dump, says=b"--max-frames must be a number")
    refuses("a thread that isn't there", "--thread", "4000", dump, says=b"no thread with index 4000 among")
    refuses("a symbol path that isn't there", dump, folder / "none", says=b"none: No such file or directory")
    refuses("too many arguments to dump", "dump", dump, "4", "5", says=b"too many arguments: 5")
    refuses("symbols of what is no symbol file", "symbols", "info", dump, says=b"symbol file")
    for words in ((), ("info",), ("info", "--x", "y"), ("index", "a")):
        code, out, err = run("symbols", *words)
        check(f"usage of symbols {words}", code == 2 and not out and err.startswith(b"usage: mdwalk symbols index"))
    refuses("an option of another command", "dump", "--brief", dump, says=b"not an option of this command: brief")
    refuses("the same before the command", "--explain", "report", dump,
            says=b"not an option of this command: explain")
    for command in ((), ("dump",), ("unwind",)):
        refuses(f"a file that isn't there {command}", *command, folder / "none.dmp",
                says=b"none.dmp: No such file or directory")
    refuses("a folder", folder, says=b": Is a directory")
    other = folder / "other"
    other.write_bytes(b"#!/bin/sh\n" + b"#" * 100)
    refuses("a file that is no minidump", other,
            says=b"other: not a minidump (MINIDUMP_HEADER.Signature, outside the streams, offset 0x0)")
    other.write_bytes(b"")
    refuses("an empty file", other, says=b"other: ")
    other.write_bytes(data[:20])
    refuses("a header that is cut", other, says=b"other: cut short (MINIDUMP_HEADER, outside the streams, offset 0x")
    other.write_bytes(data[:32])
    refuses("a directory that isn't there", other, says=b"other: cut short (MINIDUMP_DIRECTORY")
    refuses("standard input that is no minidump", "-", stdin=b"no", says=b"standard input: ")
    refuses("a stream that isn't there", "dump", dump, "HandleData", says=b"no stream HandleData")


def test_damage(dump, folder):
    data = dump.read_bytes()
    cut = folder / "damaged.dmp"
    cut.write_bytes(data[:len(data) * 3 // 4])
    code, out, err = run(cut)
    check("a damaged dump is done", code == 0 and b"\nIssues:\n" in out and err == b"", (code, err, out[-300:]))
    check("--fail-on-issues says so", run("--fail-on-issues", cut)[0] == 1)
    check("and prints the same", run("--fail-on-issues", cut)[1] == out)
    check("unwind knows it too", run("unwind", "--fail-on-issues", cut)[0] == 1)
    issues = json.loads(run("-f", "json", cut)[1])["mdwalk"]["issues"]
    check("json has each issue with stream, offset and reason",
          issues and all({"stream", "offset", "code", "what"} <= i.keys() for i in issues), issues)
    check("dump goes on", run("dump", cut)[0] == 0)
    cut.write_bytes(minidump([]))
    check("a dump without streams is a dump", run(cut)[0] == 0, run(cut))


def test_dump(dump):
    code, out, err = run("dump", dump)
    check("dump prints header and streams",
          code == 0 and err == b"" and out.startswith(b"MINIDUMP_HEADER\n") and b"] ModuleList (0x4) at " in out)
    one = run("dump", dump, "ModuleList")[1]
    check("a stream by name", one and one in out and one.count(b"bytes\n") and b"MINIDUMP_HEADER" not in one)
    for word in ("modulelist", "4", "0x4"):
        check(f"the same by {word}", run("dump", dump, word)[1] == one)
    unknown = minidump([(0x12345, bytes(range(200)) * 2), (0, b""), (10, b"a \x1b[2J comment\0")])
    code, out, _ = run("dump", "-", stdin=unknown)
    check("an unknown stream is shown in hexadecimal, up to a limit",
          b"] unknown (0x12345) at 0x44, 400 bytes\n" in out and b"  000000f0  " in out and b"and 144 bytes more" in out
          and b"00000100" not in out, out)
    check("text can't drive the terminal", b"\x1b" not in out and b'comment: "a \\x1b[2J comment"' in out, out)


def test_unwind(dump):
    code, out, err = run("unwind", dump)
    check("unwind lists frames with trust", code == 0 and err == b"" and b"trust context, source context" in out)
    check("unwind says how each stack ended", out.count(b"     end: ") == out.count(b"\nStack "))
    code, explained, _ = run("unwind", "--explain", "--thread", "0", dump)
    check("--explain shows questions, answers and rows",
          code == 0 and b"     asked " in explained and b"row:  cfa = " in explained and b"grade " in explained)
    check("--explain says where registers came from",
          b" = 0x" in explained and b"  context\n" in explained and b"  loaded from 0x" in explained)
    check("--thread holds there too", set(re.findall(rb"^Stack (\d+)", explained, re.M)) == {b"0"}, explained[:200])
    check("the same twice", run("unwind", "--explain", "--thread", "0", dump)[1] == explained)


def first_frame(*words):
    code, out, err = run("-f", "json", *words)
    return json.loads(out)["threads"][0]["frames"][0] if code == 0 and not err else {}


def test_symbols(folder):
    """A symbol file that covers the first frame of a dump."""
    for dump in dumps:
        document = json.loads(run("-f", "json", dump)[1])
        frame = next((t["frames"][0] for t in document["threads"][:1] if t["frames"]), {})
        if frame.get("module"):
            break
    module = next(m for m in document["modules"] if m["filename"] == frame["module"])
    name, start = module["debug_file"], int(frame["module_offset"], 16) - 4
    place = folder / "symbols" / name / module["debug_id"]
    place.mkdir(parents=True)
    sym = place / (name + ".sym")
    sym.write_text(f"MODULE Linux x86_64 {module['debug_id']} {name}\nFILE 0 /src/outer.c\nFILE 1 /src/inner.c\n"
                   f"INLINE_ORIGIN 0 inner\nFUNC {start:x} 10 0 _Z5outeri\nINLINE 0 7 0 0 {start:x} 10\n"
                   f"{start:x} 10 42 1\n")
    cache = folder / "cache"
    got = first_frame(dump, folder / "symbols", "--cache", cache)
    want = {"function": "outer(int)", "file": "/src/outer.c", "line": 7, "missing_symbols": False,
            "function_offset": "0x%0*x" % (len(frame["offset"]) - 2, 4),
            "inlines": [{"file": "/src/inner.c", "function": "inner", "line": 42}]}
    check("function, line and inlined call", {k: got.get(k) for k in want} == want, got)
    check("the cache has the index", any(p.is_file() for p in cache.rglob("*")))
    check("a second time, from the cache", first_frame(dump, folder / "symbols", "--cache", cache) == got)
    check("--no-demangle", first_frame(dump, sym, "--no-cache", "--no-demangle").get("function") == "_Z5outeri")
    used = {m["filename"]: m["loaded_symbols"]
            for m in json.loads(run("-f", "json", "--no-cache", dump, sym)[1])["modules"]}
    check("loaded_symbols", used[frame["module"]])
    text = run("--no-cache", dump, folder / "symbols")[1].decode()
    check("human has the inlined call first", re.search(
        r"!inner \[inner\.c : 42\]\n +Found by: inlining\n 1  \S+!outer\(int\) \+ 0x4 \[outer\.c : 7\]\n", text), text[:900])
    code, out, err = run("symbols", "list", "--no-cache", dump, folder / "symbols")
    check("symbols list", code == 0 and not err and f"{name}: found".encode() in out, (out, err))
    for level in ((), ("--full",)):
        index = folder / "index"
        check(f"symbols index {level}", run("symbols", "index", *level, sym, index) == (0, b"", b""))
        check(f"an index is there {level}", index.stat().st_size > 100)
    code, out, err = run("symbols", "info", "--verify", index, sym)
    check("symbols info --verify", code == 0 and not err and b"index: full, of %d bytes\n" % sym.stat().st_size in out and
          re.search(rb"\nXXH3-128: [0-9a-f]{32}\nthe index is whole\nit is of this source\n$", out), (out, err))
    check("the index alone", run("symbols", "info", "--verify", index)[1].endswith(b"\nthe index is whole\n"))
    changed = folder / "changed.sym"
    changed.write_text(sym.read_text().replace("inner.c", "INNER.c"))
    code, out, err = run("symbols", "info", "--verify", index, changed)
    check("of another source", code == 2 and out.endswith(b"\nit is of another source\n"), (out, err))
    hurt = folder / "hurt"
    whole = index.read_bytes()
    hurt.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    check("an index with damaged hashes is refused", run("symbols", "info", hurt)[0] == 2)
    hurt.write_bytes(whole[:4100] + bytes([whole[4100] ^ 1]) + whole[4101:])
    code, out, err = run("symbols", "info", "--verify", hurt)
    check("a damaged index", code == 2 and out.endswith(b"\nthe index is damaged at 0x1000\n"), (out, err))
    check("a file that is not there", run("symbols", "info", index, folder / "none")[0] == 2)
    check("a local file has no address", all(m["symbol_url"] is None for m in json.loads(
        run("-f", "json", "--no-cache", dump, sym)[1])["modules"]))
    for file in (sym, index):
        code, out, err = run("symbols", "lookup", file, f"{start + 4:x}", "0")
        check(f"symbols lookup {file.name}", code == 0 and not err and out.decode() == (
            f"0x{start + 4:08x} [inline] inner (/src/inner.c:42)\n"
            f"0x{start + 4:08x} outer(int) + 0x4 (/src/outer.c:7)\n0x00000000 ?\n"), out)
        check(f"symbols info {file.name}", b": functions lines inlines\n" in run("symbols", "info", file)[1])
    other = folder / "other.sym"
    other.write_text(sym.read_text().replace(module["debug_id"], "0" * 31 + "10"))
    check("a file with another id", first_frame(dump, "--no-cache", other).get("function") is None)


def test_help(dump):
    code, text, err = run("--help")
    check("--help prints a page of at most 60 lines", code == 0 and not err and 10 < text.count(b"\n") <= 60)
    check("--help fits 80 columns", max(map(len, text.split(b"\n"))) < 80)
    check("-h is --help, behind anything", run("unwind", "--explain", "-h")[1] == text)
    check("--version", re.fullmatch(rb"mdwalk \d+\.\d+\.\d+\n", run("--version")[1]) and
          run("-V")[1] == run("--version")[1])
    page = (ROOT / "doc/man/mdwalk.1").read_text()
    own, others = page.split(".Sh OTHER COMMAND LINES")
    own += others[others.index("\n.Sh "):]
    in_page = set(re.findall(r"Fl -([a-z][a-z-]*)", own)) | {"compat"}
    in_help = set(re.findall(r"--([a-z][a-z-]*)", text.decode())) - {"help)"}
    check("the man page has the options of --help and no others", in_page == in_help, in_page ^ in_help)
    source = (ROOT / "tools/args.c").read_text()
    known = set(re.findall(r"\{OPTION_\w+, (?:0|'.'), \"([a-z-]+)\"", source))
    known.add("compat")  # tools/compat.c
    check("--help has the options of the program and no others", known == in_help, known ^ in_help)
    if shutil.which("groff"):
        done = subprocess.run(["groff", "-mdoc", "-ww", "-Tascii", "-z", ROOT / "doc/man/mdwalk.1"], capture_output=True)
        check("the man page has no warnings", not done.stderr, done.stderr)


def test_output(dump):
    with open("/dev/full", "wb") as full:
        for words in ((), ("-f", "json"), ("-f", "sentry"), ("-f", "sentry-rich"), ("dump",), ("unwind",), ("--help",)):
            done = subprocess.run([mdwalk, *words, str(dump)], stdout=full, stderr=subprocess.PIPE)
            check(f"a full disk is no success {words}",
                  done.returncode == 2 and done.stderr == b"mdwalk: standard output: No space left on device\n",
                  (done.returncode, done.stderr))

    def ignore_sigpipe():
        signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    for before, want in ((None, -signal.SIGPIPE), (ignore_sigpipe, 2)):
        read, write = os.pipe()
        os.close(read)
        done = subprocess.run([mdwalk, str(dump)], stdout=write, stderr=subprocess.PIPE, preexec_fn=before)
        os.close(write)
        check(f"a reader that went away ends it quietly ({want})",
              done.returncode == want and done.stderr == b"", (done.returncode, done.stderr))
    child = subprocess.Popen([mdwalk, "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    child.stdin.write(b"MDMP")
    child.stdin.flush()
    while True: # until it sleeps in read()
        state = pathlib.Path(f"/proc/{child.pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        name = pathlib.Path(f"/proc/{child.pid}/comm").read_text().strip()
        if state == "S" and name == os.path.basename(mdwalk)[:15]:
            break
    child.send_signal(signal.SIGBUS)
    _, err = child.communicate(timeout=60)
    check("SIGBUS names the file", child.returncode == 2 and
          err == b"mdwalk: standard input: cut short or unreadable while it was read\n", (child.returncode, err))


def test_every_dump():
    for dump in dumps:
        for words in ((), ("-f", "json"), ("dump",), ("unwind", "--explain")):
            code, out, err = run(*words, dump)
            check(f"{dump.name} {words}", code == 0 and out and not err, (code, err))


if not dumps:
    sys.exit(f"no dumps in {sys.argv[2]}")
with tempfile.TemporaryDirectory() as name:
    folder, dump = pathlib.Path(name), of_many_threads()
    test_report(dump)
    test_sentry(next(d for d in dumps if d.name == "x86_64-O2-threads.dmp"))
    test_colour(dump)
    test_input(dump, folder)
    test_refusals(dump, folder)
    test_damage(dump, folder)
    test_dump(dump)
    test_unwind(dump)
    test_symbols(folder)
    test_help(dump)
    test_output(dump)
    test_every_dump()
print(f"{passed} passed, {len(failed)} failed")
sys.exit(bool(failed))
