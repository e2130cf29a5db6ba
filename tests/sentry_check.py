#!/usr/bin/env python3
"""Sentry's events against what the dumps' bytes say, by the rules of Sentry's own
systems, and against the stored results of another walker.

usage: sentry_check.py MDWALK ROOT [--corpus FOLDER] [--schema FILE]

Of every dump in ROOT/testdata/dumps, or in FOLDER, with its symbols and without:
`--format sentry` validates against FILE (Sentry's event.schema.json; without it
against tests/sentry_schema.json, which has the part that events of dumps use);
`sentry-rich` without trust, data and frames_omitted is the same event; and every
value is the one that tests/sentry_dump.py and the rules below derive from the
dump: event, exception, mechanism, contexts, threads, registers, images, and of
each frame address form, package and image. Which frames there are the .truth
files of testdata say, and FOLDER/expected/**/*.json: rust-minidump's results, of
which every frame of a trust above scan must be there, in order, with its name,
line and inlined calls. What differs has a line `DUMP MODE KIND<tab>HEADING` in
tests/sentry_differences.tsv, or in tests/differences.tsv where the walk differs;
the heading is one of doc/differences.md and DUMP may be `testdata/*`. FOLDER is laid out as
<source>/dumps/*.dmp, <source>/symbols, expected/<source>/*.json.
"""
import argparse
import json
import pathlib
import re
import signal
import subprocess
import sys

try:
    import jsonschema
except ImportError:
    print("python3-jsonschema is not there")
    sys.exit(77)

sys.dont_write_bytecode = True
from sentry_dump import AMD64, ARM, ARM64, COUNTER, FORMATS, X86, Dump

BACK = {X86: 1, AMD64: 1, ARM: 2, ARM64: 4}  # how far behind the call the stored results look
TRUSTED = {"context", "cfi", "frame_pointer", "prewalked"}
RICH = {"trust", "data", "frames_omitted"}
SI_CODES = {"SIGSEGV": {1: "SEGV_MAPERR", 2: "SEGV_ACCERR"}, "SIGTRAP": {1: "TRAP_BRKPT", 2: "TRAP_TRACE"},
            "SIGILL": {1: "ILL_ILLOPC", 2: "ILL_ILLOPN"}, "SIGFPE": {1: "FPE_INTDIV"}, "SIGBUS": {1: "BUS_ADRALN"}}


# --- what the rules make of a dump ---------------------------------------------------------------------------------

def crash_address(dump):
    e = dump.exception
    address = e["address"]
    if dump.os == "Windows" and e["code"] in (0xC0000005, 0xC0000006) and len(e["info"]) >= 2:
        address = e["info"][1]
    return address & 0xFFFFFFFF if dump.arch in (X86, ARM) else address


def linux_reason(e):
    name = signal.Signals(e["code"]).name
    code = SI_CODES.get(name, {}).get(e["flags"])
    general = {0x80: "SI_KERNEL", 0xFFFFFFFA: "SI_TKILL"}
    return f"{name} / {code or general.get(e['flags'], hex(e['flags']))}" if e["flags"] else name


def meta(dump, reason):
    """mechanism.meta, by the dump's own system."""
    e = dump.exception
    name, _, code_name = (reason or "").partition(" / ")
    if dump.os in ("Linux", "Android"):
        number = e["flags"] - (1 << 32) if e["flags"] >> 31 else e["flags"]
        known = {"name": name, "code_name": code_name} if code_name else {"name": name}
        return {"signal": {"number": e["code"], "code": number, **known}}
    if dump.os not in ("macOS", "iOS"):
        return None
    info = e["info"]
    number, code, subcode, signals = e["code"], e["flags"], None, None
    if len(info) >= 3:
        subcode = info[2]
        if info[0] == number or not number:
            number, code = info[0], info[1]
        if info[0] == 10 and info[1] >> 24 & 0xFF:
            signals = info[1] >> 24 & 0xFF
    elif number == 1:
        subcode = e["address"]
    names = ["EXC_BAD_ACCESS", "EXC_BAD_INSTRUCTION", "EXC_ARITHMETIC", "EXC_EMULATION", "EXC_SOFTWARE",
             "EXC_BREAKPOINT", "EXC_SYSCALL", "EXC_MACH_SYSCALL", "EXC_RPC_ALERT", "EXC_CRASH", "EXC_RESOURCE",
             "EXC_GUARD", "EXC_CORPSE_NOTIFY"]
    mach = {"exception": number, "code": code}
    if subcode is not None:
        mach["subcode"] = subcode
    if 0 < number <= len(names):
        mach["name"] = names[number - 1]
    found = {"mach_exception": mach}
    if signals:
        darwin = {4: "SIGILL", 5: "SIGTRAP", 6: "SIGABRT", 8: "SIGFPE", 9: "SIGKILL", 10: "SIGBUS", 11: "SIGSEGV"}
        found["signal"] = {"number": signals, "code": 0, "name": darwin[signals]}
    return found


