#!/usr/bin/env python3
"""Our synthetic dumps, read by somebody else: LLVM's obj2yaml and LLDB find in
them what tests/synth/everything.c put there. Usage: second_reader.py WRITE_SYNTH"""
import re
import shutil
import subprocess
import sys
import tempfile

OBJ2YAML = ["obj2yaml-19", "obj2yaml"]
LLDB = ["lldb-19", "lldb"]
LIBC = 0x7FF612340000

# stream: [(key, value) in the order of the file]; other keys are passed over.
YAML = {
    "ThreadList": [
        ("Thread Id", 11), ("Suspend Count", 1), ("Priority Class", 0x20), ("Priority", 8),
        ("Environment Block", 0x7FFDF000), ("Start of Memory Range", 0x7000F000),
        ("Thread Id", 12), ("Suspend Count", 2), ("Priority Class", 0x40), ("Priority", 9),
        ("Environment Block", 0x7FFDE000), ("Start of Memory Range", 0x8000F000)],
    "Exception": [
        ("Thread ID", 11), ("Exception Code", 11), ("Exception Flags", 1),
        ("Exception Record", 0xDEAD0000), ("Exception Address", 0x401001),
        ("Number of Parameters", 2), ("Parameter 0", 1), ("Parameter 1", 0x1234567890),
        ("Parameter 2", 3)],
    "ModuleList": [
        ("Base of Image", 0x400000), ("Size of Image", 0x1000), ("Checksum", 0xAB12),
        ("Time Date Stamp", 0x5E000001), ("Module Name", r"C:\a\app.exe"),
        ("Signature", 0xFEEF04BD), ("Struct Version", 0x50), ("File Version High", 0x51),
        ("File Version Low", 0x52), ("Product Version High", 0x53), ("Product Version Low", 0x54),
        ("File Flags Mask", 0x55), ("File Flags", 0x56), ("File OS", 0x57), ("File Type", 0x58),
        ("File Subtype", 0x59), ("File Date High", 0x5A), ("File Date Low", 0x5B),
        ("CodeView Record", b"RSDS" + bytes.fromhex("433221106554877698A9BACBDCEDFE0F")
         + b"\3\0\0\0app.pdb\0"),
        ("Misc Record", b"misc"),
        ("Base of Image", LIBC), ("Size of Image", 0x20000), ("Time Date Stamp", 0x5E000002),
        ("Module Name", "/lib/libc.so.6"), ("CodeView Record", b"LEpB" + bytes(range(1, 21))),
        ("Base of Image", 0x10000000), ("Size of Image", 0x3000), ("Checksum", 7),
        ("Time Date Stamp", 0x5E000003), ("Module Name", "old.dll"),
        ("CodeView Record", b"NB10\0\0\0\0\0\0\0\x3A\5\0\0\0old.pdb\0")],
    "MemoryInfoList": [
        ("Base Address", 0x10000), ("Allocation Protect", "[ PAGE_READ_WRITE ]"),
        ("Region Size", 0x2000), ("State", "[ MEM_COMMIT ]"),
        ("Protect", "[ PAGE_READ_WRITE, PAGE_GUARD ]"), ("Type", "[ MEM_PRIVATE ]"),
        ("Base Address", LIBC), ("Allocation Protect", "[ PAGE_EXECUTE_WRITE_COPY ]"),
        ("Region Size", 0x20000), ("State", "[ MEM_COMMIT ]"),
        ("Protect", "[ PAGE_EXECUTE_READ ]"), ("Type", "[ MEM_IMAGE ]")],
    "SystemInfo": [
        ("Processor Level", 6), ("Processor Revision", 0x0A05), ("Number of Processors", 4),
        ("Product type", 1), ("Major Version", 10), ("Minor Version", 1), ("Build Number", 19045),
        ("Platform ID", "Linux"), ("CSD Version", "Linux 6.1.0 x86_64"), ("Suite Mask", 0x100),
        ("Vendor ID", "GenuineIntel"), ("Version Info", 0x306A9), ("Feature Info", 0xBFEBFBFF),
        ("AMD Extended Features", 7)],
    "MemoryList": [
        ("Start of Memory Range", 0x7000F000), ("Content", b"some memory"),
        ("Start of Memory Range", 0x401000), ("Content", b"\x90\x90\xC3")],
    "CommentA": [("Content", b"a comment\0")],
    "BreakpadInfo": [("Content", bytes([3, 0, 0, 0, 12, 0, 0, 0, 11, 0, 0, 0]))],
    "LinuxEnviron": [("Content", b"A=1\0B=two\nlines\0C")],
}
TEXTS = {
    "LinuxCPUInfo": ["processor\t: 0", "model name\t: A CPU @ 2.0", "flags\t:"],
    "LinuxProcStatus": ["Name:\tcrash", "Pid:\t77", "no separator"],
    "LinuxLSBRelease": ["DISTRIB_ID=Debian", 'PRETTY_NAME="Debian 12"', "X='y'"],
    "LinuxMaps": ["00400000-00401000 r-xp 00001000 fd:01 77   /a b (deleted)"],
}
COMMANDS = ["thread list", "image list",
            "memory read -c 11 -f x -s 1 0x10000", "memory read -c 6 -f x -s 1 0x20000",
            "memory read -c 22 -f x -s 1 0xFFFFFFFFFFFFF000"]
