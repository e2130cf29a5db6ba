#!/usr/bin/env python3
"""check_faults.py MDWALK TARGET: tests/faults is built for TARGET and crashes
in each of its ways; what mdwalk says of every crash is what the program did:
tests/faults.tsv. The files on the disk stand by with code and symbols, which
the dumps lack. Exit 77 without the compiler or the emulator.
"""
import json
import pathlib
import resource
import shutil
import subprocess
import sys
import tempfile

TARGETS = {
    "x86_64": ("gcc", [], []),
    "i386": ("i686-linux-gnu-gcc", [], []),
    "arm": ("arm-linux-gnueabihf-gcc", ["-marm"], ["qemu-arm", "-L", "/usr/arm-linux-gnueabihf"]),
    "thumb": ("arm-linux-gnueabihf-gcc", ["-mthumb"], ["qemu-arm", "-L", "/usr/arm-linux-gnueabihf"]),
    "aarch64": ("aarch64-linux-gnu-gcc", [], ["qemu-aarch64", "-L", "/usr/aarch64-linux-gnu"]),
}
TESTS = pathlib.Path(__file__).resolve().parent
SOURCES = ["faults/faults.c", *(f"truth/{n}.c" for n in ("selfdump", "shadow", "context", "memory", "modules", "put"))]
CALLS = ("call", "blr", "blx")


def read_table(target):
    rows = {}
    for line in (TESTS / "faults.tsv").read_text().splitlines():
        if not line or line.startswith("#"):
            continue
        mode, where, *want = line.split("\t")
        if where == target or (where == "*" and mode not in rows):
            rows[mode] = want
    return rows


def build(folder, target):
    gcc, flags, _ = TARGETS[target]
    gxx = gcc.removesuffix("cc") + "++"
    subprocess.run([gxx, *flags, "-O2", "-c", "-o", folder / "throw.o", TESTS / "faults/throw.cc"], check=True)
    subprocess.run([gcc, *flags, "-std=gnu11", "-O2", "-g", "-w", "-I", TESTS / "truth", "-pthread",
                    "-Wl,--build-id=sha1", "-o", folder / "faults", *(TESTS / s for s in SOURCES),
                    folder / "throw.o", "-lstdc++"], check=True)
    files = [folder / "faults"]
    for name in ("libc.so.6", "libstdc++.so.6"):
        found = subprocess.run([gcc, *flags, f"-print-file-name={name}"], capture_output=True, text=True, check=True)
        # A cross compiler's libraries are not those that a native run loads.
        places = [found.stdout.strip(), f"/lib32/{name}", f"/lib/i386-linux-gnu/{name}"]
        files += [p for p in places if pathlib.Path(p).exists()]
    return files


def limits():
    resource.setrlimit(resource.RLIMIT_STACK, (1 << 20, 1 << 20))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def crash(folder, target, mode, kind):
    """The dump, and the address that the program says it will use."""
    dump = folder / f"{mode}.dmp"
    run = subprocess.run([*TARGETS[target][2], folder / "faults", mode, dump, *kind], capture_output=True,
                         timeout=60, preexec_fn=limits, stdin=subprocess.DEVNULL)
    told = run.stdout.decode()
    return dump if run.returncode == 0 else None, int(told, 16) if told else None


def address_is(want, have, told, registers):
    if want == "none":
        return have is None
    if have is None:
        return False
    if want == "told":
        return int(have, 16) == told
    value = {n: int(v, 16) for n, v in registers.items()}
    if want == "sp":
        return abs(int(have, 16) - value.get("rsp", value.get("esp", value.get("sp")))) < 0x10000
    if want == "pc":
        return int(have, 16) == value.get("rip", value.get("eip", value.get("pc")))
    return int(have, 16) == int(want, 16)


def adjusted_is(want, have, told):
    if want == "null":
        return have and have["kind"] == "null-pointer" and int(have["offset"], 16) == told
    if want == "bad":
        return have and have["kind"] == "non-canonical" and int(have["address"], 16) == told
    return have is None


def text_of(message):
    """An assertion begins with the program's name and its source's path."""
    text = message["text"]
    if message["kind"] == "abort":
        text = text[text.index("assert_mode"):] if "assert_mode" in text else text
    return f"{message['kind']}: {text}"


def problems(mode, want, report, told):
    reason, address, adjusted, access, findings, messages = want
    info, more = report["crash_info"], report["mdwalk"]["crash"]
    registers = report["crashing_thread"]["frames"][0]["registers"]
    accesses = info["memory_accesses"] or []
    have = [f"{a.get('access_type')} {a.get('size')}" for a in accesses]
    if info["type"] != reason:
        yield f"reason {info['type']}"
    if not address_is(address, info["address"], told, registers):
        yield f"address {info['address']}, told {told and hex(told)}"
    if not adjusted_is(adjusted, info["adjusted_address"], told):
        yield f"adjusted {info['adjusted_address']}, told {told and hex(told)}"
    # Which instruction of a recursion meets the end of the stack is chance: it
    # hangs on where the stack began.
    if access == "write any":
        if len(have) != 1 or not have[0].startswith("write "):
            yield f"accesses {have}, wanted one write"
    elif access != "*" and have != ([] if access == "-" else [access]):
        yield f"accesses {have}, wanted {access}"
    if access not in "*-" and address != "sp" and mode != "return-wild" and int(accesses[0]["address"], 16) != told:
        yield f"accesses {accesses}, told {told and hex(told)}"
    # A bit flip that might also be is a hint.
    names = [f["name"] for f in more["findings"] if f["name"] != "bit-flip"]
    if names != findings.split(","):
        yield f"findings {names}, wanted {findings}"
    said = "; ".join(text_of(m) for m in more["messages"]) or "-"
    if said != messages:
        yield f"messages {said}"
    if mode.startswith("call-") and not any(f"`{c} " in more["findings"][0]["sentence"] for c in CALLS):
        yield f"which call went there is not said: {more['findings'][0]['sentence']}"


def main(tool, target):
    gcc, _, runner = TARGETS[target]
    missing = [t for t in (gcc, gcc.removesuffix("cc") + "++", *runner[:1]) if not shutil.which(t)]
    if missing:
        print(f"no {', '.join(missing)}: nothing tested")
        return 77
    rows, failed = read_table(target), 0
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        files = build(folder, target)
        for mode, want in rows.items():
            dump, told = crash(folder, target, mode, ["data"] if want[-1] != "-" else [])
            if dump is None:
                print(f"{target} {mode}: no crash")
                failed += 1
                continue
            run = subprocess.run([tool, "-f", "json", "--no-cache", dump, *files], capture_output=True, check=True,
                                 timeout=60)
            for problem in problems(mode, want, json.loads(run.stdout), told):
                print(f"{target} {mode}: {problem}")
                failed += 1
    print(f"{target}: {len(rows)} crashes, {failed} problems")
    return int(failed > 0 or not rows)


sys.exit(main(*sys.argv[1:]))