def exception(dump, reason):
    mechanism = {"type": "minidump", "handled": False, "synthetic": True}
    if not dump.exception:
        return {"type": "Minidump", "mechanism": mechanism}
    if meta(dump, reason):
        mechanism["meta"] = meta(dump, reason)
    return {"type": reason, "value": f"Fatal Error: {reason} / {crash_address(dump):#x}", "mechanism": mechanism}


def os_context(dump):
    version, build = ".".join(map(str, dump.version)), dump.csd.strip()
    if dump.platform == 0x8201 and dump.version == (0, 0, 0) and build:
        words = build.split(" ")
        tail = 2 if words[-1] == "Linux/GNU" else 1
        version, build = words[1], " ".join(words[2:-tail])
    found = {"type": "os", "name": dump.os, "version": version, "build": build}
    return {k: v for k, v in found.items() if v}


def guid(raw):
    d1, d2, d3 = int.from_bytes(raw[:4], "little"), int.from_bytes(raw[4:6], "little"), int.from_bytes(raw[6:8], "little")
    return f"{d1:08x}-{d2:04x}-{d3:04x}-{raw[8:10].hex()}-{raw[10:16].hex()}"


def ids(dump, module):
    """debug_id, code_id, debug_file of a module; None where there is none."""
    cv, kind = module["cv"], FORMATS.get(dump.os)
    signature = int.from_bytes(cv[:4], "little")
    pe = f"{module['timestamp']:08x}{module['size']:x}"
    if signature == 0x4270454C:
        build = cv[4:]
        if not any(build):
            return None, None, module["name"]
        return guid(build.ljust(16, b"\0")[:16]), build.hex(), module["name"]
    if cv[:4] == b"RSDS":
        raw, age = cv[4:20], int.from_bytes(cv[20:24], "little")
        file = cv[24:].split(b"\0")[0].decode("utf-8", "replace")
        debug = guid(raw) + (f"-{age:x}" if age else "") if any(raw) else None
        code = {"pe": pe, "macho": guid(raw).replace("-", "") if any(raw) else None}.get(kind)
        return debug, code, file or None
    if cv[:4] == b"NB10":
        stamp, age = int.from_bytes(cv[8:12], "little"), int.from_bytes(cv[12:16], "little")
        return f"{stamp:08X}" + (f"-{age:x}" if age else ""), pe, cv[16:].split(b"\0")[0].decode() or None
    return None, pe if kind == "pe" else None, None


def owned(dump):
    """Modules in order of address; of two that overlap the one with the lower start wins."""
    kept = []
    for m in sorted(dump.modules, key=lambda m: m["base"]):
        if m["size"] and m["base"] + m["size"] <= 1 << 64 and (
                not kept or m["base"] >= kept[-1]["base"] + kept[-1]["size"]):
            kept.append(m)
    return kept


def images(dump, used):
    found = []
    for m in owned(dump):
        debug, code, file = ids(dump, m)
        if not debug and not code and m["base"] not in used:
            continue
        image = {"type": FORMATS.get(dump.os), "code_file": m["name"], "code_id": code, "debug_file": file,
                 "debug_id": debug, "arch": dump.arch, "image_addr": hex(m["base"]), "image_size": m["size"]}
        found.append({k: v for k, v in image.items() if v})
    return found


def contexts(dump):
    found = {"os": os_context(dump), "device": {"type": "device", "arch": dump.arch or "unknown"}}
    annotations = dump.crashpad()
    if annotations and annotations[0]:
        found["crashpad"] = annotations[0]
    for index, notes in annotations[1] if annotations else ():
        if index < len(dump.modules):
            name = re.split(r"[/\\]", dump.modules[index]["name"])[-1]
            found[name] = {"type": "crashpad", **notes["simple"], **notes["objects"]}
            if notes["list"]:
                found[name]["annotations"] = notes["list"]
    return found