SHOWN = {
    "the crashed thread": r"\* thread #1: tid = 11\b.*SIGSEGV",
    "the other thread": r"thread #2: tid = 12\b",
    "a PDB's id": r"43322110-6554-8776-98A9-BACBDCEDFE0F\S* +0x0*400000 C:\\a\\app.exe",
    "a build id": r"01020304-0506-0708-090A-0B0C0D0E0F10-11121314 +0x0*7ff612340000 /lib/libc.so.6",
    "a module without id": r" 0x0*10000000 old.dll",
    "the first range of Memory64List": "0x66 0x69 0x72 0x73 0x74 0x20 0x72 0x61",
    "its second range": "0x0*20000: 0x73 0x65 0x63 0x6f 0x6e 0x64",
    "its last range": "0x74 0x68 0x69 0x72 0x64 0x2c 0x20 0x61",
}
# What LLVM prints of the CPU and LLDB of the registers, by dump.
DUMPS = {
    "once64": ("AMD64", "0x0*401001"),
    "once64-padded": ("AMD64", "0x0*401001"),
    "once32": ("X86", None),
}

passed, failed = 0, 0


def check(ok, what):
    global passed, failed
    passed += bool(ok)
    failed += not ok
    if not ok:
        print(f"FAILED: {what}")


def value(text, want):
    text = text.strip().strip("'")
    if isinstance(want, bytes):
        return bytes.fromhex(text)
    return int(text, 0) if isinstance(want, int) else text


def streams(text):
    parts = re.split(r"^  - Type: +(\S+)\n", text, flags=re.M)
    return dict(zip(parts[1::2], parts[2::2]))


def check_yaml(name, text, arch):
    found = streams(text)
    for stream, want in YAML.items():
        keys = {k for k, _ in want}
        lines = re.findall(r"^ +(?:- )?([\w ]+): +(.*)$", found.get(stream, ""), re.M)
        have = [(k, v) for k, v in lines if k in keys]
        if stream == "ThreadList":  # the record, not what it refers to
            have = [(k, v) for k, v in have if k not in ("Context", "Content")]
        check(len(have) == len(want), f"{name}: {stream}: {len(have)} fields, not {len(want)}")
        for (have_key, have_value), (key, val) in zip(have, want):
            ok = have_key == key and value(have_value, val) == val
            check(ok, f"{name}: {stream}: {have_key} is {have_value}, not {key} {val}")
    for stream, lines in TEXTS.items():
        for line in lines:
            check(line in found.get(stream, ""), f"{name}: {stream}: {line}")
    check(f"Processor Arch:  {arch}\n" in found.get("SystemInfo", ""), f"{name}: CPU")


def check_lldb(name, lldb, path, pc):
    commands = [f"target create -c {path}"] + COMMANDS + (["register read rip"] if pc else [])
    args = [lldb, "-b", "--no-lldbinit"] + [a for c in commands for a in ("-o", c)]
    try:
        run = subprocess.run(args, capture_output=True, text=True, timeout=60)
    except subprocess.TimeoutExpired:
        check(False, f"{name}: {lldb} does not end")
        return
    for what, pattern in SHOWN.items():
        check(re.search(pattern, run.stdout), f"{name}: {lldb} does not show {what}")
    if pc:
        check(re.search(f"rip = {pc}", run.stdout), f"{name}: {lldb} does not show rip")


def tool(names):
    found = next((n for n in names if shutil.which(n)), None)
    if not found:
        print(f"NOT RUN: none of {', '.join(names)} is installed")
    return found


def main():
    obj2yaml, lldb = tool(OBJ2YAML), tool(LLDB)
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.argv[1], folder], check=True)
        for name, (arch, pc) in DUMPS.items():
            path = f"{folder}/{name}.dmp"
            if obj2yaml:
                run = subprocess.run([obj2yaml, path], capture_output=True, text=True)
                check(not run.returncode, f"{name}: {obj2yaml}: {run.stderr.strip()}")
                check_yaml(name, run.stdout, arch)
            if lldb:
                check_lldb(name, lldb, path, pc)
    print(f"{passed} passed, {failed} failed")
    sys.exit(77 if not obj2yaml and not lldb else bool(failed))


main()