def requesting(dump):
    """Its id; None where there is no such thread."""
    info = dump.breakpad()
    ident = dump.exception["thread"] if dump.exception else info[2] if info and info[0] & 2 else None
    return ident if any(t["id"] == ident for t in dump.threads) else None


def event(dump, reason, used):
    """The whole event, but for the frames and what only symbols tell."""
    names, info, main = dump.names(), dump.breakpad(), requesting(dump)
    crash = exception(dump, reason)
    threads = []
    for t in dump.threads:
        one = {"id": t["id"]}
        if t["id"] in names:
            one["name"] = names[t["id"]]
        writer = info and info[0] & 1 and t["id"] == info[1] and t["id"] != main
        context = t["context"]
        if t["id"] == main and dump.exception and dump.registers(dump.exception["context"]):
            context = dump.exception["context"]
        registers = None if writer else dump.registers(context)
        stack = {"registers": {k: hex(v) for k, v in registers.items()}} if registers else {}
        if registers:
            stack["pc"] = registers[COUNTER[dump.arch]]
        if t["id"] == main:
            one["crashed" if dump.exception else "current"] = True
            crash["thread_id"], crash["stacktrace"] = main, stack
        else:
            one["stacktrace"] = stack
        threads.append(one)
    sdk = "crashpad" if 0x43500001 in dump.streams else "breakpad" if info else "unknown"
    found = {"platform": "native", "level": "fatal" if dump.exception else "info", "timestamp": dump.timestamp,
             "sdk": {"name": "minidump." + sdk, "version": "0.0.0"}, "contexts": contexts(dump),
             "exception": {"values": [crash]}, "debug_meta": {"images": images(dump, used)}}
    if threads:
        found["threads"] = {"values": threads}
    return {k: v for k, v in found.items() if v != 0}


# --- comparing -----------------------------------------------------------------------------------------------------

def without(value, keys):
    if isinstance(value, dict):
        return {k: without(v, keys) for k, v in value.items() if k not in keys}
    return [without(v, keys) for v in value] if isinstance(value, list) else value


def differing(want, have, path=""):
    """(kind, have, want) of every value that differs."""
    if isinstance(want, dict) and isinstance(have, dict):
        for key in sorted(want.keys() | have.keys()):
            yield from differing(want.get(key), have.get(key), f"{path}.{key}".lstrip("."))
    elif isinstance(want, list) and isinstance(have, list) and len(want) == len(have):
        for i, (w, h) in enumerate(zip(want, have)):
            yield from differing(w, h, f"{path}[{i}]")
    elif want != have or type(want) is not type(have):
        yield path, have, want


def physical(stack):
    """Frames innermost first, each with the names inlined into it, innermost first."""
    found = []
    for frame in stack.get("frames", []):
        if "instruction_addr" in frame:
            found.append((frame, []))
        else:
            found[-1][1].insert(0, frame)
    return found[::-1]


def module_at(modules, addr):
    return next((m for m in modules if m["base"] <= addr < m["base"] + m["size"]), None)


def check_form(dump, stack, pc, differs):
    """What holds of every stack, whatever was walked."""
    frames = physical(stack)
    modules = owned(dump)
    if stack.get("instruction_addr_adjustment") != ("all_but_first" if frames else None):
        differs("adjustment", stack.get("instruction_addr_adjustment"), "all_but_first")
    thumb = dump.arch == ARM  # bit 0 of a pc says so and is no part of it
    if frames and pc is not None and int(frames[0][0]["instruction_addr"], 16) != pc & ~thumb:
        differs("innermost", frames[0][0]["instruction_addr"], hex(pc))
    for i, (frame, inlined) in enumerate(frames):
        addr = int(frame["instruction_addr"], 16)
        if hex(addr) != frame["instruction_addr"]:
            differs("form", frame["instruction_addr"], hex(addr))
        m = module_at(modules, addr - (i > 0))
        wanted = {"package": m and m["name"], "image_addr": m and hex(m["base"])}
        for f in [frame, *inlined]:
            for key, value in wanted.items():
                if f.get(key) != value:
                    differs(key, f.get(key), value)
        if any("symbol_addr" in f for f in inlined):
            differs("symbol_addr", "of an inlined call", None)


def names_of(frame):
    """function, file, line as the stored results have them, of a frame of an event."""
    file, name = frame.get("abs_path"), frame.get("filename")
    if name != (file and file.rsplit("/", 1)[-1]):
        return "filename", name
    return frame.get("function"), file, frame.get("lineno")


def stored_names(frame):
    function = frame.get("function")
    return function and function[:256], frame.get("file"), frame.get("line") or None


def subsequence(want, have):
    found = at = 0
    for w in want:
        for j in range(at, len(have)):
            if have[j] == w:
                found, at = found + 1, j + 1
                break
    return found


def check_walk(dump, index, stack, stored, differs):
    """Which frames there are, against a stored result."""
    back = BACK.get(dump.arch, 1)
    mine = physical(stack)
    have = [int(f["instruction_addr"], 16) for f, _ in mine]
    all_stored = [int(f["offset"], 16) + (back if i else 0) for i, f in enumerate(stored)]
    want = [a for a, f in zip(all_stored, stored) if f["trust"] in TRUSTED]
    if subsequence(want, have) < len(want):
        differs(f"thread{index}.fewer", [hex(a) for a in have], [hex(a) for a in want])
    by_addr = {}
    for frame, inlined in mine:
        by_addr.setdefault(int(frame["instruction_addr"], 16), (frame, inlined))
    for addr, frame in zip(all_stored, stored):
        if addr not in by_addr or frame["trust"] not in TRUSTED:
            continue
        own, inlined = by_addr[addr]
        if frame["missing_symbols"]:
            continue
        if names_of(own) != stored_names(frame):
            differs(f"thread{index}.name", names_of(own), stored_names(frame))
        calls = [stored_names(f) for f in frame.get("inlines") or []]
        if [names_of(f) for f in inlined] != calls:
            differs(f"thread{index}.inlines", [names_of(f) for f in inlined], calls)
        if frame.get("function_offset") and own.get("symbol_addr"):
            start = int(frame["offset"], 16) - int(frame["function_offset"], 16)
            if int(own["symbol_addr"], 16) != start:
                differs(f"thread{index}.symbol_addr", own["symbol_addr"], hex(start))


def truth_of(path):
    threads, frames = {}, None
    for line in path.read_text().splitlines():
        word = line.split()
        if word[0] == "thread":
            frames = threads.setdefault(int(word[1]), [])
        elif word[0] == "frame":
            frames.append(int(word[1], 16))
    return threads


class Check:
    def __init__(self, tool, root, schema):
        self.tool, self.root, self.values, self.dumps, self.unlisted = tool, root, 0, 0, 0
        self.validator = jsonschema.Draft7Validator(json.loads(schema.read_text()))
        self.known, self.headings = {}, (root / "doc/differences.md").read_text()
        for name in ("sentry_differences.tsv", "differences.tsv"):
            for line in (root / "tests" / name).read_text().splitlines():
                if line and not line.startswith("#"):
                    key, heading = line.split("\t")
                    self.known[tuple(key.split())] = [0, name]
                    if f"## {heading}\n" not in self.headings:
                        sys.exit(f"tests/{name}: no heading {heading}")

    def differs(self, dump, mode, kind, have, want):
        everywhere = dump.split("/")[0] + "/*"
        hit = [k for k in ((dump, mode, kind), (dump, "*", kind), (everywhere, "*", kind)) if k in self.known]
        for k in hit:
            self.known[k][0] += 1
        if not hit:
            self.unlisted += 1
            print(f"DIFF {dump} {mode} {kind}: {have!r:.300}, by the rules {want!r:.300}")

    def run(self, form, path, symbols):
        done = subprocess.run([self.tool, "--no-cache", "--format", form, path, *symbols], capture_output=True,
                              timeout=120, check=True)
        return json.loads(done.stdout)

    def one(self, name, mode, path, symbols, reason, stored=None, truth=None):
        self.dumps += 1
        def differs(kind, have, want):
            self.differs(name, mode, kind, have, want)
        have = self.run("sentry", path, symbols)
        for error in self.validator.iter_errors(have):
            differs("schema", ".".join(map(str, error.path)), error.message)
        if without(self.run("sentry-rich", path, symbols), RICH) != have:
            differs("rich", "another event", "the strict one")
        dump = Dump(path.read_bytes())
        used, stacks = set(), self.take_stacks(have)
        for stack in stacks.values():
            used |= {int(f["image_addr"], 16) for f, _ in physical(stack) if "image_addr" in f}
        want = event(dump, reason, used)
        if stored:
            want["contexts"]["device"] |= {"cpu_description": stored["system_info"]["cpu_info"]}
        elif "cpu_description" in have["contexts"]["device"]:
            want["contexts"]["device"]["cpu_description"] = have["contexts"]["device"]["cpu_description"]
        if dump.cpus:
            want["contexts"]["device"]["processor_count"] = dump.cpus
        self.compare(dump, have, want, stacks, differs)
        for i, t in enumerate(dump.threads):
            stack = stacks.get(t["id"], {})
            if stored and i < len(stored["threads"]):
                check_walk(dump, i, stack, stored["threads"][i]["frames"], differs)
            if truth:
                mine = [int(f["instruction_addr"], 16) for f, _ in physical(stack)]
                self.found += subsequence(truth.get(t["id"], []), mine)
                self.recorded += len(truth.get(t["id"], []))

    @staticmethod
    def take_stacks(have):
        """By thread id; those of the crashed thread are the exception's."""
        found = {t["id"]: t["stacktrace"] for t in have.get("threads", {}).get("values", []) if "stacktrace" in t}
        crash = have["exception"]["values"][0]
        if "stacktrace" in crash:
            found[crash.get("thread_id")] = crash["stacktrace"]
        return found

    def compare(self, dump, have, want, stacks, differs):
        if not re.fullmatch(r"[0-9a-f]{32}", have.pop("event_id", "")):
            differs("event_id", None, "32 hex digits")
        if have["contexts"].pop("mdwalk", {"type": "mdwalk"})["type"] != "mdwalk":
            differs("contexts.mdwalk.type", None, "mdwalk")
        for t in want.get("threads", {}).get("values", []) + want["exception"]["values"]:
            pc = t.get("stacktrace", {}).pop("pc", None)
            if "stacktrace" in t:
                check_form(dump, stacks.get(t.get("id", t.get("thread_id")), {}), pc, differs)
        have = without(have, {"frames", "instruction_addr_adjustment"})
        self.values += sum(1 for _ in self.leaves(want))
        for kind, h, w in differing(want, have):
            differs(kind, h, w)

    @staticmethod
    def leaves(value):
        children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
        if children is None:
            yield value
        else:
            for child in children:
                yield from Check.leaves(child)

    def testdata(self):
        self.found = self.recorded = 0
        known = dict(line.split("\t")[:2] for line in (self.root / "tests/truth_known.tsv").read_text().splitlines()
                     if line and not line.startswith("#"))
        for path in sorted((self.root / "testdata/dumps").glob("*.dmp")):
            self.found = self.recorded = 0
            dump = Dump(path.read_bytes())
            reason = linux_reason(dump.exception) if dump.exception else None
            self.one("testdata/" + path.stem, "nosym", path, [], reason, truth=truth_of(path.with_suffix(".truth")))
            wanted = int(known.get(path.stem, self.recorded))
            if self.found != wanted:
                self.differs("testdata/" + path.stem, "nosym", "truth", self.found, wanted)

    def corpus(self, folder):
        for expected in sorted((folder / "expected").glob("*/*.json")):
            source, mode = expected.parent.name, "nosym" if expected.name.endswith(".nosym.json") else "sym"
            stem = expected.name.removesuffix(".json").removesuffix(".nosym")
            if not expected.stat().st_size:
                continue
            stored = json.loads(expected.read_text())
            symbols = sorted(folder.glob("*/symbols")) if mode == "sym" else []
            self.one(f"{source}/{stem}", mode, folder / source / "dumps" / (stem + ".dmp"), symbols,
                     stored["crash_info"]["type"], stored=stored)

    def stale(self, corpus):
        """Lines that no event needed any more."""
        for key, (hits, name) in self.known.items():
            if not hits and name == "sentry_differences.tsv" and key[0].startswith("testdata/") != corpus:
                self.unlisted += 1
                print("STALE", *key)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("tool")
    parser.add_argument("root", type=pathlib.Path)
    parser.add_argument("--corpus", type=pathlib.Path)
    parser.add_argument("--schema", type=pathlib.Path)
    args = parser.parse_args()
    check = Check(args.tool, args.root, args.schema or args.root / "tests/sentry_schema.json")
    if args.corpus:
        check.corpus(args.corpus)
    else:
        check.testdata()
    check.stale(bool(args.corpus))
    print(f"{check.dumps} events, {check.values} values beside the frames; differences not listed: {check.unlisted}")
    return check.unlisted > 0


sys.exit(main())
